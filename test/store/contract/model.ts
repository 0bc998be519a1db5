/** What the contract says, as plainly as it can be written: arrays in memory, sorted and cut. */
import type { Page } from '../../../src/domain/page.ts'
import type { Run } from '../../../src/domain/run.ts'
import type { Step } from '../../../src/domain/step.ts'
import { STOP_REASONS } from '../../../src/domain/step.ts'
import type { RunFilters, StepFilters } from '../../../src/domain/step-query.ts'
import { parseMicros } from '../../../src/domain/time.ts'

/** Compares texts by their UTF-8 bytes. */
export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'))
}

/** The first comparison that does not call both equal. */
function firstOf(...comparisons: number[]): number {
  return comparisons.find((result) => result !== 0) ?? 0
}

/** Oldest first; ids break ties. */
export function byPosition(a: { created_at: number; id: string }, b: { created_at: number; id: string }): number {
  return firstOf(a.created_at - b.created_at, byBytes(a.id, b.id))
}

/** Contract, section 2.4: all filters must agree. */
export function passes(step: Step, filters: StepFilters): boolean {
  const { start_date, end_date, trace_ids, has_feedback, tags, match_all_tags, ...equal } = filters
  if (start_date !== undefined && step.created_at <= start_date) return false
  if (end_date !== undefined && step.created_at >= end_date) return false
  if (trace_ids && !(step.trace_id !== null && trace_ids.includes(step.trace_id))) return false
  if (has_feedback !== undefined && has_feedback !== (step.feedback !== null)) return false
  const carries = (tag: string) => step.tags.includes(tag)
  if (tags && !(match_all_tags ? tags.every(carries) : tags.some(carries))) return false
  return (Object.keys(equal) as (keyof typeof equal)[]).every(
    (name) => equal[name] === undefined || step[name] === equal[name],
  )
}

/**
 * Contract, section 2.6.
 * @param all every item there is, oldest first by `compare`: a cursor need not pass
 */
export function pageOf<T>(
  all: readonly T[],
  compare: (a: T, b: T) => number,
  idOf: (item: T) => string,
  wanted: (item: T) => boolean,
  page: Page,
): T[] {
  const directed = page.order === 'asc' ? compare : (a: T, b: T) => -compare(a, b)
  const find = (id: string) => {
    const found = all.find((item) => idOf(item) === id)
    if (found === undefined) throw new Error(`the model has no ${id}`)
    return found
  }
  const after = page.after === undefined ? undefined : find(page.after)
  const before = page.before === undefined ? undefined : find(page.before)
  const list = all
    .filter(wanted)
    .toSorted(directed)
    .filter((item) => after === undefined || directed(item, after) > 0)
    .filter((item) => before === undefined || directed(item, before) < 0)
  if (page.limit === 0) return []
  return before === undefined ? list.slice(0, page.limit) : list.slice(-page.limit)
}

export function stepPage(all: readonly Step[], filters: StepFilters, page: Page): string[] {
  return pageOf(
    all,
    byPosition,
    ({ id }) => id,
    (step) => passes(step, filters),
    page,
  ).map(({ id }) => id)
}

/** Contract, section 7.1, and 7.3 for the sums. */
export function runsOf(steps: readonly Step[]): Run[] {
  const groups = Map.groupBy(
    steps.filter((step) => step.run_id !== null),
    (step) => step.run_id as string,
  )
  return [...groups].map(([id, own]) => runOf(id, own.toSorted(byPosition)))
}

function runOf(id: string, steps: readonly Step[]): Run {
  const last = steps.at(-1) as Step
  const running = steps.some((step) => step.status === 'pending')
  const sum = (values: (number | null | undefined)[]) =>
    values.reduce<number>((total, value) => total + (value ?? 0), 0)
  const sumOrNull = (values: (number | null | undefined)[]) =>
    values.some((value) => value != null) ? sum(values) : null
  const starts = steps.flatMap((step) => (step.metrics?.step_start_ns ? [BigInt(step.metrics.step_start_ns)] : []))
  const ended = last.stop_reason === null ? endedWithout(last) : STOP_REASONS[last.stop_reason]
  return {
    id,
    agent_id: steps.find((step) => step.agent_id !== null)?.agent_id ?? null,
    status: running ? 'running' : ended,
    stop_reason: running ? null : last.stop_reason,
    created_at: Math.min(...steps.map((step) => step.created_at)),
    ended_at: Math.max(...steps.map(endOfStep)),
    start_ns: starts.length === 0 ? null : String(starts.reduce((a, b) => (b < a ? b : a))),
    num_steps: steps.length,
    prompt_tokens: sum(steps.map((step) => step.prompt_tokens)),
    completion_tokens: sum(steps.map((step) => step.completion_tokens)),
    total_tokens: sum(steps.map((step) => step.total_tokens)),
    details: {
      cached_tokens: sumOrNull(steps.map((step) => reads(step).cached)),
      cache_read_tokens: sumOrNull(steps.map((step) => reads(step).read)),
      cache_creation_tokens: sumOrNull(steps.map(writes)),
      reasoning_tokens: sumOrNull(
        steps.map(
          (step) => step.reasoning_tokens ?? (step.completion_tokens_details?.reasoning_tokens as number | undefined),
        ),
      ),
    },
  }
}

function endedWithout(last: Step): Run['status'] {
  return last.status === 'failed' || last.status === 'cancelled' ? last.status : 'completed'
}

function endOfStep(step: Step): number {
  if (step.metrics?.step_ns) return step.created_at + Math.trunc(Number(step.metrics.step_ns) / 1000)
  return Math.max(step.created_at, ...step.messages.map((message) => parseMicros(message.created_at) as number))
}

function writes(step: Step): number | null {
  return (step.prompt_tokens_details?.cache_creation_tokens as number | undefined) ?? step.cache_write_tokens
}

/** Reads in the manner of OpenAI and of Anthropic; never the same number in both. */
function reads(step: Step): { cached?: number | null; read?: number | null } {
  const details = step.prompt_tokens_details as Record<string, number> | null
  if (details?.cached_tokens !== undefined) return { cached: details.cached_tokens }
  if (details?.cache_read_tokens !== undefined) return { read: details.cache_read_tokens }
  const anthropic = writes(step) !== null || step.provider_name === 'anthropic'
  return anthropic ? { read: step.cached_input_tokens } : { cached: step.cached_input_tokens }
}

/** Contract, section 7.2. */
export function runPasses(run: Run, filters: RunFilters): boolean {
  const agents = filters.agent_id === undefined ? filters.agent_ids : [filters.agent_id]
  const statuses = filters.statuses ?? (filters.active ? ['created', 'running'] : undefined)
  if (agents && !(run.agent_id !== null && agents.includes(run.agent_id))) return false
  if (statuses && !(statuses as string[]).includes(run.status)) return false
  if (filters.stop_reason !== undefined && run.stop_reason !== filters.stop_reason) return false
  // No step says whether its run ran in the background, or in which conversation.
  return filters.background !== true && filters.conversation_id === undefined
}

/** One internal message of a run: held by a step, or by several and then where it comes first. */
export interface PlacedMessage {
  id: string
  step: string
  index: number
  at: number
  stepAt: number
}

export function byPlace(a: PlacedMessage, b: PlacedMessage): number {
  return firstOf(a.at - b.at, a.stepAt - b.stepAt, byBytes(a.step, b.step), a.index - b.index)
}

/** A run's messages, oldest first. */
export function runMessagesOf(steps: readonly Step[], run: string): PlacedMessage[] {
  const held = steps
    .filter((step) => step.run_id === run)
    .flatMap((step) =>
      step.messages.map((message, index) => ({
        id: message.id,
        step: step.id,
        index,
        at: parseMicros(message.created_at) as number,
        stepAt: step.created_at,
      })),
    )
    .toSorted(byPlace)
  const seen = new Set<string>()
  return held.filter(({ id }) => !seen.has(id) && seen.add(id))
}

export function toolsOf(steps: readonly Step[], run: string): string[] {
  const names = steps
    .filter((step) => step.run_id === run)
    .flatMap((step) => step.messages)
    .flatMap((message) => message.tool_calls ?? [])
    .map((call) => call.function.name)
  return [...new Set(names)].toSorted(byBytes)
}

export function tagsOf(steps: readonly Step[]): string[] {
  return [...new Set(steps.flatMap((step) => step.tags))].toSorted(byBytes)
}
