/** An answer is a promise (design 3): what was acknowledged survives `kill -9` at any moment. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { serve } from './process.ts'
import { verify } from './verify.ts'
import { post, Recorder, type Batch } from './workload.ts'

const ROUNDS = Number(process.env.STEPLEDGER_KILL_ROUNDS ?? 30)
const CONNECTIONS = 6
/** Every so many rounds the ledger is looked through; in between only the server does so, by starting on it. */
const ROUNDS_A_LEDGER = 6
/** The server is killed between so many milliseconds after it began to listen. */
const [SOONEST, LATEST] = [5, 350]

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'stepledger-kill-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

test(
  `${ROUNDS} kills at random moments lose nothing that was acknowledged`,
  { timeout: 30_000 + ROUNDS * 3_000 },
  async () => {
    let acknowledged = 0
    for (let round = 0; round < ROUNDS; round += ROUNDS_A_LEDGER) {
      const dataDir = join(dir, `ledger-${round}`)
      const recorded: Batch[][] = []
      for (let kill = round; kill < Math.min(round + ROUNDS_A_LEDGER, ROUNDS); kill++)
        recorded.push(...(await recordAndKill(dataDir, kill)))
      acknowledged += (await verify({ dataDir }, recorded)).acknowledged
      rmSync(dataDir, { recursive: true })
    }
    expect(acknowledged).toBeGreaterThanOrEqual(Math.floor(ROUNDS / 2))
  },
)

async function recordAndKill(dataDir: string, kill: number): Promise<Batch[][]> {
  const server = await serve({ dataDir })
  const recorders = Array.from({ length: CONNECTIONS }, (_, i) => new Recorder(`run-${kill}-${i}`))
  const recording = Promise.all(recorders.map((recorder) => recorder.record(server.url, () => false)))
  // Disks are slow at times: every other one is killed when there is something to lose.
  const isAcknowledged = () => recorders.some(({ batches }) => batches.some((batch) => batch.acknowledged))
  if (kill % 2 === 1) while (!isAcknowledged()) await sleep(1)
  await sleep(SOONEST + Math.random() * (LATEST - SOONEST))
  expect(await server.end('SIGKILL')).toBe('SIGKILL')
  expect((await recording).flat()).toEqual([])
  for (const recorder of recorders) recorder.close()
  return recorders.map(({ batches }) => batches)
}

test('SIGTERM answers what is in flight, refuses what is new, and ends with code 0', { timeout: 60_000 }, async () => {
  for (let round = 0; round < 4; round++) {
    const dataDir = join(dir, `ledger-${round}`)
    const server = await serve({ dataDir })
    const recorders = Array.from({ length: CONNECTIONS }, (_, i) => new Recorder(`run-${i}`))
    const recording = Promise.all(recorders.map((recorder) => recorder.record(server.url, () => false)))
    await sleep(100 + Math.random() * 200)
    const ended = server.end('SIGTERM')
    const refused = (await recording).flat()
    expect(await ended).toBe(0)
    for (const { status, headers } of refused) {
      expect(status).toBe(503)
      expect(Number(headers['retry-after'])).toBeGreaterThan(0)
    }
    const batches = recorders.map((recorder) => recorder.batches)
    for (const recorder of recorders) recorder.close()
    // Each connection's last batch at most was sent when the server no longer took it.
    for (const own of batches) expect(own.slice(0, -1).every((batch) => batch.acknowledged)).toBe(true)
    expect((await verify({ dataDir }, batches)).acknowledged).toBeGreaterThan(0)
  }
})

test('a request that is being answered when SIGTERM comes is answered', { timeout: 30_000 }, async () => {
  const server = await serve({ dataDir: dir })
  const agent = new Agent({ keepAlive: true })
  const steps = Array.from({ length: 1000 }, (_, i) => ({
    run_id: 'run',
    messages: [{ role: 'user', content: `${i} ${'x'.repeat(2000)}` }],
  }))
  const answers = Array.from({ length: 4 }, () => post(server.url, JSON.stringify(steps), agent))
  await sleep(60)
  const ended = server.end('SIGTERM')
  const settled = await Promise.allSettled(answers)
  const answered = performance.now()
  expect(await ended).toBe(0)
  // Connections that are kept alive and say nothing hold up nobody.
  expect(performance.now() - answered).toBeLessThan(2500)
  const accepted = settled.filter((one) => one.status === 'fulfilled' && one.value.status === 201).length
  const [run] = await runsIn(dir)
  expect(run?.num_steps ?? 0).toBe(accepted * 1000)
  agent.destroy()
})

test(
  'an answer that is larger than what the system takes at once is sent to its end',
  { timeout: 60_000 },
  async () => {
    const server = await serve({ dataDir: dir })
    const agent = new Agent({ keepAlive: true })
    const message = { role: 'user', content: 'x'.repeat(200_000) }
    for (let i = 0; i < 40; i++) await post(server.url, JSON.stringify({ messages: [message] }), agent)
    const { hostname, port } = new URL(server.url)
    const socket = connect(Number(port), hostname)
    const parts: Buffer[] = []
    socket.on('data', (part) => parts.push(part))
    const ended = once(socket, 'close')
    socket.write('GET /v1/steps/?limit=40 HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await once(socket, 'data')
    // Nobody reads while the server is told to end.
    socket.pause()
    const stopped = server.end('SIGTERM')
    await sleep(500)
    socket.resume()
    await ended
    expect(await stopped).toBe(0)
    const answer = Buffer.concat(parts).toString('latin1')
    const length = Number(/content-length: (\d+)/i.exec(answer)?.[1])
    expect(answer.length - answer.indexOf('\r\n\r\n') - 4).toBe(length)
    agent.destroy()
  },
)

async function runsIn(dataDir: string) {
  const { openStore } = await import('../../src/store/open.ts')
  const store = await openStore({ dataDir })
  const runs = await store.read.listRuns({ project: 'default', filters: {}, page: { order: 'asc', limit: 9 } })
  await store.close()
  return runs
}
