/** Several server processes on one PostgreSQL database, as real processes, writing the same things at the same moment. */
import { Agent } from 'node:http'
import { Client } from 'pg'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { mergeSteps } from '../../src/domain/merge.ts'
import { normalise } from '../../src/domain/normalise.ts'
import type { StepInput } from '../../src/domain/step.ts'
import { checkStepInput } from '../../src/schema/step-input.ts'
import { openStore } from '../../src/store/open.ts'
import { MIGRATION_LOCK } from '../../src/store/postgres/migrate.ts'
import { decodeStep } from '../../src/store/step-row.ts'
import { freshDatabase, type FreshDatabase } from '../support/postgres.ts'
import { expectConsistent, expectNothingLeft } from './consistency.ts'
import { Load } from './load.ts'
import { serve, type ServerProcess } from './process.ts'
import { verify } from './verify.ts'
import { post, send, stepId, type Answer } from './workload.ts'

let database: FreshDatabase
let servers: ServerProcess[] = []
const agent = new Agent({ keepAlive: true })

beforeEach(async () => {
  database = await freshDatabase()
})
afterEach(async () => {
  await Promise.all(servers.map((server) => server.end('SIGKILL')))
  servers = []
  await database.drop()
})

/** At once, as a deployment starts them. */
async function start(count: number, ...flags: string[]): Promise<ServerProcess[]> {
  const started = await Promise.allSettled(Array.from({ length: count }, () => serve(database, ...flags)))
  servers = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  for (const one of started) if (one.status === 'rejected') throw one.reason
  return servers
}

/** Ended as a deployment ends them, all at once. */
async function end(): Promise<void> {
  const ended = await Promise.all(servers.splice(0).map((server) => server.end('SIGTERM')))
  expect(new Set(ended)).toEqual(new Set([0]))
}

const urlOf = (i: number) => servers[i % servers.length]?.url ?? ''

async function deadlocks(): Promise<number> {
  // A session tells its numbers when it is idle or ends, so this is asked when the servers have ended.
  const [row] = await database.query<{ n: string }>(
    'select deadlocks as n from pg_stat_database where datname = current_database()',
  )
  return Number(row?.n)
}

test(
  'processes that start at once on an empty database make one ledger, however long that takes',
  { timeout: 40_000 },
  async () => {
    // Holds them up until all are there, so that they go on at the same moment.
    const holder = new Client({ connectionString: database.url })
    await holder.connect()
    await holder.query(`begin; select pg_advisory_xact_lock(${MIGRATION_LOCK})`)
    const starting = start(5, '--database-statement-timeout', '1')
    // Two seconds more than the statement's own time are allowed for the way (connection.ts).
    const areWaiting = `select 1 from pg_stat_activity where datname = current_database()
      and wait_event_type = 'Lock' and now() - query_start > interval '3.5 seconds'`
    const waits = vi.waitFor(async () => expect(await database.query(areWaiting)).toHaveLength(5), 20_000)
    await Promise.race([waits, starting.then(() => expect.unreachable('nobody waited'))]).finally(() => holder.end())
    await starting
    expect(await database.query('select version from stepledger_schema')).toHaveLength(1)
    const answers = await Promise.all(
      servers.map(({ url }, i) => post(url, JSON.stringify({ id: stepId(), run_id: 'run', prompt_tokens: i }), agent)),
    )
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201))
    for (const { url } of servers) {
      expect(await (await fetch(`${url}/v1/runs/run/usage`)).json()).toMatchObject({ prompt_tokens: 0 + 1 + 2 + 3 + 4 })
    }
    await end()
  },
)

test('records of one step from two processes at one moment lose nothing', { timeout: 40_000 }, async () => {
  await start(2)
  const ids = Array.from({ length: 120 }, stepId)
  for (const group of chunks(ids, 12)) {
    // Four records of each of twelve steps, all on their way at once, two by each process.
    const sent = group.flatMap((id) => [0, 1, 2, 3].map((part) => partOf(id, part)))
    const answers = await Promise.all(
      shuffled(sent).map((input) => post(urlOf(Number(input.prompt_tokens)), JSON.stringify(input), agent)),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 201]))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(group.length)
  }
  const store = await openStore(database)
  for (const id of ids) {
    const row = await store.read.getStep('default', id)
    expect(orders([0, 1, 2, 3]).map((parts) => merged(id, parts))).toContainEqual(row && decodeStep(row))
    const traces = await store.read.getTraces('default', id)
    expect(traces.map(({ source }) => source).toSorted()).toEqual(['part 0', 'part 1', 'part 2', 'part 3'])
  }
  await store.close()
  await end()
  await expectConsistent(database.query)
  expect(await deadlocks()).toBe(0)
})

/** What one of four recorders knows of a step: something of its own, and something on which they disagree. */
function partOf(id: string, part: number): StepInput {
  const own = [{ agent_id: 'a' }, { trace_id: 't' }, { request_id: 'r' }, { tid: 'x' }][part]
  return {
    id,
    created_at: '2026-01-01T00:00:00Z',
    run_id: 'run',
    ...own,
    model: `model ${part}`,
    status: part === 0 ? 'pending' : 'success',
    prompt_tokens: part,
    tags: ['all', `part ${part}`],
    messages: [
      { role: 'user', content: `part ${part}`, created_at: `2026-01-01T00:00:0${part}Z` },
      { role: 'user', content: 'of all', created_at: '2026-01-01T00:00:09Z' },
    ],
    provider_trace: {
      source: `part ${part}`,
      created_at: `2026-01-01T00:00:0${part}Z`,
      request_json: { system: 'shared by all '.repeat(200), id: [id] },
      response_json: { part },
    },
  }
}

function merged(id: string, parts: readonly number[]) {
  const steps = parts.map((part) => normalise(checkStepInput(partOf(id, part), []), null).step)
  return steps.reduce(mergeSteps)
}

test('the sums of a run are right under writers in four processes', { timeout: 40_000 }, async () => {
  await start(4)
  const urls = servers.map(({ url }) => url)
  const load = new Load(urls, { writers: 8, readers: 2, run: 'one run of all' })
  await load.answered(60, ({ status }) => status < 300, 20_000)
  await load.end()
  expect(load.answers.filter(({ status }) => status >= 500)).toEqual([])
  await end()
  await verify(database, load.batches, { durable: false })
  await expectConsistent(database.query)
  expect(await deadlocks()).toBe(0)
})

const RUNS = ['run-1', 'run-2', 'run-3', 'run-4']

test(
  'shuffled batches of the same steps from four processes never lock each other out',
  { timeout: 40_000 },
  async () => {
    await start(4)
    const inputs = Array.from({ length: 80 }, (_, i) => sharing(i))
    const acknowledged = new Set<string>()
    const record = async (client: number) => {
      const batch = shuffled(inputs).slice(0, 20)
      const answer = await post(urlOf(client), JSON.stringify(batch), agent)
      if (answer.status < 300) for (const { id } of batch) acknowledged.add(id as string)
      return answer
    }
    const statuses = await pressed(12, 1_500, record)
    expect(statuses).toEqual(new Set([200, 201]))
    expect(await database.query('select id from steps order by id')).toEqual(
      [...acknowledged].toSorted().map((id) => ({ id })),
    )
    await expectConsistent(database.query)

    // Now with everything else that changes a step, and with runs that are deleted.
    const mixed = await pressed(12, 2_500, (client) => (Math.random() < 0.5 ? record(client) : change(client, inputs)))
    expect([...mixed].filter((status) => ![200, 201, 404].includes(status))).toEqual([])
    await expectConsistent(database.query)

    // All made anew at one moment, then deleted at one moment: the last run takes the content along that they share.
    for (let round = 0; round < 5; round++) {
      const clients = Array.from({ length: 16 }, (_, client) => client)
      await Promise.all(clients.map(async (client) => [await record(client), await change(client, inputs)]))
      await Promise.all(RUNS.map((run, i) => send('DELETE', `${urlOf(i)}/v1/runs/${run}`, '', agent)))
      await expectNothingLeft(database.query)
    }
    await end()
    expect(await deadlocks()).toBe(0)
  },
)

/** Steps whose traces have much in common, in different orders, and that call the same tools. */
function sharing(i: number): StepInput {
  const words = (n: number) => ({ role: 'user', content: `message ${n} `.repeat(40 + n) })
  const history = Array.from({ length: 8 }, (_, n) => words((i * 3 + n * (1 + (i % 5))) % 24))
  return {
    id: numbered('step', i),
    created_at: new Date(Date.UTC(2026, 0, 1) - i * 1000).toISOString(),
    run_id: RUNS[i % RUNS.length],
    status: i % 3 === 0 ? 'pending' : 'success',
    prompt_tokens: i,
    tags: [`tag ${i % 7}`],
    messages: [{ id: numbered('message', i), role: 'assistant', tool_calls: [toolCall(i % 4)] }],
    provider_trace: { request_json: { system: 'you are '.repeat(300), messages: history }, response_json: { i } },
  }
}

function numbered(kind: string, i: number): string {
  return `${kind}-00000000-0000-4000-8000-${String(i).padStart(12, '0')}`
}

function toolCall(n: number) {
  return { id: `call-${n}`, type: 'function' as const, function: { name: `tool-${n}`, arguments: '{}' } }
}

function change(client: number, inputs: readonly StepInput[]): Promise<Answer> {
  const [one, other] = shuffled(inputs) as [StepInput, StepInput]
  const step = `${urlOf(client)}/v1/steps/${one.id}`
  const correct = (body: StepInput) => send('PATCH', step, JSON.stringify(body), agent)
  const choices = [
    () => send('PATCH', `${step}/feedback`, JSON.stringify({ feedback: 'positive', tags: ['rated'] }), agent),
    () => correct({ status: 'success', prompt_tokens: Math.floor(Math.random() * 9), tags: [`tag ${client}`] }),
    () => correct({ run_id: other.run_id }),
    () =>
      correct({
        messages: [{ id: String(one.messages?.[0]?.id), role: 'assistant', tool_calls: [toolCall(client % 4)] }],
      }),
    () => correct({ provider_trace: other.provider_trace }),
    () => send('GET', `${step}/trace`, '', agent),
    () => send('DELETE', `${urlOf(client)}/v1/runs/${one.run_id}`, '', agent),
  ]
  return (choices[Math.floor(Math.random() * choices.length)] as () => Promise<Answer>)()
}

/** Runs work in several clients for some time; the statuses that there were. */
async function pressed(clients: number, ms: number, work: (client: number) => Promise<Answer>): Promise<Set<number>> {
  const until = performance.now() + ms
  const statuses = new Set<number>()
  const one = async (client: number) => {
    while (performance.now() < until) statuses.add((await work(client)).status)
  }
  await Promise.all(Array.from({ length: clients }, (_, client) => one(client)))
  return statuses
}

function shuffled<T>(items: readonly T[]): T[] {
  return items.map((item) => [Math.random(), item] as const).toSorted(([a], [b]) => a - b).map(([, item]) => item) // prettier-ignore
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))
}

/** Every order of the items. */
function orders<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]]
  return items.flatMap((item, i) => orders(items.toSpliced(i, 1)).map((rest) => [item, ...rest]))
}
