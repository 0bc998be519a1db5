/**
 * Requests from OTLP/JSON. Lenient where senders differ and nothing is lost by it: numbers as texts and texts as
 * numbers, enums by name, null for an absent field (mapping, section 2.1). Unknown fields are ignored.
 */
import { invalid } from '../../../domain/errors.ts'
import { parseExact, type JsonObject, type JsonValue } from '../../../domain/exact-json.ts'
import type { Scope, SpanEvent } from '../signal.ts'
import {
  emptyLog,
  emptySpan,
  Intake,
  MAX_PARTS,
  Refusal,
  tooManyParts,
  type DecodedLogs,
  type DecodedSpans,
  type LogDraft,
  type SpanDraft,
} from './intake.ts'
import { count, enumOf, id, list, nanos, object, text } from './json-fields.ts'
import { anyValue, attributesFrom } from './json-values.ts'

/** @throws LedgerError `invalid` for a body that is no `ExportTraceServiceRequest`, `too_large` for too many parts */
export function spansFromJson(body: Uint8Array): DecodedSpans {
  const intake = new Intake()
  read(body, ['resourceSpans', 'scopeSpans', 'spans'], (value, scope, resource) => {
    const span = emptySpan(scope, resource)
    intake.span(span, () => readSpan(value, span))
  })
  return intake.spansResult()
}

/** @throws LedgerError `invalid` for a body that is no `ExportLogsServiceRequest`, `too_large` for too many parts */
export function logsFromJson(body: Uint8Array): DecodedLogs {
  const intake = new Intake()
  read(body, ['resourceLogs', 'scopeLogs', 'logRecords'], (value, scope, resource) => {
    const log = emptyLog(scope, resource)
    intake.log(log, () => readLog(value, log))
  })
  return intake.logsResult()
}

type Item = (value: JsonValue, scope: Scope, resource: JsonObject) => void

function read(body: Uint8Array, [envelopes, scopes, items]: readonly [string, string, string], item: Item): void {
  const request = parse(body)
  try {
    for (const envelope of list(object(request, 'the request')[envelopes], envelopes)) {
      const { resource, [scopes]: scopedItems } = object(envelope, envelopes)
      const attributes = attributesFrom(object(resource, 'resource').attributes, 'resource.attributes')
      for (const scoped of list(scopedItems, scopes)) {
        const { scope, [items]: values } = object(scoped, scopes)
        const { name, version } = object(scope, 'scope')
        const from = { name: text(name, 'scope.name'), version: text(version, 'scope.version') }
        for (const value of list(values, items)) item(value, from, attributes)
      }
    }
  } catch (error) {
    // Items are refused one by one; what is wrong around them makes the whole body unusable.
    throw error instanceof Refusal ? invalid(['body'], error.message) : error
  }
}

const utf8 = new TextDecoder('utf-8')
/** An integer of 16 digits and more outside of a text, of which parsing could lose some. Wrong on the safe side. */
const LONG_INTEGER = /[:,[]\s*-?\d{16}/

function parse(body: Uint8Array): JsonValue {
  // Every part has a bracket or a comma of its own, so a shorter body cannot hold too many.
  if (body.length > MAX_TOKENS) countTokens(body)
  try {
    const json = utf8.decode(body)
    if (json === '') return {}
    // Doubles may be rounded to doubles, and times are texts of 19 digits: parseExact's own check would always hit.
    return LONG_INTEGER.test(json) ? parseExact(json) : (JSON.parse(json) as JsonValue)
  } catch (error) {
    throw invalid(['body'], `is not JSON: ${(error as Error).message}`, 'json_invalid')
  }
}

/** Brackets and commas: an attribute takes four of them, where protobuf has two parts. */
const MAX_TOKENS = 2 * MAX_PARTS
const [QUOTE, BACKSLASH, COMMA, BRACKET, BRACE] = [0x22, 0x5c, 0x2c, 0x5b, 0x7b] as const

/** Before parsing: afterwards the memory is taken. */
function countTokens(body: Uint8Array): void {
  let tokens = 0
  for (let at = 0; at < body.length; at++) {
    const byte = body[at]
    if (byte === QUOTE) at = closingQuote(body, at)
    else if (byte === COMMA || byte === BRACKET || byte === BRACE) tokens++
  }
  if (tokens > MAX_TOKENS) throw tooManyParts()
}

/** The position of the quote that ends the text beginning at `open`, or the body's end. */
function closingQuote(body: Uint8Array, open: number): number {
  for (let close = body.indexOf(QUOTE, open + 1); close >= 0; close = body.indexOf(QUOTE, close + 1)) {
    let before = close
    while (body[before - 1] === BACKSLASH) before--
    if ((close - before) % 2 === 0) return close
  }
  return body.length
}

const SPAN_KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']
const STATUS_CODES = ['UNSET', 'OK', 'ERROR']

function readSpan(value: JsonValue, span: SpanDraft): void {
  const fields = object(value, 'span')
  span.traceId = id(fields.traceId, 'traceId')
  span.spanId = id(fields.spanId, 'spanId')
  span.parentId = id(fields.parentSpanId, 'parentSpanId')
  span.name = text(fields.name, 'name')
  span.kind = enumOf(fields.kind, SPAN_KINDS, 'SPAN_KIND_')
  span.startNs = nanos(fields.startTimeUnixNano)
  span.endNs = nanos(fields.endTimeUnixNano)
  span.attributes = attributesFrom(fields.attributes, 'attributes')
  span.droppedAttributes = count(fields.droppedAttributesCount)
  for (const event of list(fields.events, 'events')) span.events.push(readEvent(event))
  const status = object(fields.status, 'status')
  span.statusCode = enumOf(status.code, STATUS_CODES, 'STATUS_CODE_')
  span.statusMessage = text(status.message, 'status.message')
}

function readEvent(value: JsonValue): SpanEvent {
  const fields = object(value, 'event')
  return {
    name: text(fields.name, 'event.name'),
    timeNs: nanos(fields.timeUnixNano),
    attributes: attributesFrom(fields.attributes, 'event.attributes'),
  }
}

function readLog(value: JsonValue, log: LogDraft): void {
  const fields = object(value, 'log record')
  log.traceId = id(fields.traceId, 'traceId')
  log.spanId = id(fields.spanId, 'spanId')
  log.timeNs = nanos(fields.timeUnixNano)
  log.observedNs = nanos(fields.observedTimeUnixNano)
  log.eventName = text(fields.eventName, 'eventName')
  log.body = anyValue(fields.body)
  log.attributes = attributesFrom(fields.attributes, 'attributes')
}
