/**
 * From stored rows to the API's JSON text (contract, sections 3, 7.1, 8).
 *
 * Text is put together directly: what rests as JSON text is sent without being parsed, so a page costs little more
 * than reading it, and every digit stays as it was recorded.
 */
import { parseExact, stringifyExact, type JsonObject } from './domain/exact-json.ts'
import type { Run } from './domain/run.ts'
import { METRIC_FIELD_NAMES, STEP_FIELDS, STEP_FIELD_NAMES } from './domain/step.ts'
import { formatMicros } from './domain/time.ts'
import { MOST_BYTES } from './domain/utf8.ts'
import { PageBuffers, SMALLEST_BUFFER, type BytesToSend } from './page-buffers.ts'
import type { StepRow } from './store/step-row.ts'
import { TRACE_DOCUMENTS, type TraceRow } from './store/store.ts'

/** Needs escaping in JSON, or may. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/

function quoted(text: string): string {
  return ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`
}

const orNull = (text: string | null): string => (text === null ? 'null' : quoted(text))

/** Each field's key as it stands in the text, and whether its value is JSON text already. */
const FIELDS = STEP_FIELD_NAMES.map((name) => ({
  name,
  key: `,"${name}":`,
  unknown: `,"${name}":null`,
  isJson: STEP_FIELDS[name].kind === 'object',
}))

/** One step as JSON text. */
export function presentStep(row: StepRow): string {
  const pieces: string[] = []
  addStep(pieces, row)
  return pieces.join('')
}

/**
 * A page of steps as the bytes of JSON text. Each piece is encoded by itself: a text of all of them would be made of every
 * character again, and take two bytes for each as soon as one needs that.
 */
export function presentSteps(rows: readonly StepRow[]): BytesToSend {
  const pieces = ['[']
  for (const [i, row] of rows.entries()) {
    if (i > 0) pieces.push(',')
    addStep(pieces, row)
  }
  pieces.push(']')
  let most = 0
  for (const piece of pieces) most += piece.length * MOST_BYTES
  if (most <= SMALL) return { bytes: encoded(pieces, Buffer.allocUnsafe(most)) }
  // What may need a larger buffer than most is measured first: it seldom does.
  const needed = most <= SMALLEST_BUFFER ? most : bytesOf(pieces)
  if (needed > LARGEST_REUSED) return { bytes: encoded(pieces, Buffer.allocUnsafeSlow(needed)) }
  const buffer = buffers.take(needed)
  return { bytes: encoded(pieces, buffer), sent: () => buffers.giveBack(buffer) }
}

const buffers = new PageBuffers()
/** Up to here a buffer costs nothing. */
const SMALL = 16 * 1024
/** Larger pages have buffers of their own. */
const LARGEST_REUSED = 8 * 1024 * 1024

function bytesOf(pieces: readonly string[]): number {
  let bytes = 0
  for (const piece of pieces) bytes += Buffer.byteLength(piece)
  return bytes
}

function encoded(pieces: readonly string[], into: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
  let end = 0
  for (const piece of pieces) end += into.write(piece, end)
  return into.subarray(0, end)
}

/** The pieces of one step; of its stored messages only slices, which copy nothing. */
function addStep(pieces: string[], row: StepRow): void {
  let text = `{"id":"${row.id}","job_id":${orNull(row.run_id)}`
  for (const { name, key, unknown, isJson } of FIELDS) {
    const value = row[name]
    if (value === null) text += unknown
    else if (typeof value === 'number' || isJson) text += key + value
    else text += key + quoted(value)
  }
  text += `,"tags":${row.tags},"messages":[`
  // Each message is told its step, run and agent.
  const { messages } = row
  const opening = `{"step_id":"${row.id}","run_id":${orNull(row.run_id)},"agent_id":${orNull(row.agent_id)},`
  for (let start = 0; start < messages.length;) {
    const end = messages.indexOf('\n', start)
    pieces.push((start === 0 ? text : ',') + opening, messages.slice(start + 1, end < 0 ? undefined : end))
    start = end < 0 ? messages.length : end + 1
  }
  pieces.push(`${messages === '' ? text : ''}],"created_at":"${formatMicros(row.created_at)}"}`)
}

/** Contract, section 8.1; nanoseconds digit for digit. */
export function presentMetrics(row: StepRow, metrics: string): string {
  const { agent_id, run_id, provider_id, project_id } = row
  const unknown = Object.fromEntries(METRIC_FIELD_NAMES.map((name) => [name, null]))
  const recorded = parseExact(metrics) as JsonObject
  return stringifyExact({ id: row.id, agent_id, run_id, project_id, ...unknown, provider_id, ...recorded })
}

/** Contract, section 8.2. */
export function presentTrace(trace: TraceRow, step: StepRow): string {
  const plain = {
    id: trace.id,
    step_id: step.id,
    agent_id: step.agent_id,
    run_id: step.run_id,
    org_id: null,
    call_type: trace.call_type,
    source: trace.source,
    latency_ms: trace.latency_ms,
    created_at: formatMicros(trace.created_at),
    updated_at: null,
    created_by_id: null,
    last_updated_by_id: null,
  }
  return `${stringifyExact(plain).slice(0, -1)}${TRACE_DOCUMENTS.map((name) => `,"${name}":${trace[name] ?? 'null'}`).join('')}}`
}

/** Contract, section 7.1. */
export function presentRun(run: Run): string {
  const ended = run.status !== 'running'
  return stringifyExact({
    id: run.id,
    agent_id: run.agent_id,
    status: run.status,
    stop_reason: run.stop_reason,
    created_at: formatMicros(run.created_at),
    completed_at: ended ? formatMicros(run.ended_at) : null,
    background: null,
    conversation_id: null,
    base_template_id: null,
    metadata: null,
    request_config: null,
    callback_url: null,
    callback_sent_at: null,
    callback_status_code: null,
    callback_error: null,
    ttft_ns: null,
    total_duration_ns: ended ? JSON.rawJSON(durationNs(run)) : null,
  })
}

/** From the run's first step to its last end, as decimal text. */
export function durationNs(run: Run): string {
  return String(BigInt(run.ended_at - run.created_at) * 1000n)
}
