/** Changes made ready for the database where they were received, so that the thread that writes does only that. */
import { stringifyExact } from '../../domain/exact-json.ts'
import { OPAQUE_ID_LENGTH } from '../../domain/id.ts'
import type { Step } from '../../domain/step.ts'
import { parseMicros } from '../../domain/time.ts'
import { encodeStep, type StepRow } from '../step-row.ts'
import type { StepChange, TelemetryWrite } from '../store.ts'
import { deltaOf, type RunDelta } from './run-sums.ts'
import { encodeTraces } from './traces.ts'

/** A change made ready for the database; plain data, so that it can cross to another thread. */
export type PreparedChange =
  | { kind: 'record'; row: StepRow; index: StepIndex; tracesText: string | null }
  | { kind: 'correct'; id: string; correctionText: string; tracesText: string | null }
  /** Ends the step when it is still pending and nothing was written since `cutoff` (microseconds). */
  | { kind: 'abandon'; id: string; cutoff: number }
  /** See `DeriveChange`. */
  | { kind: 'derive'; before: StepRow | null; row: StepRow; index: StepIndex; tracesText: string | null }
  /** See `ForgetChange`; of what telemetry said, only the tags matter. */
  | { kind: 'forget'; id: string; knownTags: string[]; into: string | null }
  | Exclude<StepChange, { kind: 'record' | 'correct' | 'derive' | 'forget' }>

/** One request's changes: applied all or none. */
export interface WriteRequest {
  project: string
  changes: PreparedChange[]
  telemetry?: TelemetryWrite | undefined
}

/** One that waits for its turn. */
export interface WaitingRequest extends WriteRequest {
  /** About how many bytes it holds. */
  weight: number
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
  if (change.kind === 'record' || change.kind === 'derive') {
    const { step } = change
    const tracesText = encodeTraces(change.traces, step)
    const made = { row: encodeStep(step), index: indexOfStep(step), tracesText }
    if (change.kind === 'record') return { kind: 'record', ...made }
    return { kind: 'derive', before: change.before && encodeStep(change.before), ...made }
  }
  if (change.kind === 'forget') {
    const { kind, id, before, into } = change
    return { kind, id, knownTags: before?.tags ?? [], into }
  }
  if (change.kind === 'correct') {
    const { kind, id, correction, traces } = change
    // As text: exact numbers cannot cross to another thread as they are.
    const tracesText = encodeTraces(traces, { id, created_at: Number.NaN })
    return { kind, id, correctionText: stringifyExact(correction), tracesText }
  }
  return change
}

/** Telemetry made ready: a buffer is often a piece of a larger one, which would cross to another thread with it. */
export function prepareTelemetry({ parts, counts }: TelemetryWrite): TelemetryWrite {
  const isWhole = (content: Buffer) => content.byteLength === content.buffer.byteLength
  const own = (content: Buffer) => (isWhole(content) ? content : Buffer.from(new Uint8Array(content).buffer))
  return {
    parts: parts.map((part) => ({ ...part, contexts: own(part.contexts), content: part.content && own(part.content) })),
    counts,
  }
}

export const idOf = (change: PreparedChange): string => ('row' in change ? change.row.id : change.id)

/** The ids of all steps that a change may touch. */
export function idsOf(change: PreparedChange): string[] {
  return change.kind === 'forget' && change.into !== null ? [change.id, change.into] : [idOf(change)]
}

/** About how many bytes a change holds; none weighs nothing, so that small ones do not pile up either. */
export function weightOf(change: PreparedChange): number {
  const texts = textsOf(change)
  return texts.reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 8), 0)
}

function textsOf(change: PreparedChange): unknown[] {
  if (change.kind === 'record') return [...Object.values(change.row), change.tracesText]
  if (change.kind === 'derive') return [...Object.values(change.row), change.tracesText, change.before?.messages]
  return Object.values(change)
}

/** About how many bytes telemetry holds. */
export function telemetryWeight({ parts }: TelemetryWrite): number {
  return parts.reduce((sum, { contexts, content }) => sum + contexts.length + (content?.length ?? 0), 0)
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
