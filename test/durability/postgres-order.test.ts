/** Two orders in which things are written that matter only when processes meet at one point; made to meet there. */
import { Agent } from 'node:http'
import { Client } from 'pg'
import { expect, onTestFinished, test, vi } from 'vitest'
import { hashOf } from '../../src/store/content/reference.ts'
import { freshDatabase } from '../support/postgres.ts'
import { expectConsistent } from './consistency.ts'
import { serve } from './process.ts'
import { post, send, stepId } from './workload.ts'

const agent = new Agent({ keepAlive: true })

/** Servers on one database, and a session that holds what they need until it is let go. */
async function setUp(count: number) {
  const database = await freshDatabase()
  const servers = await Promise.all(Array.from({ length: count }, () => serve(database)))
  const holder = new Client({ connectionString: database.url })
  await holder.connect()
  onTestFinished(async () => {
    await holder.end()
    await Promise.all(servers.map((server) => server.end('SIGKILL')))
    await database.drop()
  })
  const waiting = async (sessions: number) => {
    const sql = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
    await vi.waitFor(async () => expect(await database.query(sql)).toHaveLength(sessions), 10_000)
  }
  return { database, servers, holder, waiting, urls: servers.map(({ url }) => url) }
}

test('a tool that one step no longer calls and another begins to call stays', { timeout: 30_000 }, async () => {
  const { database, holder, waiting, urls } = await setUp(2)
  const [one, other] = urls as [string, string]
  const calling = (name: string) => [
    {
      id: 'message-00000000-0000-4000-8000-000000000000',
      role: 'assistant' as const,
      tool_calls: [{ id: 'call', type: 'function' as const, function: { name, arguments: '{}' } }],
    },
  ]
  const [first, second] = [stepId(), stepId()]
  const record = (url: string, id: string) =>
    post(url, JSON.stringify({ id, run_id: 'run', messages: calling('search') }), agent)
  expect((await record(one, first)).status).toBe(201)
  await holder.query(`begin; select 1 from runs for update`)
  // It takes the tool away, so that its run is counted anew; and has to wait.
  const correcting = send('PATCH', `${one}/v1/steps/${first}`, JSON.stringify({ messages: calling('open') }), agent)
  await waiting(1)
  const recording = record(other, second)
  await waiting(2)
  await holder.query('commit')
  expect((await correcting).status).toBe(200)
  expect((await recording).status).toBe(201)
  const tools = await database.query('select tool from run_tools order by tool')
  expect(tools).toEqual([{ tool: 'open' }, { tool: 'search' }])
  await expectConsistent(database.query)
})

test('writers that add a part and refer to another one never wait in a ring', { timeout: 30_000 }, async () => {
  const { database, servers, holder, waiting, urls } = await setUp(3)
  const hash = (text: string) => hashOf(Buffer.from(JSON.stringify(text)))
  // Parts are referred to in the order of their hashes: the new one comes before the one that is there.
  const [added, present] = ['one '.repeat(500), 'another '.repeat(500)].toSorted((a, b) =>
    Buffer.compare(hash(a), hash(b)),
  ) as [string, string]
  const record = async (place: number, ...texts: string[]) => {
    const provider_trace = { request_json: { texts }, response_json: { place } }
    const { status } = await post(urls[place] as string, JSON.stringify({ id: stepId(), provider_trace }), agent)
    return status
  }
  expect(await record(0, present)).toBe(201)
  expect(await database.query('select hash from contents')).toEqual([{ hash: hash(present) }])
  await holder.query(`begin; select 1 from contents for update`)
  const first = record(0, added, present)
  await waiting(1)
  // It adds the part that the first one is about to add, or waits for it.
  const second = record(1, added)
  const isAdded = await Promise.race([second.then(() => true), waiting(2).then(() => false)])
  const third = record(2, added, present)
  await waiting(isAdded ? 2 : 3)
  await holder.query('commit')
  expect(await Promise.all([first, second, third])).toEqual([201, 201, 201])
  expect(await Promise.all(servers.map((server) => server.end('SIGTERM')))).toEqual([0, 0, 0])
  const [stat] = await database.query<{ deadlocks: string }>(
    'select deadlocks from pg_stat_database where datname = current_database()',
  )
  expect(stat?.deadlocks).toBe('0')
  await expectConsistent(database.query)
})
