/** A run of 100,000 steps: its first page, its usage, and reading all of it. */
import { fillLedger } from '../fill.ts'
import { startLean } from '../lean-server.ts'
import type { Context } from '../part.ts'
import { showProgress } from '../progress.ts'
import { latency, p99, type Figure } from '../report.ts'
import { startServer } from '../server.ts'
import { Stopwatch } from '../stopwatch.ts'
import { Caller, inTurn } from '../turns.ts'
import { endlessRun, load, type Arrival } from '../workload/index.ts'

const STEPS = 100_000
/** Of other runs, so that there is one to compare with. */
const OTHERS = 5000

export async function benchRun({ engine, places, rounds, seed }: Context): Promise<Figure[]> {
  const address = await places.make(engine)
  const ids = { large: '', usual: '' }
  await showProgress(`a run of ${STEPS.toLocaleString('en')} steps`, STEPS + OTHERS, (onProgress) =>
    fillLedger(address, arrivals(seed, ids), onProgress),
  )
  const server = await startServer(address)
  const lean = await startLean(address)
  const [watch, other, third] = [new Stopwatch(), new Stopwatch(), new Stopwatch()]
  const page = (id: string) => `${server.url}/v1/runs/${id}/steps?limit=50`
  const get = async (url: string) => (await watch.get(url)).ms
  const statement = (id: string) =>
    lean.statement(other, { kind: 'list', filter: 'run_id', values: [id], order: 'desc', limit: 50 })

  const [first = [], usual = [], bareFirst = []] = await inTurn(
    [0],
    [() => get(page(ids.large)), async () => (await third.get(page(ids.usual))).ms, () => statement(ids.large)],
    rounds,
  )
  const [usage = [], bareUsage = []] = await inTurn(
    [0],
    [
      () => get(`${server.url}/v1/runs/${ids.large}/usage`),
      () => lean.statement(other, { kind: 'run', id: ids.large }),
    ],
    rounds,
  )
  const [messages = [], bareMessages = []] = await inTurn(
    [0],
    [() => get(`${server.url}/v1/runs/${ids.large}/messages?limit=50&order=desc`), () => statement(ids.large)],
    rounds,
  )
  const { seconds, pages } = await readAll(server.url, ids.large)
  const memory = server.memory()
  for (const each of [watch, other, third]) each.close()
  await lean.stop()
  await server.stop()
  const bare = (latencies: number[]) => ({ name: 'bare statement', latencies })
  return [
    { ...latency('first page of its steps', first, bare(bareFirst)), goal: 'under 20' },
    {
      ...latency('the same beside a usual run of 50 and more', first, { name: 'usual run', latencies: usual }),
      goal: 'at most 1.5',
    },
    { ...latency('newest messages', messages, bare(bareMessages)) },
    { ...latency('usage', usage, bare(bareUsage)) },
    { name: 'usage, p99', value: p99(usage), unit: 'ms', goal: 'under 5' },
    { name: 'reading all, 1,000 a page', value: seconds, unit: 's', latencies: pages, memory },
    { name: 'steps read', value: Math.round(STEPS / seconds), unit: 'steps/s' },
  ]
}

/** Other runs first, then the large one. @param ids is told which is which */
function* arrivals(seed: number, ids: { large: string; usual: string }): Generator<Arrival> {
  const lengths = new Map<string, number>()
  for (const arrival of load({ seed, steps: OTHERS })) {
    if (arrival.kind === 'step') {
      const run = arrival.step.run_id as string
      lengths.set(run, (lengths.get(run) ?? 0) + 1)
    }
    yield arrival
  }
  ids.usual = [...lengths].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? ''
  let made = 0
  for (const step of endlessRun(seed)) {
    if (made++ === STEPS) return
    ids.large = step.run_id as string
    yield { kind: 'step', at: 0, step, profile: 'coding', again: false, late: false }
  }
}

async function readAll(server: string, run: string): Promise<{ seconds: number; pages: number[] }> {
  const caller = new Caller()
  const pages: number[] = []
  const start = performance.now()
  let [seen, after] = [0, '']
  for (;;) {
    const { ms, body } = await caller.get(`${server}/v1/runs/${run}/steps?order=asc&limit=1000${after}`)
    const steps = JSON.parse(body.toString()) as { id: string }[]
    const last = steps.at(-1)
    if (last === undefined) break
    pages.push(ms)
    seen += steps.length
    after = `&after=${last.id}`
  }
  caller.close()
  if (seen !== STEPS) throw new Error(`${seen} steps read of ${STEPS}`)
  return { seconds: (performance.now() - start) / 1000, pages }
}
