/** Requests from protobuf (opentelemetry-proto 1.x). Fields that are not in the tables are skipped. */
import { invalid, LedgerError } from '../../../domain/errors.ts'
import type { JsonObject, JsonValue } from '../../../domain/exact-json.ts'
import type { Scope, SpanEvent } from '../signal.ts'
import { Cursor, fixed64, lengthed, varint } from './cursor.ts'
import {
  emptyLog,
  emptySpan,
  Intake,
  plainDouble,
  setAttribute,
  type DecodedLogs,
  type DecodedSpans,
  type LogDraft,
  type SpanDraft,
} from './intake.ts'

/** The same numbers in traces and logs: a request of envelopes, an envelope of scopes, a scope of spans or records. */
const REQUEST = { envelopes: lengthed(1) }
const ENVELOPE = { resource: lengthed(1), scopes: lengthed(2) }
const SCOPED = { scope: lengthed(1), items: lengthed(2) }
const RESOURCE = { attributes: lengthed(1) }
const SCOPE = { name: lengthed(1), version: lengthed(2) }
const SPAN = {
  traceId: lengthed(1),
  spanId: lengthed(2),
  parentSpanId: lengthed(4),
  name: lengthed(5),
  kind: varint(6),
  startTimeUnixNano: fixed64(7),
  endTimeUnixNano: fixed64(8),
  attributes: lengthed(9),
  droppedAttributesCount: varint(10),
  events: lengthed(11),
  status: lengthed(15),
}
const EVENT = { timeUnixNano: fixed64(1), name: lengthed(2), attributes: lengthed(3) }
const STATUS = { message: lengthed(2), code: varint(3) }
const LOG = {
  timeUnixNano: fixed64(1),
  body: lengthed(5),
  attributes: lengthed(6),
  traceId: lengthed(9),
  spanId: lengthed(10),
  observedTimeUnixNano: fixed64(11),
  eventName: lengthed(12),
}
const KEY_VALUE = { key: lengthed(1), value: lengthed(2) }
const ANY_VALUE = {
  stringValue: lengthed(1),
  boolValue: varint(2),
  intValue: varint(3),
  doubleValue: fixed64(4),
  arrayValue: lengthed(5),
  kvlistValue: lengthed(6),
  bytesValue: lengthed(7),
}
/** Of an array and of a key-value list. */
const VALUES = lengthed(1)

/** @throws LedgerError `invalid` for a body that is no `ExportTraceServiceRequest`, `too_large` for too many parts */
export function spansFromProtobuf(body: Uint8Array): DecodedSpans {
  const intake = new Intake()
  read('ExportTraceServiceRequest', body, (at, end, scope, resource) => {
    const span = emptySpan(scope, resource)
    intake.span(span, () => at.alone(end, () => readSpan(at, end, span)))
  })
  return intake.spansResult()
}

/** @throws LedgerError `invalid` for a body that is no `ExportLogsServiceRequest`, `too_large` for too many parts */
export function logsFromProtobuf(body: Uint8Array): DecodedLogs {
  const intake = new Intake()
  read('ExportLogsServiceRequest', body, (at, end, scope, resource) => {
    const log = emptyLog(scope, resource)
    intake.log(log, () => at.alone(end, () => readLog(at, end, log)))
  })
  return intake.logsResult()
}

type Item = (at: Cursor, end: number, scope: Scope, resource: JsonObject) => void

function read(message: string, body: Uint8Array, item: Item): void {
  try {
    const at = new Cursor(body)
    for (let tag = at.next(body.length); tag !== 0; tag = at.next(body.length)) {
      if (tag === REQUEST.envelopes) readEnvelope(at, at.enter(), item)
      else at.skipField(tag)
    }
  } catch (error) {
    if (error instanceof LedgerError) throw error
    throw invalid(['body'], `is not an ${message} in protobuf: ${(error as Error).message}`, 'protobuf_invalid')
  }
}

/** The resource and the scope may stand behind what they describe, which therefore holds them before they are read. */
function readEnvelope(at: Cursor, end: number, item: Item): void {
  const resource: JsonObject = {}
  for (let tag = at.next(end); tag !== 0; tag = at.next(end)) {
    if (tag === ENVELOPE.resource) readResource(at, at.enter(), resource)
    else if (tag === ENVELOPE.scopes) readScoped(at, at.enter(), resource, item)
    else at.skipField(tag)
  }
}

function readScoped(at: Cursor, end: number, resource: JsonObject, item: Item): void {
  const scope = { name: '', version: '' }
  for (let tag = at.next(end); tag !== 0; tag = at.next(end)) {
    if (tag === SCOPED.scope) readScope(at, at.enter(), scope)
    else if (tag === SCOPED.items) item(at, at.enter(), scope, resource)
    else at.skipField(tag)
  }
}

function readResource(at: Cursor, end: number, resource: JsonObject): void {
  for (let tag = at.next(end); tag !== 0; tag = at.next(end)) {
    if (tag === RESOURCE.attributes) readKeyValue(at, at.enter(), resource)
    else at.skipField(tag)
  }
}

function readScope(at: Cursor, end: number, scope: { name: string; version: string }): void {
  for (let tag = at.next(end); tag !== 0; tag = at.next(end)) {
    if (tag === SCOPE.name) scope.name = at.string()
    else if (tag === SCOPE.version) scope.version = at.string()
    else at.skipField(tag)
  }
}

function readSpan(at: Cursor, end: number, span: SpanDraft): void {
  for (let tag = at.next(end); tag !== 0; tag = at.next(end)) {
    switch (tag) {
      case SPAN.traceId:
        span.traceId = at.hex()
        break
      case SPAN.spanId:
        span.spanId = at.hex()
        break
      case SPAN.parentSpanId:
        span.parentId = at.hex()
        break
      case SPAN.name:
        span.name = at.string()
        break
      case SPAN.kind:
        span.kind = at.int32()
        break
      case SPAN.startTimeUnixNano:
        span.startNs = at.nanos()
        break
      case SPAN.endTimeUnixNano:
        span.endNs = at.nanos()
        break
      case SPAN.attributes:
        readKeyValue(at, at.enter(), span.attributes)
        break
      case SPAN.droppedAttributesCount:
        span.droppedAttributes = at.uint32()
        break
      case SPAN.events:
        span.events.push(readEvent(at, at.enter()))
        break
      case SPAN.status:
        readStatus(at, at.enter(), span)
        break
      default:
        at.skipField(tag)
    }
  }
}

function readEvent(at: Cursor, end: number): SpanEvent {
  const attributes: JsonObject = {}
  const event = { name: '', timeNs: 0n, attributes }
  for (let tag = at.next(end); tag !== 0; tag = at.next(end)) {
    if (tag === EVENT.timeUnixNano) event.timeNs = at.nanos()
    else if (tag === EVENT.name) event.name = at.string()
    else if (tag === EVENT.attributes) readKeyValue(at, at.enter(), attributes)
    else at.skipField(tag)
  }
  return event
}

function readStatus(at: Cursor, end: number, span: SpanDraft): void {
  for (let tag = at.next(end); tag !== 0; tag = at.next(end)) {
    if (tag === STATUS.message) span.statusMessage = at.string()
    else if (tag === STATUS.code) span.statusCode = at.int32()
    else at.skipField(tag)
  }
}

function readLog(at: Cursor, end: number, log: LogDraft): void {
  for (let tag = at.next(end); tag !== 0; tag = at.next(end)) {
    switch (tag) {
      case LOG.timeUnixNano:
        log.timeNs = at.nanos()
        break
      case LOG.observedTimeUnixNano:
        log.observedNs = at.nanos()
        break
      case LOG.traceId:
        log.traceId = at.hex()
        break
      case LOG.spanId:
        log.spanId = at.hex()
        break
      case LOG.eventName:
        log.eventName = at.string()
        break
      case LOG.body:
        log.body = readAnyValue(at, at.enter())
        break
      case LOG.attributes:
        readKeyValue(at, at.enter(), log.attributes)
        break
      default:
        at.skipField(tag)
    }
  }
}

function readKeyValue(at: Cursor, end: number, attributes: JsonObject): void {
  let key = ''
  let value: JsonValue = null
  for (let tag = at.next(end); tag !== 0; tag = at.next(end)) {
    if (tag === KEY_VALUE.key) key = at.string()
    else if (tag === KEY_VALUE.value) value = readAnyValue(at, at.enter())
    else at.skipField(tag)
  }
  setAttribute(attributes, key, value)
}

function readAnyValue(at: Cursor, end: number): JsonValue {
  let value: JsonValue = null
  for (let tag = at.next(end); tag !== 0; tag = at.next(end)) {
    switch (tag) {
      case ANY_VALUE.stringValue:
        value = at.string()
        break
      case ANY_VALUE.boolValue:
        value = at.bool()
        break
      case ANY_VALUE.intValue:
        value = at.integer()
        break
      case ANY_VALUE.doubleValue:
        value = plainDouble(at.double())
        break
      case ANY_VALUE.arrayValue:
        value = at.deeper((listEnd) => readArray(at, listEnd))
        break
      case ANY_VALUE.kvlistValue:
        value = at.deeper((listEnd) => readList(at, listEnd))
        break
      case ANY_VALUE.bytesValue:
        value = at.base64()
        break
      default:
        at.skipField(tag)
    }
  }
  return value
}

function readArray(at: Cursor, end: number): JsonValue[] {
  const values: JsonValue[] = []
  for (let tag = at.next(end); tag !== 0; tag = at.next(end)) {
    if (tag === VALUES) values.push(readAnyValue(at, at.enter()))
    else at.skipField(tag)
  }
  return values
}

function readList(at: Cursor, end: number): JsonObject {
  const values: JsonObject = {}
  for (let tag = at.next(end); tag !== 0; tag = at.next(end)) {
    if (tag === VALUES) readKeyValue(at, at.enter(), values)
    else at.skipField(tag)
  }
  return values
}
