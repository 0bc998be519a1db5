/** From a step as somebody records it to a step as the ledger means it. */
import { stringifyExact } from './exact-json.ts'
import { derivedId, newId } from './id.ts'
import { chronological, unite, type StepCorrection } from './merge.ts'
import type { Message, MessageInput } from './message.ts'
import { METRIC_FIELD_NAMES, STEP_FIELD_NAMES } from './step.ts'
import type { ProviderTrace, ProviderTraceInput, Step, StepFields, StepInput, StepMetrics } from './step.ts'
import { formatMicros, nowMicros, parseMicros, type Micros } from './time.ts'

/** What one input records. */
export interface StepRecord {
  step: Step
  traces: ProviderTrace[]
}

/** Gives a checked input its ids, times and plain forms. Absent message and trace ids follow from the step's id. */
export function normalise(input: StepInput, defaultProjectId: string | null): StepRecord {
  const created_at = instant(input.created_at) ?? nowMicros()
  const id = input.id ?? newId('step')
  const fields = {} as Record<string, unknown>
  for (const name of STEP_FIELD_NAMES) fields[name] = input[name] ?? null
  fields.run_id ??= input.job_id ?? null
  fields.project_id ??= defaultProjectId
  const step: Step = {
    ...(fields as unknown as StepFields),
    id,
    created_at,
    tags: unite(input.tags ?? [], []),
    messages: normaliseMessages(input.messages ?? [], id, created_at),
    metrics: normaliseMetrics(input.metrics),
  }
  return { step, traces: normaliseTraces(input.provider_trace, step) }
}

/** The same for a correction of step `id`: only the keys that are given, null kept to clear. */
export function normaliseCorrection(
  input: StepInput,
  id: string,
  created_at: Micros,
): { correction: StepCorrection; traces: ProviderTrace[] } {
  const correction: Record<string, unknown> = {}
  for (const name of STEP_FIELD_NAMES) if (input[name] !== undefined) correction[name] = input[name]
  if (input.job_id != null && input.run_id === undefined) correction.run_id = input.job_id
  if (input.tags !== undefined) correction.tags = unite(input.tags ?? [], [])
  if (input.messages != null) correction.messages = normaliseMessages(input.messages, id, created_at)
  if (input.metrics !== undefined) correction.metrics = normaliseMetrics(input.metrics)
  return { correction, traces: normaliseTraces(input.provider_trace, { id, created_at }) }
}

function instant(text: string | null | undefined): Micros | undefined {
  return text == null ? undefined : parseMicros(text)
}

/**
 * An absent id follows from the content, so that the same record sent twice holds the same messages, and a second
 * record of the step with other messages adds them.
 */
function idsByContent(prefix: string, stepId: string): (content: unknown) => string {
  const seen = new Map<string, number>()
  return (content) => {
    const text = stringifyExact(content)
    const nth = seen.get(text) ?? 0
    seen.set(text, nth + 1)
    return derivedId(prefix, stepId, text, nth)
  }
}

function normaliseMessages(inputs: readonly MessageInput[], stepId: string, stepTime: Micros): Message[] {
  const idOf = idsByContent('message', stepId)
  return chronological(inputs.map((input) => normaliseMessage(input, stepTime, idOf)))
}

/** Equal to the step's when given (checked on the way in); the API writes them into each message when it is read. */
const SAID_BY_STEP = new Set(['step_id', 'run_id', 'agent_id'])

function normaliseMessage(input: MessageInput, stepTime: Micros, idOf: (content: unknown) => string): Message {
  const { id, role, content, created_at, ...rest } = input
  const message: Record<string, unknown> = {
    id: id ?? idOf({ ...input, id: null }),
    role,
    created_at: formatMicros(instant(created_at) ?? stepTime),
  }
  if (content != null) message.content = typeof content === 'string' ? [{ type: 'text', text: content }] : content
  for (const [key, value] of Object.entries(rest)) {
    if (value != null && !SAID_BY_STEP.has(key)) message[key] = value
  }
  return message as unknown as Message
}

function normaliseMetrics(input: StepInput['metrics']): StepMetrics | null {
  if (input == null) return null
  const metrics: StepMetrics = {}
  for (const name of METRIC_FIELD_NAMES) {
    const value = input[name]
    if (value != null) metrics[name] = typeof value === 'string' ? value : stringifyExact(value)
  }
  return metrics
}

function normaliseTraces(
  input: ProviderTraceInput | ProviderTraceInput[] | null | undefined,
  step: Pick<Step, 'id' | 'created_at'>,
): ProviderTrace[] {
  const inputs = input == null ? [] : Array.isArray(input) ? input : [input]
  const idOf = traceIds(step.id)
  return inputs
    .map((trace) => {
      const known = {
        created_at: instant(trace.created_at) ?? step.created_at,
        call_type: trace.call_type ?? null,
        source: trace.source ?? null,
        latency_ms: trace.latency_ms ?? null,
        agent_tags: trace.agent_tags ?? null,
        llm_config: trace.llm_config ?? null,
        compaction_settings: trace.compaction_settings ?? null,
        billing_context: trace.billing_context ?? null,
        request_json: trace.request_json,
        response_json: trace.response_json,
      }
      return { id: trace.id ?? idOf(known), ...known }
    })
    .toSorted((a, b) => a.created_at - b.created_at)
}

/** The ids of a step's traces that came without one, in their order. */
export function traceIds(stepId: string): (trace: Omit<ProviderTrace, 'id'>) => string {
  const idOf = idsByContent('provider_trace', stepId)
  return ({ request_json, response_json }) => idOf([request_json, response_json])
}
