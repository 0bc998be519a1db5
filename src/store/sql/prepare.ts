/** Changes made ready for the database where they were received, so that the thread that writes does only that. */
import { stringifyExact } from '../../domain/exact-json.ts'
import { OPAQUE_ID_LENGTH } from '../../domain/id.ts'
import type { Step } from '../../domain/step.ts'
import { parseMicros } from '../../domain/time.ts'
import { encodeStep, type StepRow } from '../step-row.ts'
import type { StepChange } from '../store.ts'
import { deltaOf, type RunDelta } from './run-sums.ts'
import { encodeTraces } from './traces.ts'

/** A change made ready for the database; plain data, so that it can cross to another thread. */
export type PreparedChange =
  | { kind: 'record'; row: StepRow; index: StepIndex; tracesText: string | null }
  | { kind: 'correct'; id: string; correctionText: string; tracesText: string | null }
  /** Ends the step when it is still pending and nothing was written since `cutoff` (microseconds). */
  | { kind: 'abandon'; id: string; cutoff: number }
  | Exclude<StepChange, { kind: 'record' | 'correct' }>

/** One request's changes: applied all or none. */
export interface WriteRequest {
  project: string
  changes: PreparedChange[]
}

/** What stands beside a step's row. */
export interface StepIndex {
  tags: string[]
  run: string | null
  messages: { id: string; created_at: number }[]
  tools: string[]
  delta: RunDelta
}

export function prepare(change: StepChange): PreparedChange {
  if (change.kind === 'record') {
    const { step } = change
    const tracesText = encodeTraces(change.traces, step)
    return { kind: 'record', row: encodeStep(step), index: indexOfStep(step), tracesText }
  }
  if (change.kind === 'correct') {
    const { kind, id, correction, traces } = change
    // As text: exact numbers cannot cross to another thread as they are.
    const tracesText = encodeTraces(traces, { id, created_at: Number.NaN })
    return { kind, id, correctionText: stringifyExact(correction), tracesText }
  }
  return change
}

export const idOf = (change: PreparedChange): string => (change.kind === 'record' ? change.row.id : change.id)

/** About how many bytes a change holds; none weighs nothing, so that small ones do not pile up either. */
export function weightOf(change: PreparedChange): number {
  const values = change.kind === 'record' ? [...Object.values(change.row), change.tracesText] : Object.values(change)
  return values.reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 8), 0)
}

export function indexOfStep(step: Step): StepIndex {
  const tools = step.messages.flatMap((message) => message.tool_calls ?? []).map((call) => call.function.name)
  return {
    tags: step.tags,
    run: step.run_id,
    messages: step.messages.map(({ id, created_at }) => ({
      id,
      created_at: parseMicros(created_at) ?? step.created_at,
    })),
    tools: [...new Set(tools.map(columnText))],
    delta: deltaOf(step),
  }
}

/**
 * A tool's name is the model's own text: it may hold what a text column cannot (U+0000, half of a surrogate pair), and
 * be longer than an index can. The message keeps it whole.
 */
export const columnText = (text: string) => text.replaceAll('\0', '').slice(0, OPAQUE_ID_LENGTH).toWellFormed()
