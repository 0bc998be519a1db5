/** A step as `POST /v1/steps` takes it: what an export holds, one a line. */
import { isJsonObject, stringifyExact, type JsonObject, type JsonValue } from '../../domain/exact-json.ts'
import { METRIC_FIELD_NAMES, STEP_FIELDS, STEP_FIELD_NAMES } from '../../domain/step.ts'
import { formatMicros } from '../../domain/time.ts'
import { VERSION } from '../../version.ts'
import type { StepRow } from '../../store/step-row.ts'
import { TRACE_DOCUMENTS, type TraceRow } from '../../store/store.ts'

/** The form of the lines; a reader refuses one that it does not know. */
const FORM = 1

/** The first line of an export. */
export const EXPORT_HEADER = stringifyExact({ stepledger_export: FORM, version: VERSION })

const TRACE_WORDS = ['call_type', 'source', 'latency_ms'] as const

/**
 * A stored step as one line of JSON. What rests as JSON text is copied as it stands, so that no digit changes;
 * what is not known is left out.
 */
export function recordOf(row: StepRow, traces: readonly TraceRow[]): string {
  const parts = [`"id":"${row.id}"`, `"created_at":"${formatMicros(row.created_at)}"`]
  for (const name of STEP_FIELD_NAMES) {
    const value = row[name]
    if (value === null) continue
    parts.push(`"${name}":${STEP_FIELDS[name].kind === 'object' ? value : stringifyExact(value)}`)
  }
  if (row.tags !== '[]') parts.push(`"tags":${row.tags}`)
  if (row.messages !== '') parts.push(`"messages":[${row.messages.replaceAll('\n', ',')}]`)
  if (row.metrics !== null) parts.push(`"metrics":${row.metrics}`)
  if (traces.length > 0) parts.push(`"provider_trace":[${traces.map(traceRecord).join(',')}]`)
  return `{${parts.join(',')}}`
}

function traceRecord(trace: TraceRow): string {
  const parts = [`"id":"${trace.id}"`, `"created_at":"${formatMicros(trace.created_at)}"`]
  for (const name of TRACE_WORDS) if (trace[name] !== null) parts.push(`"${name}":${stringifyExact(trace[name])}`)
  for (const name of TRACE_DOCUMENTS) if (trace[name] !== null) parts.push(`"${name}":${trace[name]}`)
  return `{${parts.join(',')}}`
}

/**
 * The same from the API's answers, where the ledger is another's: what the API adds is taken away again.
 * @param metrics, trace null = none was recorded
 */
export function recordOfApi(step: JsonObject, metrics: JsonObject | null, trace: JsonObject | null): string {
  const messages = Array.isArray(step.messages) ? step.messages.filter(isJsonObject) : []
  return stringifyExact({
    id: step.id,
    created_at: step.created_at,
    ...known(step, STEP_FIELD_NAMES),
    ...(isFilled(step.tags) && { tags: step.tags }),
    ...(messages.length > 0 && { messages: messages.map(ownOfMessage) }),
    ...(metrics && { metrics: ownOfMetrics(metrics, step) }),
    ...(trace && { provider_trace: [known(trace, ['id', 'created_at', ...TRACE_WORDS, ...TRACE_DOCUMENTS])] }),
  })
}

/** The named entries that are not null, in this order. */
function known(object: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(names.flatMap((name) => (object[name] == null ? [] : [[name, object[name]]])))
}

function isFilled(value: JsonValue | undefined): boolean {
  return Array.isArray(value) && value.length > 0
}

function ownOfMessage({ step_id: _step, run_id: _run, agent_id: _agent, ...own }: JsonObject): JsonObject {
  return own
}

/** The API shows the step's provider where the metrics name none. */
function ownOfMetrics(metrics: JsonObject, step: JsonObject): JsonObject {
  const names = METRIC_FIELD_NAMES.filter((name) => name !== 'provider_id' || metrics[name] !== step[name])
  return known(metrics, names)
}
