/**
 * No list reads more than it shows: at 100,000 steps no list query scans or sorts a table.
 *
 * The SQL is the one that is really run: the reader's own executor is wrapped, and each statement that it runs is
 * explained with the values it was run with.
 */
import Database from 'better-sqlite3'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { normalise } from '../../src/domain/normalise.ts'
import { ORDERS, type Page } from '../../src/domain/page.ts'
import {
  STEP_FILTERS,
  RUN_FILTERS,
  type RunFilters,
  type StepFilterName,
  type StepFilters,
} from '../../src/domain/step-query.ts'
import type { Executor } from '../../src/store/sql/engine.ts'
import { sqlReader, type Reader } from '../../src/store/sql/reader.ts'
import type { Values } from '../../src/store/sql/sql.ts'
import { connect, executor, type Connection } from '../../src/store/sqlite/connection.ts'
import { SQLITE } from '../../src/store/sqlite/differences.ts'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import { STEP_COLUMNS } from '../../src/store/step-row.ts'

const STEPS = 100_000
const SEED = 1_000
const PROJECT = 'default'

interface Executed {
  sql: string
  values: unknown[]
}

const dir = mkdtempSync(join(tmpdir(), 'stepledger-plans-'))
const file = join(dir, 'ledger.db')
let connection: Connection
let reader: Reader
let executed: Executed[] = []

/** Runs as before and remembers what was run. */
function recording(inner: Executor): Executor {
  return {
    ...inner,
    all<R>(statement: Parameters<Executor['all']>[0], values: Values) {
      executed.push({ sql: statement.sql, values: statement.bind(values) })
      return inner.all<R>(statement, values)
    },
    upTo<R>(statement: Parameters<Executor['all']>[0], values: Values, weigh: (row: R) => number, budget: number) {
      executed.push({ sql: statement.sql, values: statement.bind(values) })
      return inner.upTo<R>(statement, values, weigh, budget)
    },
  }
}

/** A thousand real steps, then copies of them with ids, times, runs and traces of their own. */
async function fill(): Promise<void> {
  const store = await openSqlite(file)
  const inputs = Array.from({ length: SEED }, (_, i) => ({
    id: `step-00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
    created_at: new Date(Date.UTC(2026, 0, 1) + i * 1000).toISOString(),
    agent_id: `agent-${i % 20}`,
    run_id: `run-${Math.floor(i / 20)}`,
    trace_id: `trace-${Math.floor(i / 5)}`,
    model: `model-${i % 5}`,
    model_handle: `handle-${i % 7}`,
    provider_name: `provider-${i % 3}`,
    project_id: `project-${i % 4}`,
    status: i % 50 === 0 ? ('failed' as const) : i % 333 === 0 ? ('pending' as const) : ('success' as const),
    stop_reason: i % 50 === 0 ? ('error' as const) : ('end_turn' as const),
    ...(i % 50 === 0 && { error_type: 'Timeout' }),
    ...(i % 40 === 0 && { feedback: i % 80 === 0 ? ('positive' as const) : ('negative' as const) }),
    tags: ['all', `tag-${i % 10}`, ...(i % 100 === 0 ? ['rare'] : [])],
    messages: [{ role: 'user' as const, content: 'hello' }],
  }))
  await store.write.write(
    PROJECT,
    inputs.map((input) => ({ kind: 'record', ...normalise(input, null) })),
  )
  await store.close()

  const own = new Map<string, string>([
    ['id', `substr(id, 1, 5) || printf('%08x', n) || substr(id, 14)`],
    ['created_at', `created_at + n * 1000000000`],
    ['run_id', `run_id || '-' || n`],
    ['trace_id', `trace_id || '-' || n`],
  ])
  const copied = (columns: readonly string[], special = own) =>
    columns.map((name) => special.get(name) ?? name).join(', ')
  const copies = STEPS / SEED - 1
  const numbers = `with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${copies})`
  const copy = (table: string, columns: readonly string[], special?: Map<string, string>) =>
    db.exec(
      `${numbers} insert into ${table} (${columns.join(', ')})
        select ${copied(columns, special)} from ${table}, numbers`,
    )
  const db = new Database(file)
  db.pragma('synchronous = OFF')
  db.transaction(() => {
    copy('steps', ['project', ...STEP_COLUMNS, 'updated_at'])
    copy('step_tags', ['project', 'tag', 'created_at', 'id'])
    const place = new Map([
      ['run_id', `run_id || '-' || n`],
      ['created_at', 'created_at + n * 1000000000'],
      ['step_created_at', 'step_created_at + n * 1000000000'],
      ['step_id', own.get('id')?.replaceAll('id', 'step_id') ?? ''],
    ])
    copy('run_messages', ['project', 'run_id', 'id', 'created_at', 'step_created_at', 'step_id', 'position'], place)
    const names = db.pragma('table_info(runs)') as { name: string }[]
    copy(
      'runs',
      names.map(({ name }) => name),
      new Map([
        ['id', `id || '-' || n`],
        ['created_at', 'created_at + n * 1000000000'],
      ]),
    )
  })()
  db.close()
}

/** The lines of a plan: what SQLite does, in its own words. */
function explain({ sql, values }: Executed): string[] {
  const rows = connection.prepare(`explain query plan ${sql}`).all(...values) as { detail: string }[]
  return rows.map(({ detail }) => detail)
}

/** What of a plan reads or sorts more than a page. */
function faultsOf(lines: readonly string[], sql: string): string[] {
  const tables = tablesIn(sql)
  const isScan = (line: string) => tables.has(/^SCAN (\S+)/.exec(line)?.[1] ?? '')
  return lines.filter((line) => line.includes('USE TEMP B-TREE') || isScan(line))
}

/** The tables of a statement by the names in its plan; what else it scans are subqueries, cut to a limit. */
function tablesIn(sql: string): Set<string> {
  const mentioned = [...sql.matchAll(/\b(?:from|join) (\w+)(?: as (\w+))?/g)]
  return new Set(mentioned.map(([, table = '', alias]) => alias ?? table))
}

/** What a list call runs, besides looking up rows and cursors by their keys. */
async function plansOf(call: () => Promise<unknown>): Promise<{ sql: string; lines: string[] }[]> {
  executed = []
  await call()
  const seen = new Map(executed.map((one) => [one.sql, one]))
  return [...seen.values()].map((one) => ({ sql: one.sql, lines: explain(one) }))
}

async function expectBounded(call: () => Promise<unknown>): Promise<void> {
  const plans = await plansOf(call)
  expect(plans.length).toBeGreaterThan(0)
  for (const { sql, lines } of plans) {
    expect(faultsOf(lines, sql), `${sql}\n${lines.map((line) => `  ${line}`).join('\n')}`).toEqual([])
  }
}

/** One value, or several values, for each filter. */
const VALUES: { [F in StepFilterName]: NonNullable<StepFilters[F]>[] } = {
  start_date: [Date.UTC(2026, 0, 1, 12) * 1000],
  end_date: [Date.UTC(2026, 0, 2) * 1000],
  model: ['model-1'],
  agent_id: ['agent-3'],
  trace_ids: [['trace-7-3'], ['trace-7', 'trace-8', 'trace-9-1']],
  feedback: ['positive'],
  has_feedback: [true, false],
  tags: [['rare'], ['rare', 'tag-1', 'tag-2']],
  project_id: ['project-1'],
  match_all_tags: [true],
  run_id: ['run-3-4'],
  status: ['success', 'failed', 'pending'],
  stop_reason: ['error'],
  provider_name: ['provider-1'],
  model_handle: ['handle-1'],
  error_type: ['Timeout'],
}

const NAMES = Object.keys(STEP_FILTERS) as StepFilterName[]
const ALONE: StepFilters[] = [
  {},
  ...NAMES.flatMap((name) => VALUES[name].map((value) => ({ [name]: value }))),
  { tags: ['rare', 'tag-0'], match_all_tags: true },
  { start_date: VALUES.start_date[0] as number, end_date: VALUES.end_date[0] as number },
]
const WITH_AGENT = ALONE.filter((filters) => filters.agent_id === undefined).map((filters) => ({
  agent_id: 'agent-3',
  ...filters,
}))

function cursorsOf(ids: readonly [string, string]): Partial<Page>[] {
  return [
    {},
    { after: ids[0] },
    { before: ids[0] },
    { after: ids[0], before: ids[1] },
    { after: ids[1], before: ids[0] },
  ]
}
const STEP_CURSORS = cursorsOf([
  'step-00000032-0000-4000-8000-000000000500',
  'step-00000040-0000-4000-8000-000000000003',
])
const pages = (cursors: readonly Partial<Page>[]): Page[] =>
  ORDERS.flatMap((order) => cursors.map((cursor) => ({ order, limit: 50, ...cursor })))

beforeAll(async () => {
  await fill()
  connection = connect(file, { readonly: true })
  reader = sqlReader(recording(executor(connection)), SQLITE)
}, 60_000)

afterAll(() => {
  connection.close()
  rmSync(dir, { recursive: true, force: true })
})

test('there are so many steps', () => {
  const count = (table: string) => (connection.prepare(`select count(*) as n from ${table}`).get() as { n: number }).n
  expect(count('steps')).toBe(STEPS)
  expect(count('step_tags')).toBeGreaterThan(2 * STEPS)
  expect(count('run_messages')).toBe(STEPS)
  expect(count('runs')).toBe(STEPS / 20)
})

describe('lists of steps', () => {
  test.each([...ALONE, ...WITH_AGENT])('%j', async (filters) => {
    for (const page of pages(STEP_CURSORS))
      await expectBounded(() => reader.listSteps({ project: PROJECT, filters, page }))
  })
})

const RUN_VALUES: { [F in keyof typeof RUN_FILTERS]: NonNullable<RunFilters[F]>[] } = {
  agent_id: ['agent-3'],
  agent_ids: [['agent-3'], ['agent-3', 'agent-4']],
  statuses: [['failed'], ['failed', 'running', 'completed']],
  active: [true, false],
  background: [false],
  stop_reason: ['error'],
  conversation_id: [],
}

describe('lists of runs', () => {
  const alone = (Object.keys(RUN_FILTERS) as (keyof typeof RUN_FILTERS)[]).flatMap((name) =>
    RUN_VALUES[name].map((value) => ({ [name]: value })),
  )
  const all = [
    {},
    ...alone,
    ...alone.map((filters) => ({ agent_id: 'agent-3', ...filters })),
    { stop_reason: 'error', statuses: ['failed'] },
  ]
  test.each(all as RunFilters[])('%j', async (filters) => {
    for (const page of pages(cursorsOf(['run-3-4', 'run-5-50']))) {
      await expectBounded(() => reader.listRuns({ project: PROJECT, filters, page }))
    }
  })
})

test('messages of a run', async () => {
  const [first, , third] = await reader.listRunMessages(PROJECT, 'run-3-4', { order: 'asc', limit: 3 })
  const id = (found: typeof first) =>
    (JSON.parse((found?.step.messages ?? '').split('\n')[found?.index ?? 0] ?? '') as { id: string }).id
  for (const page of pages(cursorsOf([id(first), id(third)]))) {
    await expectBounded(() => reader.listRunMessages(PROJECT, 'run-3-4', page))
  }
})

test('tags, tools, traces and single things', async () => {
  for (const page of pages(cursorsOf(['rare', 'tag-3']))) {
    await expectBounded(() => reader.listTags({ project: PROJECT, page }))
    await expectBounded(() => reader.listTags({ project: PROJECT, name: 'AG', page }))
  }
  await expectBounded(() => reader.getStep(PROJECT, STEP_CURSORS[1]?.after ?? ''))
  await expectBounded(() => reader.getRun(PROJECT, 'run-3-4'))
  await expectBounded(() => reader.getRunTools(PROJECT, 'run-3-4'))
})

describe('the check itself can fail', () => {
  const faults = (sql: string) => faultsOf(explain({ sql, values: [] }), sql)

  test('on a scan of a table or a whole index', () => {
    expect(faults(`select id from steps where origin = 'x'`)).toEqual([expect.stringMatching(/^SCAN steps/)])
    expect(faults(`select id from steps as s order by project, created_at, id limit 5`)).toEqual([
      expect.stringMatching(/^SCAN s /),
    ])
    expect(faults(`select count(*) from runs`)).toEqual([expect.stringMatching(/^SCAN runs/)])
  })

  test('on a sort', () => {
    const sorted = `select id from steps where project = '${PROJECT}' and run_id = 'run-1' order by model limit 5`
    expect(faults(sorted)).toEqual([expect.stringMatching(/TEMP B-TREE FOR ORDER BY/)])
  })

  test('when an index is missing', async () => {
    const copy = join(dir, 'without.db')
    connection.exec(`vacuum into '${copy}'`)
    const other = new Database(copy)
    other.exec(
      'drop index steps_agent; create index steps_agent on steps (project, agent_id) where agent_id is not null',
    )
    const real = connection
    connection = other
    try {
      const weak = sqlReader(recording(executor(other)), SQLITE)
      const list = () =>
        weak.listSteps({ project: PROJECT, filters: { agent_id: 'agent-3' }, page: { order: 'asc', limit: 5 } })
      await expect(expectBounded(list)).rejects.toThrow(/TEMP B-TREE/)
    } finally {
      connection = real
      other.close()
    }
  })
})
