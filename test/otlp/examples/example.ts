/** Hand-made telemetry in the shape of a dialect that no capture has, and the steps it must become. */
import type { JsonValue } from '../../../src/domain/exact-json.ts'
import type { LogRecord, Span, SpanEvent } from '../../../src/in/otlp/signal.ts'
import type { Arrival } from '../kept.ts'

export interface ExpectedStep {
  /** Of the span that is the step; of a record null. */
  span: string | null
  /** Columns of the step, compared as far as they are named. */
  fields: Record<string, unknown>
  /** What stands beside the columns. */
  telemetry?: Record<string, unknown>
  /** The whole request and answer, as `role: part` lines. */
  asked?: string[]
  answered?: string[]
  /** Only the messages that the step itself shows. */
  shown?: string[]
  /** Whole-step details, for what has no column. */
  request?: Record<string, unknown>
  response?: Record<string, unknown>
}

export interface Example {
  name: string
  requests: Arrival[]
  /** Its records are of one moment, and nothing but their arrival tells their order (mapping, section 9.4). */
  isOrderedByArrival?: true
  steps: ExpectedStep[]
}

export const TRACE = '0af7651916cd43dd8448eb211c80319c'
const START = 1_795_226_300_000_000_000n

type Attributes = Record<string, JsonValue>

interface SpanOptions {
  parent?: string
  /** Milliseconds from the beginning of the trace. */
  at?: number
  ms?: number
  trace?: string
  scope?: string
  version?: string
  resource?: Attributes
  status?: { code: number; message?: string }
  events?: SpanEvent[]
  kind?: number
  dropped?: number
}

/** A span id of 16 digits from a short name. */
export function spanId(name: string): string {
  return Buffer.from(name).toString('hex').padEnd(16, '0').slice(0, 16)
}

export function ns(ms: number): bigint {
  return START + BigInt(Math.round(ms * 1e6))
}

export function span(id: string, name: string, attributes: Attributes, options: SpanOptions = {}): Span {
  const { at = 0, ms = 10 } = options
  return {
    traceId: options.trace ?? TRACE,
    spanId: spanId(id),
    parentId: options.parent === undefined ? null : spanId(options.parent),
    name,
    kind: options.kind ?? 1,
    startNs: ns(at),
    endNs: ns(at + ms),
    statusCode: options.status?.code ?? 0,
    statusMessage: options.status?.message ?? '',
    attributes,
    droppedAttributes: options.dropped ?? 0,
    events: options.events ?? [],
    scope: { name: options.scope ?? 'test', version: options.version ?? '1.0.0' },
    resource: options.resource ?? { 'service.name': 'app' },
  }
}

export function event(name: string, attributes: Attributes, at = 0): SpanEvent {
  return { name, timeNs: ns(at), attributes }
}

export function exception(type: string, message: string): SpanEvent {
  return event('exception', { 'exception.type': type, 'exception.message': message })
}

export function log(
  eventName: string,
  attributes: Attributes,
  options: Partial<LogRecord> & { at?: number } = {},
): LogRecord {
  const { at = 0, ...rest } = options
  return {
    traceId: null,
    spanId: null,
    timeNs: ns(at),
    eventName,
    body: null,
    attributes,
    scope: { name: 'test', version: '' },
    resource: {},
    ...rest,
  }
}

export function spans(...all: Span[]): Arrival[] {
  return [{ spans: all, logs: [] }]
}

export function logs(...all: LogRecord[]): Arrival[] {
  return [{ spans: [], logs: all }]
}

export function json(value: unknown): string {
  return JSON.stringify(value)
}
