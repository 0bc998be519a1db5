/** Recording over HTTP: durable answers, realistic bodies, several connections; beside bare inserts of the same bytes. */
import { cpus } from 'node:os'
import type { StepInput } from '../../src/domain/step.ts'
import type { StoreAddress } from '../../src/store/open.ts'
import { BATCH, recordBodies, stepsOf } from '../bodies.ts'
import { measureFsync, measureInsert } from '../limits.ts'
import type { Context } from '../part.ts'
import { hasPgbench, pgbench, type StepRows } from '../pgbench.ts'
import type { Places } from '../places.ts'
import { median, type Figure } from '../report.ts'
import { sendAll, WARM_UP_SECONDS } from '../send.ts'
import { startServer } from '../server.ts'
import { benchOtlpRecord } from './otlp.ts'

const SECONDS = 4
const CONNECTIONS = [1, 16, 64]
/** More requests than are recorded in that time. */
const BODIES = 2500

/** Native requests and OpenTelemetry. */
export async function benchRecord(context: Context): Promise<Figure[]> {
  return [...(await benchNative(context)), ...(await benchOtlpRecord(context))]
}

async function benchNative({ engine, places, seed }: Context): Promise<Figure[]> {
  const all = recordBodies(seed, BODIES)
  const rows = stepsOf(all.slice(0, 500))
  const figures: Figure[] = []
  for (const connections of CONNECTIONS) {
    const { perSecond, latencies, memory } = await recordWith(1, await places.make(engine), all, connections)
    // What waits during a commit goes into the next one: so many steps a commit are the most there can be.
    const limit = measureInsert(places.directory, rows, BATCH * connections, 1)
    figures.push({
      name: `steps in requests of ${BATCH}, ${connections} connections`,
      value: perSecond,
      unit: 'steps/s',
      latencies,
      perSecond: perSecond / BATCH,
      memory,
      limit: { name: 'bare SQLite insert', value: limit, unit: 'steps/s' },
      ratio: perSecond / limit,
      ...(connections === 16 && engine === 'sqlite' && { goal: 'at least 5,000', judged: 'value' }),
      labels: { connections },
    })
  }
  if (engine === 'sqlite') {
    figures.push({ name: 'bare fsync of one page', value: measureFsync(places.directory), unit: 'per s' })
    return figures
  }
  return [...figures, ...(await benchPgbench(places, all))]
}

/** Two server processes on one database. */
export async function benchProcesses({ engine, places, seed }: Context): Promise<Figure[]> {
  if (engine === 'sqlite') return []
  return benchTwoServers(places, recordBodies(seed, BODIES))
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

const PGBENCH_SECONDS = 2

/** What `pgbench` writes in the same grouping: as many connections, each commit with as many rows of the same size. */
async function benchPgbench(places: Places, all: Buffer[]): Promise<Figure[]> {
  if (!hasPgbench()) {
    console.log('  pgbench is not installed (Debian: postgresql-15): nothing to compare with')
    return []
  }
  const load = { connections: 16, batch: BATCH, seconds: PGBENCH_SECONDS, ...shapeOf(all) }
  const kinds = ['plain', 'like steps', 'every row'] as const
  const rounds: { ours: number; theirs: number[] }[] = []
  for (let round = 0; round < 3; round++) {
    const address = await places.make('postgres')
    const ours = (await recordWith(1, address, all, load.connections)).perSecond
    const theirs: number[] = []
    for (const kind of kinds) theirs.push(await pgbench(address, kind, load))
    rounds.push({ ours, theirs })
  }
  return kinds.flatMap((kind, i) => {
    const rate = (round: (typeof rounds)[0]) => round.theirs[i] as number
    return [
      {
        name: `pgbench, ${kind}, ${load.bytes} bytes of text`,
        value: Math.round(median(rounds.map(rate))),
        unit: 'steps/s',
      },
      {
        name: `ours / pgbench, ${kind}`,
        value: median(rounds.map((round) => round.ours / rate(round))),
        unit: '',
        goal: 'at least 0.5',
      },
    ]
  })
}

/** What a step of these bodies is on average. */
function shapeOf(all: readonly Buffer[]): { bytes: number; rows: StepRows } {
  const steps = all.slice(0, 200).flatMap((body) => JSON.parse(body.toString()) as StepInput[])
  const mean = (measure: (step: StepInput) => number) =>
    steps.reduce((sum, step) => sum + measure(step), 0) / steps.length
  return {
    bytes: Math.round(mean((step) => Buffer.byteLength(JSON.stringify(step)))),
    rows: { tags: mean((step) => step.tags?.length ?? 0), messages: mean((step) => step.messages?.length ?? 0) },
  }
}

/** Steps per second that so many server processes on one ledger record. */
async function recordWith(processes: number, address: StoreAddress, all: Buffer[], connections: number) {
  const servers = await Promise.all(Array.from({ length: processes }, () => startServer(address)))
  const bodies = all[Symbol.iterator]()
  const send = (seconds: number) =>
    Promise.all(
      servers.map(({ url }) =>
        sendAll({
          url: `${url}/v1/steps/`,
          type: 'application/json',
          bodies,
          connections: Math.ceil(connections / processes),
          seconds,
        }),
      ),
    )
  await send(WARM_UP_SECONDS)
  const busyBefore = busySeconds()
  const start = performance.now()
  const sent = await send(SECONDS)
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
