/** Changes that nobody records: steps given up, runs deleted. */
import { removeAliases } from './aliases.ts'
import { decodeStep } from '../step-row.ts'
import { Effects } from './effects.ts'
import type { StoredStep } from './draft.ts'
import type { Executor } from './engine.ts'
import { indexOfStep } from './prepare.ts'
import { stepsOfRun } from './recount.ts'
import { applyRequests } from './write.ts'
import type { WriteStatements } from './write-statements.ts'

/** Bounds how many steps are in memory while a run is deleted. */
const LOCKED_AT_ONCE = 200

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
  const found: string[] = []
  for await (const { row } of stepsOfRun(x, s, project, run)) found.push(row.id)
  const effects = new Effects(project)
  const ids: string[] = []
  // Locked in the order of their ids, as who records steps locks them: so neither waits for the other in a ring.
  found.sort()
  for (let from = 0; from < found.length; from += LOCKED_AT_ONCE) {
    const some = found.slice(from, from + LOCKED_AT_ONCE)
    for (const locked of await x.forKeys<StoredStep>(s.lockSteps, { project }, some)) {
      // It may have gone to another run meanwhile; what is gone altogether is not found.
      if (locked.run_id !== run) continue
      ids.push(locked.id)
      effects.remove(locked, indexOfStep(decodeStep(locked)))
    }
  }
  if (ids.length === 0) return false
  await x.forRows(s.removeStep, ids.map((id) => ({ project, id }))) // prettier-ignore
  await effects.flush(x, s)
  await removeAliases(x, s.aliases, project, ids)
  return true
}
