/** What senders may write differently, what is refused, and what makes a whole body unusable. */
import { describe, expect, test } from 'vitest'
import { LedgerError } from '../../src/domain/errors.ts'
import { MAX_PARTS, MAX_VALUE_NESTING } from '../../src/in/otlp/wire/intake.ts'
import { decodeLogs, decodeSpans } from '../../src/in/otlp/wire/decode.ts'
import { field, nestedValue } from './mutate.ts'
import { logs, span, toProtobuf, TRACE_ID, traces, type Json } from './support.ts'

const json = (request: unknown) => decodeSpans(Buffer.from(JSON.stringify(request)), 'json')
const protobuf = (request: unknown) => decodeSpans(toProtobuf('traces', request), 'protobuf')
const fromText = (text: string) => decodeSpans(Buffer.from(text), 'json')

/** From both encodings, which must agree. */
function decoded(request: unknown) {
  const found = json(request)
  expect(protobuf(request)).toEqual(found)
  return found
}

function attribute(value: Json): string {
  const { spans } = decoded(traces(span(1, { attributes: [{ key: 'a', value }] })))
  return JSON.stringify(spans[0]?.attributes)
}

function failure(work: () => unknown): LedgerError {
  try {
    work()
  } catch (error) {
    if (error instanceof LedgerError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('values', () => {
  test.each([
    [{ stringValue: 'ä😀\0' }, '{"a":"ä😀\\u0000"}'],
    [{ stringValue: '' }, '{"a":""}'],
    [{ boolValue: false }, '{"a":false}'],
    [{ intValue: '0' }, '{"a":0}'],
    [{ intValue: '-1' }, '{"a":-1}'],
    [{ intValue: '9007199254740991' }, '{"a":9007199254740991}'],
    [{ intValue: '9007199254740993' }, '{"a":9007199254740993}'],
    [{ intValue: '9223372036854775807' }, '{"a":9223372036854775807}'],
    [{ intValue: '-9223372036854775808' }, '{"a":-9223372036854775808}'],
    [{ doubleValue: 0.1 }, '{"a":0.1}'],
    [{ doubleValue: 'NaN' }, '{"a":"NaN"}'],
    [{ doubleValue: '-Infinity' }, '{"a":"-Infinity"}'],
    [{ bytesValue: '+/8=' }, '{"a":"+/8="}'],
    [{ arrayValue: { values: [{ intValue: 1 }, {}, { arrayValue: {} }] } }, '{"a":[1,null,[]]}'],
    [{ kvlistValue: { values: [{ key: '__proto__', value: { intValue: 1 } }] } }, '{"a":{"__proto__":1}}'],
    [{ kvlistValue: {} }, '{"a":{}}'],
    [{}, '{"a":null}'],
  ])('%j', (value, flat) => {
    expect(attribute(value)).toBe(flat)
  })

  test.each([
    ['{"intValue": 12}', '12'],
    ['{"intValue": 9007199254740993}', '9007199254740993'],
    ['{"intValue": 1e3}', '1000'],
    ['{"intValue": "many"}', '"many"'],
    ['{"intValue": 1.5}', '1.5'],
    ['{"intValue": 1e400}', '"Infinity"'],
    ['{"doubleValue": "0.5"}', '0.5'],
    ['{"doubleValue": 12345678901234567890}', '12345678901234567000'],
    ['{"stringValue": 5}', '5'],
    ['{"stringValue": null, "boolValue": true}', 'true'],
    ['{"boolValue": "true"}', '"true"'],
    ['{"futureValue": 5}', 'null'],
    ['"bare"', '"bare"'],
    ['[1]', 'null'],
  ])('in JSON, %s', (value, flat) => {
    const request = JSON.stringify(traces(span(1, { attributes: '@' }))).replace(
      '"@"',
      `[{"key":"a","value":${value}}]`,
    )
    const { spans, rejected } = fromText(request)
    expect([JSON.stringify(spans[0]?.attributes.a), rejected]).toEqual([flat, []])
  })

  test('a name given twice keeps the later value, __proto__ is a name', () => {
    const attributes = [
      { key: 'a', value: { intValue: 1 } },
      { key: '__proto__', value: { stringValue: 'x' } },
      { key: 'a', value: { intValue: 2 } },
    ]
    const { spans } = decoded(traces(span(1, { attributes })))
    expect(JSON.stringify(spans[0]?.attributes)).toBe('{"a":2,"__proto__":"x"}')
  })
})

describe('fields of a span', () => {
  test('ids in any case, times as texts and as numbers, enums by name, null for absent', () => {
    const bodies = [
      span(1, { traceId: TRACE_ID.toUpperCase(), kind: 'SPAN_KIND_CLIENT', status: { code: 'STATUS_CODE_ERROR' } }),
      span(1, { startTimeUnixNano: '@', kind: '3', status: { code: 2, message: null }, events: null }),
      span(1, { status: { code: 'error' }, links: [{}], flags: 257, traceState: 'a=b', unknown: { deep: [1] } }),
    ]
    const [first, ...others] = bodies.map((body) =>
      fromText(JSON.stringify(traces(body)).replace('"@"', '1795226339562000001')),
    )
    expect(first?.spans[0]).toMatchObject({ traceId: TRACE_ID, kind: 3, statusCode: 2, startNs: 1795226339562000001n })
    for (const other of others) expect(other).toEqual(first)
  })

  test.each([undefined, '', '0000000000000000', '00'])('parent %j is a root', (parentSpanId) => {
    const { spans } = decoded(traces(span(1, parentSpanId === undefined ? {} : { parentSpanId })))
    expect(spans.map(({ parentId }) => parentId)).toEqual([null])
  })

  test('unknown numbers of enums are kept, unknown names are none', () => {
    expect(decoded(traces(span(1, { kind: 77 }))).spans[0]?.kind).toBe(77)
    expect(json(traces(span(1, { kind: 'SPAN_KIND_NEW' }))).spans[0]?.kind).toBe(0)
  })

  test('bad UTF-8 is replaced', () => {
    const body = toProtobuf('traces', traces(span(1, { name: 'chat ????' })))
    body.write('\xff\xc0', body.indexOf('????'), 'latin1')
    expect(decodeSpans(body, 'protobuf').spans[0]?.name).toBe('chat \ufffd\ufffd??')
    const text = Buffer.from(JSON.stringify(traces(span(1, { name: 'chat ????' }))))
    text.write('\xff\xc0', text.indexOf('????'), 'latin1')
    expect(decodeSpans(text, 'json').spans[0]?.name).toBe('chat \ufffd\ufffd??')
  })

  test('resource and scope may stand behind their spans', () => {
    const { resourceSpans } = traces(span(1))
    const [{ resource, scopeSpans }] = resourceSpans
    const part = (envelope: Json) => toProtobuf('traces', { resourceSpans: [envelope] })
    // An envelope's fields in the other order: each alone is a request of a tag, a length and the field.
    const [spans, behind] = [part({ scopeSpans }), part({ resource })].map((body) => body.subarray(bytesOfHead(body)))
    const body = field(1, Buffer.concat([spans as Buffer, behind as Buffer]))
    expect(decodeSpans(body, 'protobuf')).toEqual(json({ resourceSpans }))
  })
})

/** Tag and length. */
function bytesOfHead(body: Buffer): number {
  return body.findIndex((byte, i) => i > 0 && byte < 128) + 1
}

describe('refused spans, while the others are taken', () => {
  const good = span(9)

  test.each([
    ['no_trace_id', { traceId: '' }],
    ['no_trace_id', { traceId: '0'.repeat(32) }],
    ['no_span_id', { spanId: '0'.repeat(16) }],
    ['bad_id', { traceId: TRACE_ID.slice(2) }],
    ['bad_id', { spanId: `${TRACE_ID}${TRACE_ID}` }],
    ['no_start_time', { startTimeUnixNano: '0' }],
  ])('%s: %j', (reason, fields) => {
    const { spans, rejected } = decoded(traces(span(1, fields), good))
    expect(spans).toEqual(decoded(traces(good)).spans)
    expect(rejected).toMatchObject([{ reason, count: 1, sample: { name: 'chat 1', scope: 'lib' } }])
  })

  test.each([
    ['bad_id', { traceId: 'W47/95gDgQPSabYzgT/GDA==' }],
    ['bad_id', { spanId: 'eee19b7ec3c1b00g' }],
    ['no_start_time', { startTimeUnixNano: 'yesterday' }],
    ['no_start_time', { startTimeUnixNano: -5 }],
    ['no_start_time', { startTimeUnixNano: '18446744073709551616' }],
    ['malformed', { attributes: 'none' }],
    ['malformed', { attributes: [5] }],
    ['malformed', { name: ['x'] }],
    ['malformed', { events: { name: 'x' } }],
    ['malformed', { status: 2 }],
  ])('in JSON, %s: %j', (reason, fields) => {
    const { spans, rejected } = json(traces(span(1, fields), good))
    expect([spans.length, rejected]).toMatchObject([1, [{ reason, count: 1 }]])
  })

  test('what is no object at all', () => {
    expect(json(traces(5, null, 'span', good)).rejected).toMatchObject([
      { reason: 'malformed', count: 2, sample: { scope: 'lib', error: 'span: must be an object' } },
      { reason: 'no_trace_id', count: 1 },
    ])
  })

  test('a broken message with a good length', () => {
    const body = toProtobuf('traces', traces(span(1, { name: 'break me' }), good))
    // The name says that it is longer than the span.
    body[body.indexOf('break me') - 1] = 0xff
    const { spans, rejected } = decodeSpans(body, 'protobuf')
    expect([spans.length, rejected]).toMatchObject([1, [{ reason: 'malformed', count: 1, sample: { scope: 'lib' } }]])
  })

  test('one id for two different spans: the first stays; a resend in the same request passes', () => {
    const other = span(1, { name: 'other', startTimeUnixNano: '1795226339562000002' })
    const { spans, rejected } = decoded(traces(span(1), other, span(1), span(1, { name: 'renamed' })))
    expect(spans.map(({ name }) => name)).toEqual(['chat 1', 'chat 1', 'renamed'])
    expect(rejected).toMatchObject([{ reason: 'span_id_reused', count: 1, sample: { name: 'other' } }])
  })

  test('samples are short, and one for each reason', () => {
    const many = Array.from({ length: 50 }, (_, i) => span(i, { traceId: '', name: 'x'.repeat(10_000) }))
    const { rejected } = decoded(traces(...many))
    expect(rejected.map(({ count }) => count)).toEqual([50])
    expect(JSON.stringify(rejected).length).toBeLessThan(1000)
  })

  test('nesting up to the limit passes, beyond it the span is refused', () => {
    const deep = (levels: number) => {
      let value: Json = { intValue: 1 }
      for (let i = 0; i < levels; i++) value = { arrayValue: { values: [value] } }
      const attribute = field(9, Buffer.concat([field(1, Buffer.from('a')), field(2, nestedValue(levels))]))
      // protobufjs does not go so deep: the attribute is put into its span by hand.
      const rest = toProtobuf('traces', { resourceSpans: [{ scopeSpans: [{ spans: [span(1, { attributes: [] })] }] }] })
      const fields = rest.subarray(6)
      const body = field(1, field(2, Buffer.concat([field(2, Buffer.concat([fields, attribute]))])))
      const found = decodeSpans(body, 'protobuf')
      const attributes = [{ key: 'a', value }]
      expect(found).toEqual(json({ resourceSpans: [{ scopeSpans: [{ spans: [span(1, { attributes })] }] }] }))
      return found
    }
    expect(deep(MAX_VALUE_NESTING)).toMatchObject({ spans: [{ name: 'chat 1' }], rejected: [] })
    expect(deep(MAX_VALUE_NESTING + 1)).toMatchObject({ spans: [], rejected: [{ reason: 'too_deep', count: 1 }] })
  })
})

describe('log records', () => {
  const both = (request: unknown) => {
    const found = decodeLogs(Buffer.from(JSON.stringify(request)), 'json')
    expect(decodeLogs(toProtobuf('logs', request), 'protobuf')).toEqual(found)
    return found.records
  }

  test('the time seen counts without a time made; the name may be an attribute', () => {
    const attributes = [{ key: 'event.name', value: { stringValue: 'from.attribute' } }]
    const body = { kvlistValue: { values: [{ key: 'id', value: { intValue: '9007199254740993' } }] } }
    const [first, second, third] = both(
      logs(
        { observedTimeUnixNano: '5', attributes, body },
        { timeUnixNano: '4', observedTimeUnixNano: '5', eventName: 'own', attributes },
        { traceId: TRACE_ID, spanId: 'eee19b7ec3c1b174', body: { stringValue: 'text' } },
      ),
    )
    expect(first).toMatchObject({ timeNs: 5n, eventName: 'from.attribute', traceId: null, spanId: null })
    expect(JSON.stringify(first?.body)).toBe('{"id":9007199254740993}')
    expect(second).toMatchObject({ timeNs: 4n, eventName: 'own', body: null })
    expect(third).toMatchObject({ traceId: TRACE_ID, spanId: 'eee19b7ec3c1b174', body: 'text', eventName: '' })
  })

  test('the line that wrote a record is not its name', () => {
    const eventName = 'event otel/src/events/session_telemetry.rs:703'
    const attributes = [{ key: 'event.name', value: { stringValue: 'codex.user_prompt' } }]
    const records = both(logs({ timeUnixNano: '1', eventName, attributes }, { timeUnixNano: '2', eventName }))
    expect(records.map((record) => record.eventName)).toEqual(['codex.user_prompt', eventName])
  })

  test('bad ids make a record one of no span', () => {
    expect(both(logs({ traceId: '0'.repeat(32), spanId: 'ee' }))).toMatchObject([{ traceId: null, spanId: null }])
  })
})

describe('a whole body', () => {
  test.each(['{}', '', '{"resourceSpans":[]}', '{"resourceSpans":[{"scopeSpans":[{"spans":[]}]}]}', '{"other":1}'])(
    '%j holds nothing',
    (text) => {
      expect(fromText(text)).toEqual({ spans: [], rejected: [] })
    },
  )

  test('of no bytes holds nothing in protobuf; unknown fields are skipped', () => {
    expect(decodeSpans(Buffer.alloc(0), 'protobuf')).toEqual({ spans: [], rejected: [] })
    const group = [0x1b, 0x08, 0x01, 0x1c]
    expect(decodeSpans(Buffer.from([0x10, 0x05, ...group]), 'protobuf')).toEqual({ spans: [], rejected: [] })
  })

  test.each([
    ['[]', 'must be an object'],
    ['null?', 'is not JSON'],
    ['{"resourceSpans":5}', 'resourceSpans: must be an array'],
    ['{"resourceSpans":[5]}', 'resourceSpans: must be an object'],
    ['{"resourceSpans":[{"scopeSpans":{}}]}', 'scopeSpans: must be an array'],
    ['{"resourceSpans":[{"resource":{"attributes":{}}}]}', 'resource.attributes: must be an array'],
    ['{"resourceSpans":[', 'is not JSON'],
  ])('%s is unusable', (text, message) => {
    expect(failure(() => fromText(text))).toMatchObject({ code: 'invalid', message: expect.stringContaining(message) })
  })

  test('cut off anywhere, protobuf is unusable, and says where', () => {
    const body = toProtobuf('traces', traces(span(1)))
    for (let length = 1; length < body.length; length++) {
      expect(failure(() => decodeSpans(body.subarray(0, length), 'protobuf'))).toMatchObject({ code: 'invalid' })
    }
    expect(failure(() => decodeSpans(body.subarray(0, 50), 'protobuf')).message).toMatch(
      /body: is not an ExportTraceServiceRequest in protobuf: cut off at byte 50/,
    )
  })

  test('with more parts than memory should be taken for is too large, in either encoding', () => {
    const text = `{"resourceSpans":[${'{},'.repeat(MAX_PARTS)}{}]}`
    expect(failure(() => fromText(text)).code).toBe('too_large')
    const bytes = Buffer.alloc(2 * MAX_PARTS + 2, Buffer.from([10, 0]))
    expect(failure(() => decodeSpans(bytes, 'protobuf')).code).toBe('too_large')
    // Commas and brackets within texts are none.
    const harmless = JSON.stringify(traces(span(1, { name: '[{,\\",'.repeat(MAX_PARTS) })))
    expect(fromText(harmless).spans.length).toBe(1)
  })
})
