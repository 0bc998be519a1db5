/** Keeping runs in step with their steps: each write adds what it changed, whoever else writes at the same time. */
import { DETAIL_SUMS, detailsOf, endOf, isPending, type DetailSum } from '../../domain/run.ts'
import type { Step } from '../../domain/step.ts'
import type { Differences, Executor } from './engine.ts'
import { changeRows, insertRows, joined, raw, sql, type RowsStatement } from './sql.ts'

/** What one or several steps add to their run. Sums may be negative when a step was changed. */
export interface RunDelta {
  agent_id: string | null
  created_at: number
  ended_at: number
  start_ns: bigint | null
  num_steps: number
  pending_steps: number
  last_created_at: number
  last_step_id: string
  last_status: string | null
  last_stop_reason: string | null
  prompt_tokens: number
  completion_tokens: number
  total_tokens: number
  details: Record<DetailSum, number | null>
}

export function deltaOf(step: Step): RunDelta {
  return {
    agent_id: step.agent_id,
    created_at: step.created_at,
    ended_at: endOf(step),
    start_ns: step.metrics?.step_start_ns ? BigInt(step.metrics.step_start_ns) : null,
    num_steps: 1,
    pending_steps: isPending(step.status) ? 1 : 0,
    last_created_at: step.created_at,
    last_step_id: step.id,
    last_status: step.status,
    last_stop_reason: step.stop_reason,
    prompt_tokens: step.prompt_tokens ?? 0,
    completion_tokens: step.completion_tokens ?? 0,
    total_tokens: step.total_tokens ?? 0,
    details: detailsOf(step),
  }
}

/** What a changed step adds beyond what it had added before. */
export function deltaBetween(was: RunDelta, is: RunDelta): RunDelta {
  return {
    ...is,
    num_steps: 0,
    pending_steps: is.pending_steps - was.pending_steps,
    prompt_tokens: is.prompt_tokens - was.prompt_tokens,
    completion_tokens: is.completion_tokens - was.completion_tokens,
    total_tokens: is.total_tokens - was.total_tokens,
    details: combine(is.details, was.details, -1),
  }
}

/** Both together; the later step says how the run ended. */
export function addDeltas(a: RunDelta, b: RunDelta): RunDelta {
  const later = b.last_created_at - a.last_created_at || (b.last_step_id >= a.last_step_id ? 1 : -1)
  const last = later > 0 ? b : a
  return {
    agent_id: a.agent_id ?? b.agent_id,
    created_at: Math.min(a.created_at, b.created_at),
    ended_at: Math.max(a.ended_at, b.ended_at),
    start_ns: a.start_ns === null || (b.start_ns !== null && b.start_ns < a.start_ns) ? b.start_ns : a.start_ns,
    num_steps: a.num_steps + b.num_steps,
    pending_steps: a.pending_steps + b.pending_steps,
    last_created_at: last.last_created_at,
    last_step_id: last.last_step_id,
    last_status: last.last_status,
    last_stop_reason: last.last_stop_reason,
    prompt_tokens: a.prompt_tokens + b.prompt_tokens,
    completion_tokens: a.completion_tokens + b.completion_tokens,
    total_tokens: a.total_tokens + b.total_tokens,
    details: combine(a.details, b.details, 1),
  }
}

function combine(a: RunDelta['details'], b: RunDelta['details'], sign: 1 | -1): RunDelta['details'] {
  const sum = (x: number | null, y: number | null) => (x === null && y === null ? null : (x ?? 0) + sign * (y ?? 0))
  return Object.fromEntries(DETAIL_SUMS.map((name) => [name, sum(a[name], b[name])])) as RunDelta['details']
}

const SUMS = ['num_steps', 'pending_steps', 'prompt_tokens', 'completion_tokens', 'total_tokens'] as const
const LAST = ['last_status', 'last_stop_reason', 'last_created_at', 'last_step_id'] as const
const COLUMNS = ['project', 'id', 'agent_id', 'created_at', 'ended_at', 'start_ns', ...SUMS, ...LAST, ...DETAIL_SUMS]

export interface RunSumStatements {
  add: RowsStatement
  remove: RowsStatement
}

export function runSumStatements(d: Differences): RunSumStatements {
  const isLater = sql`(excluded.last_created_at, excluded.last_step_id) >= (runs.last_created_at, runs.last_step_id)`
  const set = [
    sql`agent_id = coalesce(runs.agent_id, excluded.agent_id)`,
    sql`created_at = case when excluded.created_at < runs.created_at then excluded.created_at else runs.created_at end`,
    sql`ended_at = case when excluded.ended_at > runs.ended_at then excluded.ended_at else runs.ended_at end`,
    sql`start_ns = case when runs.start_ns is null or excluded.start_ns < runs.start_ns
      then excluded.start_ns else runs.start_ns end`,
    ...SUMS.map((name) => sql`${raw(name)} = ${raw(`runs.${name}`)} + ${raw(`excluded.${name}`)}`),
    ...LAST.map(
      (name) =>
        sql`${raw(name)} = case when ${isLater} then ${raw(`excluded.${name}`)} else ${raw(`runs.${name}`)} end`,
    ),
    // Null means that no step reported it: it stays null until one does.
    ...DETAIL_SUMS.map(
      (name) =>
        sql`${raw(name)} = case when ${raw(`excluded.${name}`)} is null then ${raw(`runs.${name}`)}
          else coalesce(${raw(`runs.${name}`)}, 0) + ${raw(`excluded.${name}`)} end`,
    ),
  ]
  return {
    add: insertRows(d, 'runs', COLUMNS, sql`on conflict (project, id) do update set ${joined(set)}`),
    remove: changeRows(d, { table: 'runs', keys: ['project', 'id'] }),
  }
}

/** Adds the deltas to their runs, in the order of the ids so that two writers never wait for each other in a ring. */
export async function addToRuns(
  x: Executor,
  statements: RunSumStatements,
  project: string,
  deltas: ReadonlyMap<string, RunDelta>,
): Promise<void> {
  const rows = [...deltas].map(([id, { details, ...delta }]) => ({ project, id, ...delta, ...details }))
  rows.sort((a, b) => (a.id < b.id ? -1 : 1))
  await x.forRows(statements.add, rows)
}
