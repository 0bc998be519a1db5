/** Every body that a real instrumentation sent is decoded to what it held, from either encoding. */
import { describe, expect, test } from 'vitest'
import { decodeLogs, decodeSpans } from '../../src/in/otlp/wire/decode.ts'
import { capturedRequests, toProtobuf, type Json } from './support.ts'

const requests = capturedRequests()

describe.skipIf(requests.length === 0)('captures', () => {
  const traces = requests.filter(({ signal }) => signal === 'traces')
  const logs = requests.filter(({ signal }) => signal === 'logs')

  test.each(traces)('spans of $name', ({ body, encoding, decoded }) => {
    const expected = { spans: spansIn(decoded), rejected: [] }
    expect(decodeSpans(body, encoding)).toEqual(expected)
    expect(decodeSpans(Buffer.from(JSON.stringify(decoded)), 'json')).toEqual(expected)
    expect(decodeSpans(toProtobuf('traces', decoded), 'protobuf')).toEqual(expected)
  })

  test.each(logs)('records of $name', ({ body, encoding, decoded }) => {
    const expected = { records: recordsIn(decoded), rejected: [] }
    expect(expected.records.length).toBeGreaterThan(0)
    expect(decodeLogs(body, encoding)).toEqual(expected)
    expect(decodeLogs(Buffer.from(JSON.stringify(decoded)), 'json')).toEqual(expected)
    expect(decodeLogs(toProtobuf('logs', decoded), 'protobuf')).toEqual(expected)
  })
})

/** The plainest reading of OTLP/JSON as the captures have it, to compare with. */
function spansIn({ resourceSpans }: Json) {
  return resourceSpans.flatMap(({ resource, scopeSpans }: Json) =>
    scopeSpans.flatMap(({ scope, spans }: Json) =>
      spans.map((span: Json) => ({
        traceId: span.traceId,
        spanId: span.spanId,
        parentId: span.parentSpanId || null,
        name: span.name,
        kind: span.kind ?? 0,
        startNs: BigInt(span.startTimeUnixNano),
        endNs: BigInt(span.endTimeUnixNano),
        statusCode: span.status?.code ?? 0,
        statusMessage: span.status?.message ?? '',
        attributes: attributes(span.attributes),
        droppedAttributes: span.droppedAttributesCount ?? 0,
        events: (span.events ?? []).map((event: Json) => ({
          name: event.name,
          timeNs: BigInt(event.timeUnixNano),
          attributes: attributes(event.attributes),
        })),
        scope: { name: scope.name, version: scope.version ?? '' },
        resource: attributes(resource?.attributes),
      })),
    ),
  )
}

function recordsIn({ resourceLogs }: Json) {
  return resourceLogs.flatMap(({ resource, scopeLogs }: Json) =>
    scopeLogs.flatMap(({ scope, logRecords }: Json) =>
      logRecords.map((record: Json) => ({
        traceId: record.traceId || null,
        spanId: record.spanId || null,
        timeNs: BigInt(record.timeUnixNano ?? record.observedTimeUnixNano),
        eventName: record.eventName || attributes(record.attributes)['event.name'] || '',
        body: record.body === undefined ? null : plain(record.body),
        attributes: attributes(record.attributes),
        scope: { name: scope.name, version: scope.version ?? '' },
        resource: attributes(resource?.attributes),
      })),
    ),
  )
}

function attributes(list: Json[] = []): Json {
  return Object.fromEntries(list.map(({ key, value }) => [key, plain(value)]))
}

function plain({ stringValue, boolValue, intValue, doubleValue, arrayValue, kvlistValue }: Json): unknown {
  if (arrayValue) return (arrayValue.values ?? []).map(plain)
  if (kvlistValue) return attributes(kvlistValue.values)
  if (intValue !== undefined) return Number(intValue)
  return stringValue ?? boolValue ?? doubleValue ?? null
}
