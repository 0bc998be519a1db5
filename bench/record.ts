/** Recording over HTTP: durable answers, realistic bodies, several connections. */
import { Agent, request } from 'node:http'
import { cpus } from 'node:os'
import { stringifyExact } from '../src/domain/exact-json.ts'
import type { StoreAddress } from '../src/store/open.ts'
import { measureFsync } from './limits.ts'
import { hasPgbench, pgbench } from './pgbench.ts'
import type { Engine, Places } from './places.ts'
import { median, type Figure } from './report.ts'
import { startServer } from './server.ts'
import { workload } from './workload.ts'

const BATCH = 20
const SECONDS = 10

/** Bodies of `BATCH` steps, made beforehand so that making them costs nothing while the clock runs. */
function bodies(count: number): Buffer[] {
  const steps = workload({ seed: 1, agents: 2000, from: 1.77e15 })
  return Array.from({ length: count }, () =>
    Buffer.from(stringifyExact(Array.from({ length: BATCH }, () => steps.next().value))),
  )
}

export async function benchRecord(engine: Engine, places: Places): Promise<Figure[]> {
  const all = bodies(4000)
  const figures: Figure[] = []
  for (const connections of [1, 16, 64]) {
    const { perSecond, latencies, memory } = await recordWith(1, await places.make(engine), all, connections)
    figures.push({ name: `record, ${connections} connections`, value: perSecond, unit: 'steps/s', latencies, memory })
  }
  if (engine === 'sqlite') {
    figures.push({ name: 'bare fsync of one page', value: measureFsync(places.directory), unit: 'per s' })
    return figures
  }
  return [...figures, ...(await benchTwoServers(places, all)), ...(await benchPgbench(places, all))]
}

/** What two server processes record beside what one does, in turn. */
async function benchTwoServers(places: Places, all: Buffer[]): Promise<Figure[]> {
  const rounds: { one: number; two: number; busy: number }[] = []
  for (let round = 0; round < 3; round++) {
    const one = await recordWith(1, await places.make('postgres'), all, 16)
    const two = await recordWith(2, await places.make('postgres'), all, 16)
    rounds.push({ one: one.perSecond, two: two.perSecond, busy: two.busy })
  }
  return [
    { name: 'one server process', value: Math.round(median(rounds.map(({ one }) => one))), unit: 'steps/s' },
    { name: 'two server processes', value: Math.round(median(rounds.map(({ two }) => two))), unit: 'steps/s' },
    { name: 'two / one', value: median(rounds.map(({ one, two }) => two / one)), unit: '', goal: 'at least 1.5' },
    { name: 'processors busy with two', value: median(rounds.map(({ busy }) => busy)), unit: `of ${cpus().length}` },
  ]
}

/** What `pgbench` writes in the same grouping: as many connections, each commit with as many rows of the same size. */
async function benchPgbench(places: Places, all: Buffer[]): Promise<Figure[]> {
  if (!hasPgbench()) {
    console.log('  pgbench is not installed (Debian: postgresql-15): nothing to compare with')
    return []
  }
  const bytes = Math.round(all.reduce((sum, body) => sum + body.length, 0) / all.length / BATCH)
  const ratios: { plain: number; indexed: number; ours: number }[] = []
  for (let round = 0; round < 3; round++) {
    const address = await places.make('postgres')
    const ours = (await recordWith(1, address, all, 16)).perSecond
    const plain = await pgbench(address, 'plain', { connections: 16, batch: BATCH, bytes, seconds: SECONDS })
    const indexed = await pgbench(address, 'like steps', { connections: 16, batch: BATCH, bytes, seconds: SECONDS })
    ratios.push({ plain, indexed, ours })
  }
  const of = (pick: (round: (typeof ratios)[0]) => number) => median(ratios.map(pick))
  return [
    { name: `pgbench, rows of ${bytes} bytes, no index`, value: Math.round(of(({ plain }) => plain)), unit: 'rows/s' },
    { name: 'pgbench, rows in a table like steps', value: Math.round(of(({ indexed }) => indexed)), unit: 'rows/s' },
    {
      name: 'ours / pgbench without index',
      value: of(({ ours, plain }) => ours / plain),
      unit: '',
      goal: 'at least 0.5',
    },
    { name: 'ours / pgbench on a table like steps', value: of(({ ours, indexed }) => ours / indexed), unit: '' },
  ]
}

/** Steps per second that so many server processes on one ledger record. */
async function recordWith(processes: number, address: StoreAddress, all: Buffer[], connections: number) {
  const servers = await Promise.all(Array.from({ length: processes }, () => startServer(address)))
  const busyBefore = busySeconds()
  const start = performance.now()
  const next = all[Symbol.iterator]()
  const sent = await Promise.all(servers.map(({ url }) => send(url, next, Math.ceil(connections / processes), SECONDS)))
  const seconds = (performance.now() - start) / 1000
  const busy = (busySeconds() - busyBefore) / seconds
  const latencies = sent.flat()
  const memory = servers[0]?.memory() ?? 0
  await Promise.all(servers.map((server) => server.stop()))
  return { perSecond: Math.round((latencies.length * BATCH) / seconds), latencies, memory, busy }
}

/** Seconds that all processors together were busy since the machine started. */
function busySeconds(): number {
  const total = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0)
  return total / 1000
}

/** Sends bodies until the time is over; returns the milliseconds that each took. */
async function send(url: string, remaining: Iterator<Buffer>, connections: number, seconds: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const latencies: number[] = []
  const end = performance.now() + seconds * 1000
  const worker = async () => {
    while (performance.now() < end) {
      const start = performance.now()
      const { value: body, done } = remaining.next()
      if (done) throw new Error('the bench ran out of bodies: make more')
      await post(agent, `${url}/v1/steps/`, body)
      latencies.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: connections }, worker))
  agent.destroy()
  return latencies
}

function post(agent: Agent, url: string, body: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length }
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume()
      response.once('end', () =>
        response.statusCode === 201 ? resolve() : reject(new Error(`status ${response.statusCode}`)),
      )
    })
    sent.once('error', reject)
    sent.end(body)
  })
}
