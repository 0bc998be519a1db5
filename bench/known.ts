/** What a ledger holds, asked from the ledger itself: values that filters find something by. */
import type { Caller } from './turns.ts'
import { BUSY } from './workload/figures.ts'
import { agentId, projectId } from './workload/step.ts'

interface Light {
  id: string
  run_id: string
  trace_id: string
  created_at: string
}

export interface Known {
  /** @param share of the time between the oldest step and the newest */
  moment(share: number): string
  /** The busiest ones: even a small ledger has more than a page of their steps. */
  agents: string[]
  projects: string[]
  /** Of steps from ten places between the oldest and the newest. */
  steps: string[]
  runs: string[]
  traces: string[]
  /** Times that bound some hundred steps. */
  ranges: Range[]
  /** Nearly all. */
  wideRange: Range
}

export interface Range {
  start: string
  end: string
}

const LIGHT = 'include_messages=false'

export async function knownOf(caller: Caller, server: string, steps: number): Promise<Known> {
  const list = (query: string) => caller.json<Light[]>(`${server}/v1/steps/?${LIGHT}&${query}`)
  const [oldest] = await list('order=asc&limit=1')
  const [newest] = await list('order=desc&limit=1')
  if (!oldest || !newest) throw new Error('the ledger is empty')
  const [from, to] = [Date.parse(oldest.created_at), Date.parse(newest.created_at)]
  const time = (share: number) => new Date(from + (to - from) * share).toISOString()
  const places = Array.from({ length: 10 }, (_, i) => i / 10)
  const found: Light[] = []
  for (const share of places) found.push(...(await list(`order=asc&limit=40&start_date=${time(share)}`)))
  return {
    moment: time,
    agents: [1, 2, 3, 4, 5, 6, 7, 8, 9].map(agentId),
    projects: Array.from({ length: BUSY.projects }, (_, i) => projectId(i, BUSY.projects)),
    steps: found.map(({ id }) => id),
    runs: [...new Set(found.map(({ run_id }) => run_id))],
    traces: [...new Set(found.map(({ trace_id }) => trace_id))],
    ranges: places.map((share) => ({ start: time(share), end: time(share + Math.min(0.1, 500 / steps)) })),
    wideRange: { start: time(0.05), end: time(0.95) },
  }
}
