/**
 * Telemetry that is kept until its steps are finished (mapping, section 11.5), and how often what became of telemetry.
 *
 * A group's parts are numbered without gaps, and only who read all of them may add the next one: so what a step says
 * follows from all parts, whoever else adds some at the same time.
 */
import { randomInt } from 'node:crypto'
import { LedgerError } from '../../domain/errors.ts'
import type { IngestCount, IngestTotal, StepReader, TelemetryPart, TelemetryWrite } from '../store.ts'
import { Restart, type Differences, type Executor } from './engine.ts'
import {
  insertRows,
  keyed,
  raw,
  slot,
  sql,
  statement,
  type KeyedStatement,
  type RowsStatement,
  type Sql,
  type Statement,
} from './sql.ts'

/** Processes count in different rows, so that they do not wait for each other. A ledger has a few of them. */
const WRITER = randomInt(64)

/** Parts that one transaction deletes. */
const FORGET_BATCH = 1000

export interface TelemetryWriteStatements {
  highest: KeyedStatement
  insert: RowsStatement
  count: RowsStatement
  oldest: Statement
  size: Statement
  before: Statement
  lock: KeyedStatement
  remove: KeyedStatement
}

const PART = ['project', 'group_id', 'part', 'received_at', 'size', 'contexts', 'content']
const COUNT = ['project', 'signal', 'dialect', 'outcome', 'writer', 'count', 'last_at', 'sample']
const COUNT_KEY = ['signal', 'dialect', 'outcome'] as const

export function telemetryWriteStatements(d: Differences): TelemetryWriteStatements {
  const project = sql`project = ${slot('project')}`
  const first = sql`order by received_at limit ${raw(`${FORGET_BATCH}`)}`
  // An expression, so that the groups' own index is walked and not that of times.
  const upTo = (action: Sql, rest: Sql, atOnce: boolean) =>
    keyed(
      (group) =>
        sql`${action} from telemetry_parts where ${project} and ${group}
          and received_at + 0 <= ${slot('received_at')} ${rest}`,
      'group_id',
      d,
      atOnce,
    )
  const parts = sql`select project, group_id, part, received_at, size from telemetry_parts`
  return {
    highest: keyed(
      (group) =>
        sql`select group_id, max(part) as part from telemetry_parts where ${project} and ${group} group by group_id`,
      'group_id',
      d,
    ),
    insert: insertRows(d, 'telemetry_parts', PART, sql`on conflict (project, group_id, part) do nothing`),
    count: insertRows(
      d,
      'ingest_counts',
      COUNT,
      sql`on conflict (project, signal, dialect, outcome, writer) do update set
        count = ingest_counts.count + excluded.count,
        last_at = case when excluded.last_at > ingest_counts.last_at then excluded.last_at else ingest_counts.last_at end,
        sample = coalesce(excluded.sample, ingest_counts.sample)`,
    ),
    oldest: statement(sql`${parts} ${first}`, d),
    size: statement(sql`select coalesce(sum(size), 0) as size from telemetry_parts`, d),
    before: statement(sql`${parts} where received_at < ${slot('cutoff')} ${first}`, d),
    lock: upTo(sql`select part`, sql`order by group_id, part ${raw(d.lock)}`, d.atOnce.locks),
    remove: upTo(sql`delete`, sql`returning part`, d.atOnce.changes),
  }
}

/** The telemetry that a group of requests brings to a project. */
export class KeptTelemetry {
  /** The last part of each group. */
  private highest = new Map<string, number>()
  private readonly parts: TelemetryWrite['parts'] = []
  private readonly counts = new Map<string, IngestCount>()
  private readonly x: Executor
  private readonly s: TelemetryWriteStatements
  private readonly project: string

  constructor(x: Executor, s: TelemetryWriteStatements, project: string) {
    this.x = x
    this.s = s
    this.project = project
  }

  async load(requests: readonly (TelemetryWrite | undefined)[]): Promise<void> {
    const groups = new Set(requests.flatMap((request) => request?.parts ?? []).map(({ group }) => group))
    if (groups.size === 0) return
    const { project } = this
    const found = await this.x.forKeys<{ group_id: string; part: number }>(this.s.highest, { project }, [...groups])
    this.highest = new Map(found.map(({ group_id, part }) => [group_id, part]))
  }

  /** @throws LedgerError `conflict` */
  check({ parts }: TelemetryWrite): void {
    const own = new Map<string, number>()
    for (const { group, part } of parts) {
      const next = (own.get(group) ?? this.highest.get(group) ?? 0) + 1
      if (part !== next) {
        throw new LedgerError('conflict', `The group '${group}' goes on with part ${next}, not with part ${part}`)
      }
      own.set(group, part)
    }
  }

  take({ parts, counts }: TelemetryWrite): void {
    for (const part of parts) {
      this.parts.push(part)
      this.highest.set(part.group, part.part)
    }
    for (const count of counts) addCount(this.counts, count)
  }

  /** @throws Restart */
  async write(now: number): Promise<void> {
    const { x, s, project } = this
    const rows = this.parts.map(({ group, part, contexts, content }) => {
      const size = contexts.length + (content?.length ?? 0)
      return { project, group_id: group, part, received_at: now, size, contexts, content }
    })
    rows.sort((a, b) => compare(a.group_id, b.group_id) || a.part - b.part)
    const inserted = await x.forRows(s.insert, rows)
    if (inserted !== rows.length) throw new Restart('a group of telemetry')
    const counts = [...this.counts].toSorted(([a], [b]) => compare(a, b))
    await x.forRows(s.count, counts.map(([, count]) => ({ ...count, project, writer: WRITER, last_at: now }))) // prettier-ignore
  }
}

function addCount<C extends IngestCount>(counts: Map<string, C>, count: C): void {
  const key = COUNT_KEY.map((name) => count[name]).join('\0')
  const known = counts.get(key)
  // What exporters send may hold what a text column cannot.
  const sample = count.sample?.replaceAll('\0', '').toWellFormed() ?? known?.sample ?? null
  counts.set(key, { ...count, count: (known?.count ?? 0) + count.count, sample })
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

interface FoundPart {
  project: string
  group_id: string
  part: number
  received_at: number
  size: number
}

/** Whether there is anything to forget: mostly there is not, and a transaction that does nothing is one too many. */
export async function isTelemetryDue(
  x: Executor,
  s: TelemetryWriteStatements,
  cutoff: number,
  maxBytes: number,
): Promise<boolean> {
  const old = await x.all<FoundPart>(s.before, { cutoff })
  return old.length > 0 || (await surplus(x, s, maxBytes)).length > 0
}

/** One transaction of `StepWriter.forgetTelemetry`; 0 when there is nothing more to delete. */
export async function forgetTelemetry(
  x: Executor,
  s: TelemetryWriteStatements,
  cutoff: number,
  maxBytes: number,
): Promise<number> {
  const old = await x.all<FoundPart>(s.before, { cutoff })
  const found = old.length > 0 ? old : await surplus(x, s, maxBytes)
  const received_at = Math.max(...found.map((part) => part.received_at))
  let gone = 0
  for (const [project, parts] of [...Map.groupBy(found, (part) => part.project)].toSorted(([a], [b]) =>
    compare(a, b),
  )) {
    const groups = [...new Set(parts.map(({ group_id }) => group_id))].toSorted()
    // Locked in the order of their keys, so that two processes that delete the same never wait for each other in a ring.
    await x.forKeys(s.lock, { project, received_at }, groups)
    // With it goes what arrived in the same moment.
    gone += (await x.forKeys(s.remove, { project, received_at }, groups)).length
  }
  return gone
}

/** The oldest parts, as many as are too much. */
async function surplus(x: Executor, s: TelemetryWriteStatements, maxBytes: number): Promise<FoundPart[]> {
  const [row] = await x.all<{ size: number | string }>(s.size, {})
  let excess = Number(row?.size ?? 0) - maxBytes
  if (excess <= 0) return []
  const oldest = await x.all<FoundPart>(s.oldest, {})
  const kept = oldest.findIndex(({ size }) => (excess -= size) <= 0)
  return kept < 0 ? oldest : oldest.slice(0, kept + 1)
}

/** Runs {@link forgetTelemetry} in transactions of their own until nothing is left to do; how many parts that were. */
export async function forgetAll(batch: () => Promise<number>): Promise<number> {
  let total = 0
  for (;;) {
    const gone = await batch()
    if (gone === 0) return total
    total += gone
  }
}

type TelemetryReader = Pick<StepReader, 'getTelemetry' | 'getTelemetryContent' | 'listIngestCounts'>

export function telemetryReader(x: Executor, d: Differences): TelemetryReader {
  const owned = sql`project = ${slot('project')}`
  const parts = keyed(
    (group) => sql`select group_id, part, contexts from telemetry_parts where ${owned} and ${group}`,
    'group_id',
    d,
  )
  const contents = keyed(
    (part) =>
      sql`select part, content from telemetry_parts
        where ${owned} and group_id = ${slot('group')} and ${part} and content is not null`,
    'part',
    d,
  )
  const counts = statement(
    sql`select signal, dialect, outcome, count, last_at, sample from ingest_counts where ${owned}`,
    d,
  )
  return {
    async getTelemetry(project, groups) {
      const rows = await x.forKeys<TelemetryPart & { group_id: string }>(parts, { project }, [...new Set(groups)])
      return rows
        .map(({ group_id, part, contexts }) => ({ group: group_id, part, contexts }))
        .toSorted((a, b) => compare(a.group, b.group) || a.part - b.part)
    },
    async getTelemetryContent(project, group, wanted) {
      const rows = await x.forKeys<{ part: number; content: Uint8Array }>(contents, { project, group }, wanted)
      return new Map(rows.map(({ part, content }) => [part, content]))
    },
    listIngestCounts: async (project) => totals(await x.all<IngestTotal>(counts, { project })),
  }
}

/** The counts of all writers together, by their names. */
function totals(rows: readonly IngestTotal[]): IngestTotal[] {
  const sums = new Map<string, IngestTotal>()
  for (const row of rows.toSorted((a, b) => a.last_at - b.last_at)) addCount(sums, row)
  return [...sums].toSorted(([a], [b]) => compare(a, b)).map(([, total]) => total)
}
