/** Runs counted anew from all their steps, where adding what changed cannot tell. */
import type { Step } from '../../domain/step.ts'
import { decodeStep, type StepRow } from '../step-row.ts'
import type { Executor } from './engine.ts'
import { withoutNul } from './prepare.ts'
import { addDeltas, addToRuns, deltaOf, type RunDelta } from './run-sums.ts'
import type { WriteStatements } from './write-statements.ts'

/** Makes a run anew from all its steps. */
export async function recountRun(x: Executor, s: WriteStatements, project: string, run: string): Promise<void> {
  let sum: RunDelta | undefined
  const tools = new Set<string>()
  for await (const step of stepsOfRun(x, s, project, run)) {
    const delta = deltaOf(step)
    sum = sum ? addDeltas(sum, delta) : delta
    for (const message of step.messages)
      for (const call of message.tool_calls ?? []) tools.add(withoutNul(call.function.name))
  }
  await x.runEach(s.runs.remove, [{ project, run }])
  await x.runEach(s.removeTools, [{ project, run }])
  await x.insertMissing(s.insertTool, [...tools].map((tool) => ({ project, run, tool }))) // prettier-ignore
  if (sum) await addToRuns(x, s.runs, project, new Map([[run, sum]]))
}

/** All steps of a run, oldest first, some at a time. */
export async function* stepsOfRun(x: Executor, s: WriteStatements, project: string, run: string): AsyncGenerator<Step> {
  let from = { created_at: Number.MIN_SAFE_INTEGER, id: '' }
  for (;;) {
    const rows = await x.all<StepRow>(s.runSteps, { project, run, ...from })
    for (const row of rows) yield decodeStep(row)
    const last = rows.at(-1)
    if (!last) return
    from = { created_at: last.created_at, id: last.id }
  }
}
