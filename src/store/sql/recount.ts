/** Runs counted anew from all their steps, where adding what changed cannot tell. */
import type { Step } from '../../domain/step.ts'
import { decodeStep } from '../step-row.ts'
import type { Executor } from './engine.ts'
import { indexOfStep } from './prepare.ts'
import { addDeltas, addToRuns, type RunDelta } from './run-sums.ts'
import type { WriteStatements } from './write-statements.ts'
import type { StoredStep } from './draft.ts'

/** Something to add to a run that is counted anew right after: others wait from then on, so none is missed. */
export const PLACEHOLDER: RunDelta = {
  agent_id: null,
  created_at: 0,
  ended_at: 0,
  start_ns: null,
  num_steps: 0,
  pending_steps: 0,
  last_created_at: 0,
  last_step_id: '',
  last_status: null,
  last_stop_reason: null,
  prompt_tokens: 0,
  completion_tokens: 0,
  total_tokens: 0,
  details: { cached_tokens: null, cache_read_tokens: null, cache_creation_tokens: null, reasoning_tokens: null },
}

/** Makes a run anew from all its steps; its row was written in this transaction, so that nobody else writes it. */
export async function recountRun(x: Executor, s: WriteStatements, project: string, run: string): Promise<void> {
  let sum: RunDelta | undefined
  const tools = new Set<string>()
  for await (const { step } of stepsOfRun(x, s, project, run)) {
    const { delta, tools: own } = indexOfStep(step)
    sum = sum ? addDeltas(sum, delta) : delta
    for (const tool of own) tools.add(tool)
  }
  await x.forRows(s.runs.remove, [{ project, id: run }])
  await x.forRows(s.removeTools, [{ project, run_id: run }])
  await x.forRows(s.insertTool, [...tools].map((tool) => ({ project, run_id: run, tool }))) // prettier-ignore
  if (sum) await addToRuns(x, s.runs, project, new Map([[run, sum]]))
}

/** All steps of a run, oldest first, some at a time. */
export async function* stepsOfRun(
  x: Executor,
  s: WriteStatements,
  project: string,
  run: string,
): AsyncGenerator<{ row: StoredStep; step: Step }> {
  let from = { created_at: Number.MIN_SAFE_INTEGER, id: '' }
  for (;;) {
    const rows = await x.all<StoredStep>(s.runSteps, { project, run, ...from })
    for (const row of rows) yield { row, step: decodeStep(row) }
    const last = rows.at(-1)
    if (!last) return
    from = { created_at: last.created_at, id: last.id }
  }
}
