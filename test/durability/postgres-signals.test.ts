/** Server processes on one PostgreSQL database that are ended, kindly and not. */
import { Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { freshDatabase } from '../support/postgres.ts'
import { expectConsistent } from './consistency.ts'
import { Load } from './load.ts'
import { serve } from './process.ts'
import { verify } from './verify.ts'
import { post, stepId, type Batch } from './workload.ts'

async function setUp(count: number) {
  const database = await freshDatabase()
  const servers = await Promise.all(Array.from({ length: count }, () => serve(database)))
  onTestFinished(async () => {
    await Promise.all(servers.map((server) => server.end('SIGKILL')))
    await database.drop()
  })
  return { database, servers }
}

test('SIGTERM finishes what was accepted, refuses what is new, and ends with code 0', { timeout: 40_000 }, async () => {
  const { database, servers } = await setUp(1)
  const [server] = servers as [(typeof servers)[number]]
  const load = new Load([server.url], { writers: 8, readers: 2 })
  await load.answered(20, ({ status }) => status < 300, 10_000)
  // Large enough to be on their way through the server when the signal comes.
  const agent = new Agent({ keepAlive: true })
  const large = Array.from({ length: 4 }, (_, i) => largeBatch(`large-${i}`))
  const answers = large.map(async (batch) => {
    const { status } = await post(server.url, JSON.stringify(batch.inputs), agent)
    batch.acknowledged = status === 201
  })
  await sleep(60)
  const ended = server.end('SIGTERM')
  await Promise.allSettled(answers)
  expect(await ended).toBe(0)
  await load.end()
  agent.destroy()
  // 0 = nobody listens any more.
  expect(load.answers.filter(({ status }) => ![0, 200, 201, 503].includes(status))).toEqual([])
  await verify(database, [...load.batches, ...large.map((batch) => [batch])], { durable: false })
  const kept = await database.query<{ id: string }>(`select id from runs where id like 'large-%'`)
  expect(kept).toHaveLength(large.filter((batch) => batch.acknowledged).length)
  await expectConsistent(database.query)
})

function largeBatch(run: string): Batch {
  const inputs = Array.from({ length: 500 }, (_, i) => ({
    id: stepId(),
    created_at: new Date().toISOString(),
    run_id: run,
    messages: [{ role: 'user' as const, content: `${i} `.repeat(500) }],
  }))
  return { inputs, own: inputs.length, acknowledged: false }
}

test(
  'kill -9 of one process leaves the others at work, and what it acknowledged there',
  { timeout: 40_000 },
  async () => {
    const { database, servers } = await setUp(2)
    const [killed, other] = servers as [(typeof servers)[number], (typeof servers)[number]]
    const recorded: Load[] = []
    const lasting = new Load([other.url], { writers: 4, readers: 2, run: 'one run of all' })
    for (let round = 0, victim = killed; round < 3; round++) {
      const load = new Load([victim.url], { writers: 4, readers: 1, run: 'one run of all' })
      recorded.push(load)
      await load.answered(10, ({ status }) => status < 300, 10_000)
      expect(await victim.end('SIGKILL')).toBe('SIGKILL')
      await load.end()
      await lasting.answered(10, ({ status }) => status < 300, 10_000)
      victim = await serve(database)
      servers.push(victim)
    }
    await lasting.end()
    expect(new Set(lasting.answers.map(({ status }) => status))).toEqual(new Set([200, 201]))
    expect(await other.end('SIGTERM')).toBe(0)
    await verify(database, [lasting, ...recorded].flatMap(({ batches }) => batches), { durable: false }) // prettier-ignore
    await expectConsistent(database.query)
  },
)
