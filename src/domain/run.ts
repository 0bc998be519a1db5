/** Runs, as they follow from their steps (contract, section 7; design 1). */
import { parseMicros, type Micros } from './time.ts'
import type { Status, Step, StopReason } from './step.ts'

export const RUN_STATUSES = ['created', 'running', 'completed', 'failed', 'cancelled'] as const
export type RunStatus = (typeof RUN_STATUSES)[number]

/** Sums that a run keeps of all its steps; each is null until a step reported the detail. */
export const DETAIL_SUMS = ['cached_tokens', 'cache_read_tokens', 'cache_creation_tokens', 'reasoning_tokens'] as const
export type DetailSum = (typeof DETAIL_SUMS)[number]

/** What the ledger keeps of a run. */
export interface Run {
  id: string
  agent_id: string | null
  status: RunStatus
  stop_reason: StopReason | null
  /** Earliest step. */
  created_at: Micros
  /** Latest end of a step. */
  ended_at: Micros
  /** Earliest `step_start_ns` as decimal text, null when no step reported one. */
  start_ns: string | null
  num_steps: number
  prompt_tokens: number
  completion_tokens: number
  total_tokens: number
  details: Record<DetailSum, number | null>
}

/** When a step ended: its start and duration when measured, else its latest message, else when it began. */
export function endOf(step: Pick<Step, 'created_at' | 'metrics' | 'messages'>): Micros {
  if (step.metrics?.step_ns) return step.created_at + Number(BigInt(step.metrics.step_ns) / 1000n)
  return step.messages.reduce((end, message) => Math.max(end, parseMicros(message.created_at) ?? 0), step.created_at)
}

type Usage = Pick<
  Step,
  | 'provider_name'
  | 'cached_input_tokens'
  | 'cache_write_tokens'
  | 'reasoning_tokens'
  | 'prompt_tokens_details'
  | 'completion_tokens_details'
>

/**
 * A step's share of the run's detail sums (contract, section 7.3). Reads in the manner of OpenAI and Gemini go to
 * `cached_tokens`, those in the manner of Anthropic to `cache_read_tokens`; the same number is never in both.
 */
export function detailsOf(step: Usage): Record<DetailSum, number | null> {
  const details = step.prompt_tokens_details ?? {}
  let cached = count(details.cached_tokens)
  let read = cached === null ? count(details.cache_read_tokens) : null
  const written = count(details.cache_creation_tokens) ?? step.cache_write_tokens
  if (cached === null && read === null) {
    const readsLikeAnthropic = written !== null || step.provider_name?.toLowerCase() === 'anthropic'
    if (readsLikeAnthropic) read = step.cached_input_tokens
    else cached = step.cached_input_tokens
  }
  const reasoning = step.reasoning_tokens ?? count(step.completion_tokens_details?.reasoning_tokens)
  return { cached_tokens: cached, cache_read_tokens: read, cache_creation_tokens: written, reasoning_tokens: reasoning }
}

function count(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null
}

/** Whether a step still runs. */
export const isPending = (status: Status | null): boolean => status === 'pending'
