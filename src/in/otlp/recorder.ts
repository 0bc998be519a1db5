/**
 * From decoded telemetry to the ledger, durably (mapping, sections 4, 9.4 and 11).
 *
 * What is kept of a trace only grows, and its steps are a pure function of it: each request adds its part, and the steps
 * that it changes are written with it, all or nothing. So order, repetition and division of what arrives change nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { LedgerError } from '../../domain/errors.ts'
import { NO_DIALECT, type Signal } from '../../domain/ingest.ts'
import type { StepRecord } from '../../domain/normalise.ts'
import type { Ledger, Scope } from '../../ledger.ts'
import type { NewTelemetryPart, ReadyChange, StepMade } from '../../store/store.ts'
import { render, type StepPlan } from './assemble/index.ts'
import { Counts } from './counts.ts'
import type { Ingest, IngestResult } from './ingest.ts'
import type { Group } from './keep/group.ts'
import { Groups } from './keep/groups.ts'
import { decodeContents, encodePart, withTexts, type FactsWithTexts } from './keep/part.ts'
import { place, type Unread } from './reduce.ts'
import { placeLog } from './reduce-log.ts'
import { countRejected, describeRejected, type Rejected } from './rejected.ts'

/** Facts that are kept of one trace or session; each request on it costs in proportion. */
const MOST_FACTS = 50_000
/** How often a write is tried again when another process wrote the same trace. */
const TRIES = 20

export function makeIngest(ledger: Ledger): Ingest {
  const groups = new Groups(ledger.read)
  const write = (scope: Scope, decode: () => Gathered) => new Request(ledger, groups, scope, decode).write()
  return {
    spans: (scope, read) =>
      write(scope, () => {
        const { spans, rejected } = read()
        return gathered('traces', spans.map(place), rejected)
      }),
    logs: (scope, read) =>
      write(scope, () => {
        const { records, rejected } = read()
        return gathered('logs', records.map(placeLog), rejected)
      }),
    async unreadable(scope, signal, why) {
      const counts = new Counts(signal)
      counts.add('unreadable_request', NO_DIALECT, 1, why)
      await ledger.derive(scope, [], { parts: [], counts: counts.list() })
    },
  }
}

/** What a request holds. */
interface Gathered {
  readonly groups: Map<string, readonly Unread[]>
  readonly rejected: readonly Rejected[]
  readonly counts: Counts
}

/** By group. What says nothing about any step is counted and not kept. */
function gathered(signal: Signal, arrived: readonly Unread[], rejected: readonly Rejected[]): Gathered {
  const counts = new Counts(signal)
  const groups = new Map<string, Unread[]>()
  for (const each of arrived) {
    const same = each.group === null ? undefined : groups.get(each.group)
    if (same) same.push(each)
    else if (each.group === null) factsOf([each], counts)
    else groups.set(each.group, [each])
  }
  counts.rejected(rejected)
  return { groups, rejected, counts }
}

/** Reads and counts. */
function factsOf(unread: readonly Unread[], counts: Counts): FactsWithTexts[] {
  return unread.flatMap((each) => {
    const { facts, degraded } = each.read()
    counts.degraded(degraded)
    counts.add('received', facts?.context.dialect ?? 'none')
    if (!facts) counts.add('ignored', 'none')
    return facts ? withTexts(facts) : []
  })
}

function resultOf(rejected: readonly Rejected[], lost: number): Omit<IngestResult, 'made'> {
  const words = [describeRejected(rejected), lost > 0 ? `${lost} of traces that hold more than is kept of one` : null]
  const message = words.filter((word) => word !== null).join('; ')
  return { rejected: countRejected(rejected) + lost, message: message === '' ? null : message }
}

/** What is left of a request when it was handed over to be written. */
interface Begun {
  readonly written: Promise<readonly StepMade[]>
  readonly groups: readonly Group[]
  readonly folded: number
  readonly duplicates: number
  readonly told: Omit<IngestResult, 'made'>
}

/** One request's work on the groups that it touches. */
class Request {
  private readonly ledger: Ledger
  private readonly groups: Groups
  private readonly scope: Scope
  private readonly decode: () => Gathered
  /** What was decoded and not used yet: while another request on the same trace is written. */
  private gathered: Gathered | undefined

  constructor(ledger: Ledger, groups: Groups, scope: Scope, decode: () => Gathered) {
    this.ledger = ledger
    this.groups = groups
    this.scope = scope
    this.decode = decode
  }

  /** Resolves when all is durable. */
  async write(): Promise<IngestResult> {
    this.gathered = this.decode()
    const names = [...this.gathered.groups.keys()]
    return this.groups.alone(this.scope.project, names, () => this.writeAlone(names))
  }

  private async writeAlone(names: readonly string[]): Promise<IngestResult> {
    let careful = false
    for (let tries = 1; ; tries++) {
      try {
        const { written, groups, folded, duplicates, told } = await this.begin(names, careful)
        const outcomes = await written
        this.groups.remember(groups)
        const created = outcomes.filter((outcome) => outcome.created).length
        return { ...told, made: { created, updated: outcomes.length - created, folded, duplicates } }
      } catch (error) {
        this.groups.forgetAll(this.scope.project, names)
        const isRefused = !(error instanceof LedgerError) || error.code === 'invalid'
        if (!isRefused && error.code !== 'conflict') throw error
        // One step that cannot be written must not take the others with it, nor be sent again for ever.
        if (isRefused && careful) throw error
        careful ||= isRefused
        if (tries === TRIES)
          throw new LedgerError('unavailable', 'Others write the same trace; send it again', { cause: error })
        await sleep(Math.random() * 10 * tries)
      }
    }
  }

  /**
   * As far as handing over what is to be written. What that was made of is large and ends with this call: kept until the
   * disk has it, it would grow old in memory.
   */
  private async begin(names: readonly string[], careful: boolean): Promise<Begun> {
    const { groups: unread, rejected, counts } = this.gathered ?? this.decode()
    this.gathered = undefined
    const attempt = new Attempt(this.ledger, this.scope, counts, careful)
    const found = await this.groups.load(this.scope.project, names)
    for (const [name, own] of unread) {
      // What one group is read into is gone before the next one is read, unless the group went on.
      unread.delete(name)
      await attempt.add(found.get(name) as Group, factsOf(own, counts))
    }
    const { changes, parts, groups, lost, duplicates } = attempt
    return {
      written: this.ledger.derive(this.scope, changes, { parts, counts: counts.list() }),
      groups,
      folded: changes.filter(({ kind }) => kind === 'forget').length,
      duplicates,
      told: resultOf(rejected, lost),
    }
  }
}

/** What one try would write. */
class Attempt {
  /** Steps first, so that what people made of one that goes finds the one that stays. */
  readonly changes: ReadyChange[] = []
  readonly parts: NewTelemetryPart[] = []
  readonly groups: Group[] = []
  lost = 0
  duplicates = 0
  readonly counts: Counts
  private readonly ledger: Ledger
  private readonly scope: Scope

  /** Whether each step is checked as if it came from outside. */
  private readonly careful: boolean

  constructor(ledger: Ledger, scope: Scope, counts: Counts, careful: boolean) {
    this.counts = counts
    this.careful = careful
    this.ledger = ledger
    this.scope = scope
  }

  async add(before: Group, facts: readonly FactsWithTexts[]): Promise<void> {
    const unknown = before.unknownOf(facts)
    const fresh = unknown.slice(0, Math.max(0, MOST_FACTS - before.size))
    this.lost += unknown.length - fresh.length
    this.duplicates += facts.length - unknown.length
    const dialect = facts[0]?.context.dialect ?? 'none'
    this.counts.add('duplicate', dialect, facts.length - unknown.length)
    this.counts.add('group_too_large', dialect, unknown.length - fresh.length, before.name)
    if (fresh.length === 0) return this.remember(before)
    const { part, weight } = encodePart(before.name, before.parts + 1, fresh)
    const after = before.with(fresh, weight)
    this.parts.push(part)
    this.remember(after)
    for (const { context } of fresh) this.counts.kind(context.kind, context.dialect)
    await this.steps(before, after)
  }

  /** Most traces come whole, in one request: only those that went on once are likely to go on again. */
  private remember(group: Group): void {
    if (group.parts > 1) this.groups.push(group)
  }

  /** The steps that are other than before. */
  private async steps(before: Group, after: Group): Promise<void> {
    const changed = [...after.plans.values()].filter(
      (step) => before.plans.get(step.id)?.fingerprint !== step.fingerprint,
    )
    const gone = [...before.plans.values()].filter((step) => !after.plans.has(step.id))
    const seenBefore = [...changed.flatMap((step) => before.plans.get(step.id) ?? []), ...gone]
    const needed = [...changed, ...seenBefore].flatMap((step) => step.needs)
    const contentOf = after.contentOf(await this.load(after, after.missing(needed)))
    const shown = (step: StepPlan) => this.ledger.derived(this.scope, render(step, contentOf).input, this.careful)
    for (const step of changed) {
      const known = before.plans.get(step.id)
      const dialect = step.call.primary.context.dialect
      const now = this.accepted(step, shown)
      if (!now) continue
      const said = known ? (this.accepted(known, shown)?.step ?? null) : null
      this.changes.push(this.ledger.ready({ kind: 'derive', before: said, ...now }))
      this.counts.add(known ? 'updated' : 'step', dialect)
    }
    for (const step of gone) {
      const into = [...after.plans.values()].find((survivor) => survivor.folded.includes(step.id))
      const said = this.accepted(step, shown)?.step ?? null
      this.changes.push(this.ledger.ready({ kind: 'forget', id: step.id, before: said, into: into?.id ?? null }))
      this.counts.add('folded', step.call.primary.context.dialect)
    }
  }

  /** What the ledger accepts as it is; anything else would be a fault of a dialect, and must not take the rest with it. */
  private accepted(step: StepPlan, shown: (step: StepPlan) => StepRecord): StepRecord | undefined {
    try {
      return shown(step)
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error
      this.counts.add('invalid_step', step.call.primary.context.dialect, 1, `${step.id}: ${error.message}`)
      return undefined
    }
  }

  private async load({ project, name }: Group, parts: readonly number[]) {
    if (parts.length === 0) return new Map<number, ReturnType<typeof decodeContents>>()
    const found = await this.ledger.read.getTelemetryContent(project, name, [...parts])
    return new Map([...found].map(([part, bytes]) => [part, decodeContents(bytes)]))
  }
}
