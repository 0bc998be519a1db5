/** Changes that nobody records: steps given up, runs deleted. */
import { stringifyExact } from '../../domain/exact-json.ts'
import { ABANDONED } from '../../domain/merge.ts'
import { releaseParts } from './contents.ts'
import type { Executor } from './engine.ts'
import { stepsOfRun } from './recount.ts'
import { readTraces } from './traces.ts'
import { applyChanges } from './write.ts'
import type { WriteStatements } from './write-statements.ts'

/** See `StepWriter.abandonPending`. */
export async function abandonPending(
  x: Executor,
  s: WriteStatements,
  cutoff: number,
  limit: number,
  now: number,
): Promise<number> {
  const found = await x.all<{ project: string; id: string }>(s.pending, { cutoff, limit })
  const message = 'The step was recorded as pending and never completed.'
  for (const { project, id } of found) {
    const correctionText = stringifyExact({ status: 'failed', error_type: ABANDONED, error_data: { message } })
    await applyChanges(x, s, project, [{ kind: 'correct', id, correctionText, tracesText: null }], now)
  }
  return found.length
}

/** See `StepWriter.deleteRun`. */
export async function deleteRun(x: Executor, s: WriteStatements, project: string, run: string): Promise<boolean> {
  let found = false
  for await (const step of stepsOfRun(x, s, project, run)) {
    found = true
    const { skeleton } = await readTraces(x, s.traces, project, step.id)
    if (skeleton) await releaseParts(x, s.traces.contents, project, skeleton)
    await x.runEach(s.removeTags, step.tags.map((tag) => ({ project, tag, created_at: step.created_at, id: step.id }))) // prettier-ignore
    await x.runEach(s.removeMessages, step.messages.map((message) => ({ project, run, id: message.id, step_id: step.id }))) // prettier-ignore
    await x.runEach(s.removeStep, [{ project, id: step.id }])
  }
  await x.runEach(s.removeTools, [{ project, run }])
  await x.runEach(s.runs.remove, [{ project, run }])
  return found
}
