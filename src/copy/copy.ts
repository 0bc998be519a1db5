/** A whole ledger taken over by another one, whichever engines hold them; resumable, and checked at the end. */
import type { Ledger } from '../ledger.ts'
import { DEFAULT_PROJECT, type StepReader } from '../store/store.ts'
import { copyAccess, type AccessReport } from './access.ts'
import { check, type Check } from './check.ts'
import { changeOf, stepsOf, type Held } from './steps.ts'

export interface ProjectReport extends Check {
  project: string
  /** The step behind which the copy went on; null = it began at the beginning. */
  resumedAfter: string | null
  /** Steps that were new to the target, and steps that were merged with one that was there. */
  created: number
  merged: number
}

export interface CopyReport {
  /** Whether the target holds everything that the source holds, just so. */
  equal: boolean
  projects: ProjectReport[]
  access: AccessReport
}

export interface CopyProgress {
  phase: 'copy' | 'check'
  project: string
  /** Steps of this project in this phase so far. */
  steps: number
  /** How much of the project's time is behind, from 0 to 1: how many steps it has is not known before. */
  fraction: number
}

/** How far the target's newest steps are looked through for one that the source has. */
const LOOK_BACK = 1000

/**
 * Copies projects, keys and steps, oldest first, a batch after the other, each all or none. What is in the target
 * already is merged as if it were recorded again; nothing of the target is taken away.
 */
export async function copyLedger(
  from: Ledger,
  to: Ledger,
  onProgress: (progress: CopyProgress) => void = () => {},
): Promise<CopyReport> {
  const access = await copyAccess(from.access, to.access)
  const slugs = [DEFAULT_PROJECT, ...(await from.access.listProjects()).map(({ slug }) => slug)]
  const projects: ProjectReport[] = []
  for (const slug of slugs) projects.push(await copyProject(from, to, slug, onProgress))
  const equal = access.differences.length === 0 && projects.every(({ differences }) => differences === 0)
  return { equal, projects, access }
}

async function copyProject(
  from: Ledger,
  to: Ledger,
  project: string,
  onProgress: (progress: CopyProgress) => void,
): Promise<ProjectReport> {
  const counts = { created: 0, merged: 0 }
  const fractionOf = await timeline(from.read, project)
  const told = (phase: CopyProgress['phase']) => (last: Held, steps: number) =>
    onProgress({ phase, project, steps, fraction: fractionOf(last) })
  const adopt = async (steps: readonly Held[]) => {
    const { created, merged } = await adoptSteps(to, project, steps)
    counts.created += created
    counts.merged += merged
  }
  const start = await sharedStep(from.read, to.read, project)
  let steps = 0
  for await (const batch of stepsOf(from.read, project, start)) {
    await adopt(batch)
    steps += batch.length
    told('copy')(batch.at(-1) as Held, steps)
  }
  // The check brings what the shared step hid: a gap before it, or what was written meanwhile.
  const checked = await check({ from: from.read, to: to.read, project, repair: adopt, onProgress: told('check') })
  return { project, resumedAfter: start ?? null, ...counts, ...checked }
}

async function adoptSteps(to: Ledger, project: string, steps: readonly Held[]) {
  const outcomes = await to.adopt(project, steps.map(changeOf))
  const created = outcomes.filter((outcome) => outcome.created).length
  // Feedback is no part of a merge: what a person said of the step in the target stays.
  const unrated = steps.flatMap(({ row: { id, feedback } }, at) =>
    feedback !== null && outcomes[at]?.row.feedback === null
      ? [{ kind: 'feedback' as const, id, feedback, addTags: [] }]
      : [],
  )
  if (unrated.length > 0) await to.adopt(project, unrated)
  return { created, merged: outcomes.length - created }
}

/**
 * The newest step that both sides hold: steps are copied oldest first, so that what is older is there as well. Where
 * that is not so, the check finds out.
 */
async function sharedStep(from: StepReader, to: StepReader, project: string): Promise<string | undefined> {
  const page = { order: 'desc' as const, limit: LOOK_BACK }
  for (const { id, created_at } of await to.listSteps({ project, filters: {}, page, messages: false })) {
    if ((await from.getStep(project, id))?.created_at === created_at) return id
  }
  return undefined
}

/** Where a step stands between the oldest and the newest one of its project. */
async function timeline(read: StepReader, project: string): Promise<(held: Held) => number> {
  const end = async (order: 'asc' | 'desc') =>
    (await read.listSteps({ project, filters: {}, page: { order, limit: 1 }, messages: false }))[0]?.created_at ?? 0
  const [oldest, newest] = [await end('asc'), await end('desc')]
  return ({ row }) => (newest > oldest ? Math.min((row.created_at - oldest) / (newest - oldest), 1) : 1)
}
