/** Single things: a step, its messages, and what a run holds; beside the statement that reads the same rows. */
import { startLean, type LeanServer } from '../lean-server.ts'
import type { BareQuery } from '../bare.ts'
import { knownOf, type Known } from '../known.ts'
import type { Context } from '../part.ts'
import { latency, type Figure } from '../report.ts'
import { startServer, type ServerProcess } from '../server.ts'
import { Stopwatch } from '../stopwatch.ts'
import { Caller, inTurn } from '../turns.ts'

/** What is read: which paths, and what the leanest program is asked for each. */
interface Reading {
  name: string
  ids(known: Known): string[]
  path(id: string): string
  bare(id: string): BareQuery
}

const runList = (id: string): BareQuery => ({
  kind: 'list',
  filter: 'run_id',
  values: [id],
  order: 'asc',
  limit: 100,
})

const STEP: Reading = {
  name: 'a step',
  ids: ({ steps }) => steps,
  path: (id) => `/v1/steps/${id}`,
  bare: (id) => ({ kind: 'step', id }),
}
const MESSAGES: readonly Reading[] = [
  { ...STEP, name: 'messages of a step', path: (id) => `/v1/steps/${id}/messages` },
  { name: 'messages of a run', ids: ({ runs }) => runs, path: (id) => `/v1/runs/${id}/messages`, bare: runList },
]

export const benchRetrieve = (context: Context) => benchReadings(context, [STEP])
export const benchMessages = (context: Context) => benchReadings(context, MESSAGES)

async function benchReadings(
  { engine, ledgers, sizes, rounds }: Context,
  readings: readonly Reading[],
): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const steps of sizes) {
    const address = await ledgers.of(engine, steps)
    const server = await startServer(address)
    const lean = await startLean(address)
    const caller = new Caller()
    const known = await knownOf(caller, server.url, steps)
    caller.close()
    for (const reading of readings) figures.push(...(await benchReading(reading, known, server, lean, steps, rounds)))
    await lean.stop()
    await server.stop()
  }
  return figures
}

async function benchReading(
  { name, ids, path, bare }: Reading,
  known: Known,
  server: ServerProcess,
  lean: LeanServer,
  steps: number,
  rounds: number,
): Promise<Figure[]> {
  const all = ids(known)
  const [watch, leanWatch] = [new Stopwatch(), new Stopwatch()]
  const [ours = [], statement = []] = await inTurn(
    all,
    [async (id) => (await watch.get(server.url + path(id))).ms, (id) => lean.statement(leanWatch, bare(id))],
    rounds,
  )
  watch.close()
  leanWatch.close()
  const urls = all.map((id) => server.url + path(id))
  const leanUrls = all.map((id) => lean.url(bare(id)))
  const [most, leanest] = [await throughput(urls), await throughput(leanUrls)]
  const labels = { steps, filter: name }
  const of = `of ${steps.toLocaleString('en')} steps`
  return [
    { ...latency(`${name} ${of}`, ours, { name: 'bare statement', latencies: statement }), goal: 'under 20', labels },
    {
      name: `${name} ${of}, ${CONNECTIONS} connections`,
      value: Math.round(most),
      unit: 'requests/s',
      memory: server.memory(),
      limit: { name: 'node:http and statement', value: Math.round(leanest), unit: 'requests/s' },
      ratio: most / leanest,
      labels,
    },
  ]
}

const CONNECTIONS = 16
const SECONDS = 1

/** Requests per second over several connections. */
async function throughput(urls: readonly string[]): Promise<number> {
  const caller = new Caller(CONNECTIONS)
  let count = 0
  const start = performance.now()
  const end = start + SECONDS * 1000
  const worker = async () => {
    while (performance.now() < end) await caller.get(urls[count++ % urls.length] as string)
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, worker))
  caller.close()
  return (count / (performance.now() - start)) * 1000
}
