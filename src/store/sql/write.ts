/** Writing steps: the one algorithm of every SQL store, inside a transaction that the engine opened. */
import { isDeepStrictEqual } from 'node:util'
import { LedgerError } from '../../domain/errors.ts'
import { DETAIL_SUMS } from '../../domain/run.ts'
import { decodeStep, STEP_COLUMNS } from '../step-row.ts'
import type { StepMade, StepOutcome } from '../store.ts'
import { writeAliases } from './aliases.ts'
import { applyChange, draftOf, inherit, type Draft, type StoredStep } from './draft.ts'
import { Effects } from './effects.ts'
import { Restart, type Executor } from './engine.ts'
import { idOf, idsOf, indexOfStep, type PreparedChange, type StepIndex, type WriteRequest } from './prepare.ts'
import { readDocument, type CutDocument } from './contents.ts'
import { deltaBetween } from './run-sums.ts'
import type { Values } from './sql.ts'
import { KeptTelemetry } from './telemetry.ts'
import { cutTraces } from './traces.ts'
import type { WriteStatements } from './write-statements.ts'

/** Of a request with telemetry without the rows. */
export type WriteResult = { outcomes: (StepOutcome | StepMade)[] } | { error: Error }

/**
 * Applies the requests one after another; one that is refused (LedgerError) leaves nothing behind. The steps that they
 * touch are read and locked first, changed in memory, and written once.
 * @throws Restart, or what the database says: then the caller rolls back
 */
export async function applyRequests(
  x: Executor,
  s: WriteStatements,
  requests: readonly WriteRequest[],
  now: number,
): Promise<WriteResult[]> {
  const results = new Map<WriteRequest, WriteResult>()
  const byProject = Map.groupBy(requests, ({ project }) => project)
  for (const project of [...byProject.keys()].toSorted()) {
    const drafts = new Drafts(x, s, project)
    const own = byProject.get(project) as WriteRequest[]
    await drafts.load(own)
    for (const request of own) results.set(request, drafts.apply(request))
    await drafts.write(now)
  }
  return requests.map((request) => results.get(request) as WriteResult)
}

/** The steps of a project that a group of requests touches. */
class Drafts {
  private readonly drafts = new Map<string, Draft>()
  /** Steps whose rows go; one that was made anew since is among the drafts as a new one. */
  private readonly removed: StoredStep[] = []
  /** The steps that took the place of others, by the ids of those. */
  private readonly aliases = new Map<string, string | null>()
  private readonly telemetry: KeptTelemetry
  /** The stored traces that changes need to see, as text. */
  private readonly traces = new Map<string, string>()
  /** What was cut already, by its text. */
  private readonly cut = new Map<string, CutDocument>()
  private readonly x: Executor
  private readonly s: WriteStatements
  private readonly project: string

  constructor(x: Executor, s: WriteStatements, project: string) {
    this.x = x
    this.s = s
    this.project = project
    this.telemetry = new KeptTelemetry(x, s.telemetry, project)
  }

  /** Reads and locks the steps that are there, in the order of their ids. */
  async load(requests: readonly WriteRequest[]): Promise<void> {
    const { x, s, project } = this
    const changes = requests.flatMap((request) => request.changes)
    const ids = [...new Set(changes.flatMap(idsOf))].toSorted()
    for (const stored of await x.forKeys<StoredStep>(s.lockSteps, { project }, ids)) {
      this.drafts.set(stored.id, draftOf(stored))
    }
    for (const change of changes) await this.loadTraces(change)
    await this.telemetry.load(requests.map(({ telemetry }) => telemetry))
  }

  private async loadTraces(change: PreparedChange): Promise<void> {
    if (!('tracesText' in change) || change.tracesText === null) return
    const id = idOf(change)
    const skeleton = this.drafts.get(id)?.stored?.traces
    // What is sent again is cut into just what is there, and nothing needs to be read.
    if (!skeleton || this.traces.has(id) || this.cutOf(change.tracesText).skeleton.equals(skeleton)) return
    this.traces.set(id, await readDocument(this.x, this.s.contents, this.project, skeleton))
  }

  private cutOf(text: string): CutDocument {
    const known = this.cut.get(text) ?? cutTraces(text)
    this.cut.set(text, known)
    return known
  }

  /** Applies one request's changes, or none of them. */
  apply({ changes, telemetry }: WriteRequest): WriteResult {
    /** Undefined = the step is forgotten. */
    const own = new Map<string, Draft | undefined>()
    const aliases = new Map<string, string | null>()
    const current = (id: string) => (own.has(id) ? own.get(id) : this.drafts.get(id))
    const outcomes: (StepOutcome | StepMade)[] = []
    const storedTraces = (id: string) => {
      const stored = this.drafts.get(id)?.stored
      return stored?.traces ? this.traces.get(id) : null
    }
    try {
      if (telemetry) this.telemetry.check(telemetry)
      for (const change of changes) {
        const id = idOf(change)
        const before = current(id)
        if (change.kind === 'forget') {
          if (!before) continue
          own.set(id, undefined)
          aliases.set(id, change.into)
          const heir = change.into === null ? undefined : current(change.into)
          if (heir) own.set(heir.row.id, inherit(heir, before.row, change.knownTags))
          continue
        }
        // Somebody deleted it since, with its run: what is learned later must not bring it back.
        if (!before && change.kind === 'derive' && change.before) continue
        // Deleted since it was found: nothing to end.
        if (!before && change.kind === 'abandon') continue
        const draft = applyChange(before, change, storedTraces)
        own.set(id, draft)
        const created = before === undefined
        outcomes.push(telemetry ? { created } : { created, row: draft.row })
      }
    } catch (error) {
      if (error instanceof LedgerError) return { error }
      throw error
    }
    for (const [id, draft] of own) this.replace(id, draft)
    for (const [id, into] of aliases) this.aliases.set(id, into)
    if (telemetry) this.telemetry.take(telemetry)
    return { outcomes }
  }

  private replace(id: string, draft: Draft | undefined): void {
    const stored = this.drafts.get(id)?.stored
    if (stored && !draft?.stored) this.removed.push(stored)
    if (draft) this.drafts.set(id, draft)
    else this.drafts.delete(id)
  }

  /** @throws Restart */
  async write(now: number): Promise<void> {
    const { x, s, project } = this
    const effects = new Effects(project)
    const inserted: Values[] = []
    const updated: Values[] = []
    // As they came: of several agents a run takes the first one's name.
    for (const draft of this.drafts.values()) {
      const { stored, row } = draft
      if (!stored) inserted.push({ ...row, project, updated_at: now, traces: this.insert(draft, effects) })
      else if (draft.row !== stored) {
        const traces = this.replaceTraces(draft, stored, effects)
        const isSame = STEP_COLUMNS.every((name) => row[name] === stored[name])
        if (isSame && !traces) continue
        const messages = row.messages === stored.messages ? null : row.messages
        updated.push({ ...row, messages, project, updated_at: now, traces })
        if (!isSame) reindex(draft, stored, effects)
      }
    }
    for (const stored of this.removed) effects.remove(stored, indexOfStep(decodeStep(stored)))
    await x.forRows(s.removeStep, this.removed.map(({ id }) => ({ project, id }))) // prettier-ignore
    const added = await x.forRows(s.insertStep, inserted.toSorted(byId))
    if (added !== inserted.length) throw new Restart('a step')
    await x.forRows(s.updateStep, updated.toSorted(byId))
    await effects.flush(x, s)
    await writeAliases(x, s.aliases, project, this.aliases)
    await this.telemetry.write(now)
  }

  /** What stands beside a new step; returns the skeleton of its traces. */
  private insert({ row, index, tracesText }: Draft, effects: Effects): Buffer | null {
    const known = index ?? indexOfStep(decodeStep(row))
    effects.tag(row, known.tags)
    effects.place(row, known)
    if (known.run !== null) effects.add(known.run, known.delta)
    if (!tracesText) return null
    const document = this.cutOf(tracesText)
    effects.keep(document)
    return document.skeleton
  }

  /** The skeleton of a step's changed traces; null when they are as they were. */
  private replaceTraces({ tracesText }: Draft, stored: StoredStep, effects: Effects): Buffer | null {
    if (!tracesText || tracesText === this.traces.get(stored.id)) return null
    const document = this.cutOf(tracesText)
    effects.keep(document)
    if (stored.traces) effects.release(stored.traces)
    return document.skeleton
  }
}

const byId = (a: Values, b: Values) => ((a.id as string) < (b.id as string) ? -1 : 1)

/** What a changed step leaves and finds beside its row. */
function reindex({ row, index }: Draft, stored: StoredStep, effects: Effects): void {
  const [was, is] = [indexOfStep(decodeStep(stored)), index ?? indexOfStep(decodeStep(row))]
  effects.untag(row, was.tags.filter((tag) => !is.tags.includes(tag))) // prettier-ignore
  effects.tag(row, is.tags.filter((tag) => !was.tags.includes(tag))) // prettier-ignore
  if (was.run !== is.run || row.messages !== stored.messages) {
    if (was.run !== null) effects.displace(row.id, was.run, was.run === is.run ? lost(was, is) : was.messages)
    effects.place(row, is)
  }
  if (was.run !== is.run && was.run !== null) effects.recount(was.run)
  if (is.run === null) return
  if (was.run !== is.run) effects.add(is.run, is.delta)
  else if (lostSomething(was, is)) effects.recount(is.run)
  // Feedback, for one, adds nothing to a run, whose row others may be waiting for. Messages may bring tools, which are only
  // written behind that row's lock.
  else if (row.messages !== stored.messages || !isDeepStrictEqual(was.delta, is.delta))
    effects.add(is.run, deltaBetween(was.delta, is.delta))
}

function lost({ messages: was }: StepIndex, { messages: is }: StepIndex): StepIndex['messages'] {
  const kept = new Set(is.map(({ id }) => id))
  return was.filter(({ id }) => !kept.has(id))
}

/** Whether a change took something away that sums, extremes and the run's tools cannot give back. */
function lostSomething({ delta: was, tools }: StepIndex, { delta: is, tools: now }: StepIndex): boolean {
  const cleared = DETAIL_SUMS.some((name) => was.details[name] !== null && is.details[name] === null)
  return (
    cleared ||
    is.ended_at < was.ended_at ||
    (was.agent_id !== null && is.agent_id !== was.agent_id) ||
    (was.start_ns !== null && (is.start_ns === null || is.start_ns > was.start_ns)) ||
    tools.some((tool) => !now.includes(tool))
  )
}
