/** Changes that nobody records: steps given up, runs deleted. */
import { removeAliases } from './aliases.ts'
import { decodeStep } from '../step-row.ts'
import { Effects } from './effects.ts'
import type { StoredStep } from './draft.ts'
import type { Executor } from './engine.ts'
import { indexOfStep } from './prepare.ts'
import { PLACEHOLDER, recountRun } from './recount.ts'
import { addToRuns } from './run-sums.ts'
import { applyRequests } from './write.ts'
import type { WriteStatements } from './write-statements.ts'

/** Bounds how many steps, and how much of their content, are in memory while a run is deleted. */
const AT_ONCE = 100

/** See `StepWriter.abandonPending`. */
export async function abandonPending(
  x: Executor,
  s: WriteStatements,
  cutoff: number,
  limit: number,
  now: number,
): Promise<number> {
  const found = await x.all<{ project: string; id: string }>(s.pending, { cutoff, limit })
  const byProject = Map.groupBy(found, ({ project }) => project)
  const requests = [...byProject].map(([project, steps]) => ({
    project,
    changes: steps.map(({ id }) => ({ kind: 'abandon' as const, id, cutoff })),
  }))
  const results = await applyRequests(x, s, requests, now)
  for (const result of results) if ('error' in result) throw result.error
  return found.length
}

/** See `StepWriter.deleteRun`. */
export async function deleteRun(x: Executor, s: WriteStatements, project: string, run: string): Promise<boolean> {
  const rows = await x.all<{ id: string }>(s.runIds, { project, run })
  const found = rows.map(({ id }) => id).toSorted()
  // First the steps, in the order of their ids, then the run, then what is shared: as who records locks them, so that
  // neither waits for the other in a ring.
  await x.forKeys(s.lockIds, { project }, found)
  let isAny = false
  for (let from = 0; from < found.length; from += AT_ONCE) {
    const stored = await x.forKeys<StoredStep>(s.lockSteps, { project }, found.slice(from, from + AT_ONCE))
    // One may have gone to another run meanwhile.
    const own = stored.filter((step) => step.run_id === run)
    if (own.length === 0) continue
    if (!isAny) await addToRuns(x, s.runs, project, new Map([[run, PLACEHOLDER]]))
    isAny = true
    await deleteSteps(x, s, project, run, own)
  }
  // Somebody may have recorded another step of the run meanwhile.
  if (isAny) await recountRun(x, s, project, run)
  return isAny
}

async function deleteSteps(
  x: Executor,
  s: WriteStatements,
  project: string,
  run: string,
  steps: readonly StoredStep[],
): Promise<void> {
  const effects = new Effects(project)
  for (const step of steps) {
    const { tags, messages } = indexOfStep(decodeStep(step))
    effects.untag(step, tags)
    effects.displace(step.id, run, messages)
    if (step.traces) effects.release(step.traces)
  }
  await x.forRows(s.removeStep, steps.map(({ id }) => ({ project, id }))) // prettier-ignore
  await effects.flush(x, s)
  await removeAliases(x, s.aliases, project, steps.map(({ id }) => id)) // prettier-ignore
}
