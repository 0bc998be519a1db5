/** Reading while others record: at half of what was recorded at most in the same run, reads in their usual proportions. */
import type { StoreAddress } from '../../src/store/open.ts'
import { BATCH, recordBodies } from '../bodies.ts'
import { fillFromLoad } from '../fill.ts'
import { knownOf, type Known } from '../known.ts'
import { atRate } from '../open-loop.ts'
import type { Context } from '../part.ts'
import { random } from '../prose.ts'
import { median, p99, quantile, type Figure } from '../report.ts'
import { poster, sendAll } from '../send.ts'
import { startServer } from '../server.ts'
import { Caller } from '../turns.ts'
import { choose, pick, type Random } from '../workload/draw.ts'
import { MODELS, READS } from '../workload/figures.ts'

/** What is there before. */
const STEPS = 10_000
const SECONDS = 8
const CONNECTIONS = 16

export async function benchMixed({ engine, places, seed }: Context): Promise<Figure[]> {
  const address = await places.make(engine)
  await fillFromLoad(address, { steps: STEPS, seed }, () => undefined)
  const bodies = recordBodies(seed + 1, 2500)[Symbol.iterator]()
  const most = await recordAtMost(address, bodies)
  const server = await startServer(address)
  const [writing, reading] = [poster(CONNECTIONS), new Caller(CONNECTIONS)]
  const known = await knownOf(reading, server.url, STEPS)
  const next = random(seed)
  const write = async () => {
    const { value: body, done } = bodies.next()
    if (done) throw new Error('there are no more steps to record')
    await writing.post(`${server.url}/v1/steps/`, 'application/json', body)
    return 'record'
  }
  const read = () => readSomething(reading, server.url, known, next)
  const half = most / 2
  const alone = await atRate({ perSecond: half * (READS.lists + READS.singles), seconds: SECONDS / 2, act: read })
  const [recorded, answered] = await Promise.all([
    atRate({ perSecond: half / BATCH, seconds: SECONDS, act: write }),
    atRate({ perSecond: half * (READS.lists + READS.singles), seconds: SECONDS, act: read }),
  ])
  const memory = server.memory()
  writing.close()
  reading.close()
  await server.stop()
  const kinds = [...answered.taken].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return [
    { name: `recorded at most, ${CONNECTIONS} connections`, value: Math.round(most), unit: 'steps/s' },
    {
      name: 'recorded meanwhile (half of that was sent)',
      value: Math.round(recorded.rate * BATCH),
      unit: 'steps/s',
      latencies: recorded.taken.get('record') ?? [],
      perSecond: recorded.rate,
      memory,
      limit: { name: 'sent', value: Math.round(half), unit: 'steps/s' },
      ratio: (recorded.rate * BATCH) / half,
      goal: 'at least 0.95',
    },
    ...kinds.map(([kind, latencies]): Figure => {
      const quiet = alone.taken.get(kind)
      return {
        name: kind,
        value: median(latencies),
        unit: 'ms',
        latencies,
        perSecond: (answered.rate * latencies.length) / [...answered.taken.values()].flat().length,
        ...(quiet && { limit: { name: 'nobody records', latencies: quiet }, ratio: p99(latencies) / p99(quiet) }),
      }
    }),
    {
      name: 'all reads, p99.9',
      value: quantile([...answered.taken.values()].flat(), 0.999),
      unit: 'ms',
      memory,
    },
  ]
}

async function recordAtMost(address: StoreAddress, bodies: Iterator<Buffer>): Promise<number> {
  const server = await startServer(address)
  const start = performance.now()
  const sent = await sendAll({
    url: `${server.url}/v1/steps/`,
    type: 'application/json',
    bodies,
    connections: CONNECTIONS,
    seconds: SECONDS / 2,
  })
  const seconds = (performance.now() - start) / 1000
  await server.stop()
  return (sent.length * BATCH) / seconds
}

/** One list, single step or its messages, in proportion; some lists are read to the end. */
async function readSomething(caller: Caller, server: string, known: Known, next: Random): Promise<string> {
  if (next() * (READS.lists + READS.singles) < READS.singles) {
    const id = pick(known.steps, next())
    const messages = next() < 0.5
    await caller.get(`${server}/v1/steps/${id}${messages ? '/messages' : ''}`)
    return messages ? 'messages of a step' : 'a step'
  }
  const { kind } = choose(READS.kinds, next())
  const list = `${server}/v1/steps/?limit=50&${queryOf(kind, known, next)}`
  const isWalk = next() < READS.walks
  let { body } = await caller.get(list)
  if (!isWalk) return `list by ${kind}`
  for (let last = lastId(body); last !== undefined; last = lastId(body)) {
    body = (await caller.get(`${list}&after=${last}`)).body
  }
  return 'list read to the end'
}

function queryOf(kind: (typeof READS.kinds)[number]['kind'], known: Known, next: Random): string {
  if (kind === 'agent') return `agent_id=${pick(known.agents, next())}`
  if (kind === 'model') return `model=${encodeURIComponent(pick(MODELS, next()).model)}`
  if (kind === 'errors') return 'status=failed'
  if (kind === 'feedback') return `feedback=${next() < 0.5 ? 'positive' : 'negative'}`
  const { start, end } = pick(known.ranges, next())
  return `start_date=${start}&end_date=${end}`
}

function lastId(body: Buffer): string | undefined {
  return (JSON.parse(body.toString()) as { id: string }[]).at(-1)?.id
}
