/** The rules for what is taken from a request, the same for protobuf and JSON (mapping, sections 1.2, 2.1 and 11.8). */
import { LedgerError } from '../../../domain/errors.ts'
import { MAX_NESTING, type JsonObject, type JsonValue } from '../../../domain/exact-json.ts'
import type { RejectReason } from '../../../domain/ingest.ts'
import { Refusals, type Rejected } from '../rejected.ts'
import type { Attributes, LogRecord, Span, SpanEvent } from '../signal.ts'

export interface DecodedSpans {
  spans: Span[]
  rejected: Rejected[]
}

export interface DecodedLogs {
  records: LogRecord[]
  rejected: Rejected[]
}

type Draft<T> = { -readonly [K in keyof T]: T[K] }
/** A span while it is read: ids in lower case and unchecked, attributes and events to be added to. */
export type SpanDraft = Omit<Draft<Span>, 'parentId' | 'attributes' | 'events'> & {
  parentId: string
  attributes: JsonObject
  events: SpanEvent[]
}
export type LogDraft = Omit<Draft<LogRecord>, 'traceId' | 'spanId' | 'attributes'> & {
  traceId: string
  spanId: string
  attributes: JsonObject
  /** When the record was seen; counts when it does not say when it was made. */
  observedNs: bigint
}

/** How deep an attribute's value may be nested: leaves room for what a step puts around it. */
export const MAX_VALUE_NESTING = MAX_NESTING - 50

/**
 * The most parts that one body may hold: spans, events, attributes, array items. Each takes memory that has nothing to
 * do with its size on the wire, where two bytes are enough. 64 MiB of lean but honest spans hold about half of it.
 */
export const MAX_PARTS = 2_000_000

export function tooManyParts(): LedgerError {
  return new LedgerError(
    'too_large',
    `The request holds more than ${MAX_PARTS} spans, events, attributes and values; send smaller batches`,
  )
}

/** A span or log record that cannot be taken, while its neighbours can. */
export class Refusal extends Error {
  readonly reason: RejectReason

  constructor(reason: RejectReason, detail: string) {
    super(detail)
    this.reason = reason
  }
}

export function emptySpan(scope: Span['scope'], resource: Attributes): SpanDraft {
  return {
    traceId: '',
    spanId: '',
    parentId: '',
    name: '',
    kind: 0,
    startNs: 0n,
    endNs: 0n,
    statusCode: 0,
    statusMessage: '',
    attributes: {},
    droppedAttributes: 0,
    events: [],
    scope,
    resource,
  }
}

export function emptyLog(scope: LogRecord['scope'], resource: Attributes): LogDraft {
  return {
    traceId: '',
    spanId: '',
    timeNs: 0n,
    observedNs: 0n,
    eventName: '',
    body: null,
    attributes: {},
    scope,
    resource,
  }
}

/** Sets an attribute; a later one of the same name wins. `__proto__` is a name like any other. */
export function setAttribute(attributes: JsonObject, key: string, value: JsonValue): void {
  if (key === '__proto__') {
    Object.defineProperty(attributes, key, { value, enumerable: true, configurable: true, writable: true })
  } else attributes[key] = value
}

/** JSON has no word for three doubles; they become the texts by which OTLP/JSON and protobuf's own JSON know them. */
export function plainDouble(value: number): number | string {
  return Number.isFinite(value) ? value : String(value)
}

/** Takes what can be taken, and remembers the rest by reason. */
export class Intake {
  private readonly spans: Span[] = []
  private readonly records: LogRecord[] = []
  private readonly refusals = new Refusals()
  private readonly seen = new Map<string, SpanDraft>()

  span(draft: SpanDraft, read: () => void): void {
    try {
      read()
    } catch (error) {
      return this.refuse(error, draft)
    }
    const reason = faultOf(draft) ?? this.reused(draft)
    if (reason) return this.refusals.add(reason, () => sampleOf(draft))
    this.spans.push(Object.assign(draft, { parentId: idOrNull(draft.parentId, SPAN_ID) }))
  }

  log(draft: LogDraft, read: () => void): void {
    try {
      read()
    } catch (error) {
      return this.refuse(error, draft)
    }
    const { observedNs, ...record } = draft
    this.records.push({
      ...record,
      // Without a valid pair of ids a record is one of no span; it is not refused for that.
      traceId: idOrNull(draft.traceId, TRACE_ID),
      spanId: idOrNull(draft.spanId, SPAN_ID),
      timeNs: draft.timeNs || observedNs,
      eventName: nameOf(draft),
    })
  }

  spansResult(): DecodedSpans {
    return { spans: this.spans, rejected: this.refusals.list() }
  }

  logsResult(): DecodedLogs {
    return { records: this.records, rejected: this.refusals.list() }
  }

  private refuse(error: unknown, draft: SpanDraft | LogDraft): void {
    if (!(error instanceof Refusal)) throw error
    this.refusals.add(error.reason, () => ({ ...sampleOf(draft), error: error.message }))
  }

  /** Mapping, 11.8: one id for two different spans. The same span twice is a resend and none of its business. */
  private reused(draft: SpanDraft): RejectReason | null {
    const key = draft.traceId + draft.spanId
    const first = this.seen.get(key)
    if (!first) this.seen.set(key, draft)
    return first && first.name !== draft.name && first.startNs !== draft.startNs ? 'span_id_reused' : null
  }
}

const TRACE_ID = /^[0-9a-f]{32}$/
const SPAN_ID = /^[0-9a-f]{16}$/
const ZEROS = /^0*$/

function faultOf({ traceId, spanId, startNs }: SpanDraft): RejectReason | null {
  if (ZEROS.test(traceId)) return 'no_trace_id'
  if (ZEROS.test(spanId)) return 'no_span_id'
  if (!TRACE_ID.test(traceId) || !SPAN_ID.test(spanId)) return 'bad_id'
  return startNs === 0n ? 'no_start_time' : null
}

function idOrNull(id: string, form: RegExp): string | null {
  return form.test(id) && !ZEROS.test(id) ? id : null
}

function sampleOf(draft: SpanDraft | LogDraft): Record<string, string> {
  const name = 'name' in draft ? draft.name : draft.eventName
  return { trace_id: draft.traceId, span_id: draft.spanId, name, scope: draft.scope.name }
}

/** Rust's tracing names a record after the line that wrote it: `event src/main.rs:12`. */
const WRITTEN_AT = /^event \S+:\d+$/

/** The field is newer than the attribute. */
function nameOf({ eventName, attributes }: { eventName: string; attributes: Attributes }): string {
  const named = attributes['event.name']
  const own = WRITTEN_AT.test(eventName) ? '' : eventName
  return own || (typeof named === 'string' && named) || eventName
}
