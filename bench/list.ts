/** Lists: one page against the leanest program, and each filter in a small and a large ledger. */
import { spawn } from 'node:child_process'
import autocannon from 'autocannon'
import { LEDGER_FILE, type StoreAddress } from '../src/store/open.ts'
import { median, type Figure } from './report.ts'
import { agentId } from './workload/step.ts'
import { listening, startServer, type ServerProcess } from './server.ts'

const ROUNDS = 5
const AGENT = agentId(3)

/** Requests per second of a page of 50 for one agent, ours and the leanest, in turn so that both see the same machine. */
export async function benchPage(address: StoreAddress): Promise<Figure[]> {
  const lean = spawn(
    process.execPath,
    [
      new URL('lean.ts', import.meta.url).pathname,
      'url' in address ? address.url : `${address.dataDir}/${LEDGER_FILE}`,
      AGENT,
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const leanUrl = await listening(lean)
  const server = await startServer(address)
  const ours: number[] = []
  const theirs: number[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    const a = await requestsPerSecond(`${server.url}/v1/steps/?agent_id=${AGENT}`)
    const b = await requestsPerSecond(leanUrl)
    if (round > 0) {
      ours.push(a)
      theirs.push(b)
    }
  }
  const memory = server.memory()
  await server.stop()
  lean.kill()
  const ratio = median(ours.map((value, i) => value / (theirs[i] as number)))
  return [
    { name: 'page of 50 for one agent', value: Math.round(median(ours)), unit: 'requests/s', memory },
    { name: 'the leanest program', value: Math.round(median(theirs)), unit: 'requests/s' },
    { name: 'share of the leanest', value: ratio, unit: '', goal: 'at least 0.6' },
  ]
}

async function requestsPerSecond(url: string): Promise<number> {
  const result = await autocannon({ url, connections: 8, duration: 3 })
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${url}: ${result.non2xx} refused, ${result.errors} failed`)
  return result.requests.total / result.duration
}

/** Each documented filter, as query texts. */
const FILTERS: Readonly<Record<string, string>> = {
  none: '',
  agent_id: `agent_id=${AGENT}`,
  model: 'model=gpt-4.1-mini',
  trace_ids: 'trace_ids={trace}&trace_ids=unknown',
  tags: 'tags=beta&tags=triage',
  feedback: 'feedback=negative',
  'has_feedback=true': 'has_feedback=true',
  'has_feedback=false': 'has_feedback=false',
  project_id: 'project_id=project-0',
  'start_date, end_date': 'start_date={start}&end_date={end}',
  run_id: 'run_id={run}',
  status: 'status=failed',
  stop_reason: 'stop_reason=end_turn',
  provider_name: 'provider_name=anthropic',
  model_handle: 'model_handle=openai/gpt-5-mini',
  error_type: 'error_type=RateLimitError',
}

/** The median time of a page in a ledger of `large` steps over that in one of `small`. */
export async function benchFilters(small: StoreAddress, large: StoreAddress): Promise<Figure[]> {
  const figures: Figure[] = []
  const servers = [await startServer(small), await startServer(large)] as const
  const known = [await knownValues(servers[0]), await knownValues(servers[1])] as const
  for (const [name, template] of Object.entries(FILTERS)) {
    const times: [number[], number[]] = [[], []]
    for (let round = 0; round < 150; round++) {
      for (const side of [0, 1] as const) {
        const query = template.replaceAll(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(known[side][key] ?? ''))
        const start = performance.now()
        await (await fetch(`${servers[side].url}/v1/steps/?limit=50&${query}`)).arrayBuffer()
        if (round >= 30) times[side].push(performance.now() - start)
      }
    }
    const ratio = median(times[1]) / median(times[0])
    figures.push({
      name: `filter ${name}: large / small`,
      value: ratio,
      unit: '',
      goal: 'at most 1.3',
      latencies: times[1],
    })
  }
  for (const server of servers) await server.stop()
  return figures
}

/** A run, a trace and times that are in the middle of the ledger. */
async function knownValues(server: ServerProcess): Promise<Record<string, string>> {
  const response = await fetch(`${server.url}/v1/steps/?order=asc&limit=1000&include_messages=false`)
  const steps = (await response.json()) as { run_id: string; trace_id: string; created_at: string }[]
  const sizes = new Map<string, number>()
  for (const { run_id } of steps) sizes.set(run_id, (sizes.get(run_id) ?? 0) + 1)
  const [run] = [...sizes].toSorted((a, b) => b[1] - a[1])[0] as [string, number]
  const step = steps.find(({ run_id }) => run_id === run) as (typeof steps)[0]
  return { run, trace: step.trace_id, start: steps[500]?.created_at ?? '', end: steps[900]?.created_at ?? '' }
}
