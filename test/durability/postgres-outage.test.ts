/** The database goes away under load, in good order and by a crash, and comes back; the server is the same all the time. */
import { execFileSync } from 'node:child_process'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { startPostgres, type PostgresServer } from '../support/postgres.ts'
import { expectConsistent } from './consistency.ts'
import { Load, ready } from './load.ts'
import { serve } from './process.ts'
import { verify } from './verify.ts'

/** Refusals are a matter of milliseconds; this is for machines that have other things to do. */
const SOON_MS = 3_000
/** How long the server may take to notice that the database is back. */
const RECOVERY_MS = 10_000
/** What a process may gain by garbage and grown pools; what piles up in these outages would be several times as much. */
const GROWTH_MIB = 150

let postgres: PostgresServer
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.destroy())

const memoryMiB = (pid: number | undefined) =>
  Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024

async function query<R extends object>(sql: string, values: readonly unknown[] = []): Promise<R[]> {
  const client = new Client({ connectionString: postgres.url })
  await client.connect()
  try {
    return (await client.query<R>(sql, [...values])).rows
  } finally {
    await client.end()
  }
}

test('what stops with the database goes on with it, and nothing is lost or twice', { timeout: 40_000 }, async () => {
  const server = await serve(postgres)
  onTestFinished(() => void server.end('SIGKILL'))
  const load = new Load([server.url], { writers: 8, readers: 3 })
  await load.answered(30, ({ status }) => status < 300, RECOVERY_MS)
  const before = memoryMiB(server.child.pid)
  for (const mode of ['fast', 'kill', 'fast', 'kill'] as const) {
    await postgres.stop(mode)
    await load.answered(150, ({ status }) => status === 503, 20_000)
    expect((await fetch(`${server.url}/v1/ready/`)).status).toBe(503)
    // The process itself is well: who restarts what is not alive must not restart it.
    expect((await fetch(`${server.url}/v1/health/`)).status).toBe(200)
    await postgres.start()
    await ready(server.url, RECOVERY_MS)
    await load.answered(20, ({ status }) => status < 300, RECOVERY_MS)
  }
  expect(memoryMiB(server.child.pid) - before).toBeLessThan(GROWTH_MIB)
  await load.end()
  expect(new Set(load.answers.map(({ status }) => status))).toEqual(new Set([200, 201, 503]))
  for (const { status, retryAfter } of load.answers) if (status === 503) expect(retryAfter).toBeGreaterThan(0)
  expect(Math.max(...load.answers.map(({ ms }) => ms))).toBeLessThan(SOON_MS)
  expect(await server.end('SIGTERM')).toBe(0)
  await verify(postgres, load.batches)
  await expectConsistent(query)
})

test('who waits for a database that does not answer is refused when too many wait', { timeout: 30_000 }, async () => {
  const server = await serve(postgres, '--max-waiting-bytes', String(1024 * 1024))
  onTestFinished(() => void server.end('SIGKILL'))
  const holder = new Client({ connectionString: postgres.url })
  await holder.connect()
  await holder.query('begin; lock table runs in exclusive mode')
  const before = memoryMiB(server.child.pid)
  const answers: Response[] = []
  const record = async (i: number) => {
    const step = { run_id: `waiting-${i}`, messages: [{ role: 'user', content: `${i} `.padEnd(200_000, 'x') }] }
    const headers = { 'Content-Type': 'application/json' }
    answers.push(await fetch(`${server.url}/v1/steps`, { method: 'POST', headers, body: JSON.stringify(step) }))
  }
  const sent = Array.from({ length: 200 }, (_, i) => record(i))
  // The groups that are being written, and 1 MiB that waits; everything else is told so while those go on waiting.
  const reads = new Set<number>()
  const enough = async () => {
    // The database is there all the time: who reads is answered.
    reads.add((await fetch(`${server.url}/v1/steps/?limit=1`)).status)
    expect(answers.length).toBeGreaterThan(150)
  }
  await vi.waitFor(enough, { timeout: 15_000, interval: 5 })
  expect(reads).toEqual(new Set([200]))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]))
  expect(await answers[0]?.text()).toContain('max-waiting-bytes')
  expect(Number(answers[0]?.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(memoryMiB(server.child.pid) - before).toBeLessThan(GROWTH_MIB)
  await holder.query('commit')
  await Promise.all(sent)
  await holder.end()
  const accepted = answers.filter(({ status }) => status === 201)
  expect(accepted.length).toBeGreaterThan(1)
  expect(await query(`select count(*)::int as n from runs where id like 'waiting-%'`)).toEqual([{ n: accepted.length }])
  expect(await server.end('SIGTERM')).toBe(0)
})
