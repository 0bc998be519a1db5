/** Broken request bodies, the same for the same seed. */
import { capturedRequests, logs, span, toProtobuf, traces, type Json } from './support.ts'

export interface FuzzBody {
  signal: 'traces' | 'logs'
  encoding: 'protobuf' | 'json'
  bytes: Buffer<ArrayBuffer>
}

export type Random = () => number

/** Mulberry32: from 0 up to 1. */
export function randomFrom(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const LARGEST_SEED = 8_000

/** Good bodies to begin with: small ones of every shape, and the captures that are not long. */
export function goodBodies(): FuzzBody[] {
  const values = [
    { stringValue: 'text ä😀' },
    { intValue: '9223372036854775807' },
    { doubleValue: 0.1 },
    { boolValue: true },
    { bytesValue: 'AAEC' },
    { arrayValue: { values: [{ stringValue: 'a' }, { kvlistValue: { values: [{ key: 'k', value: {} }] } }] } },
  ]
  const attributes = values.map((value, i) => ({ key: `key.${i}`, value }))
  const event = { timeUnixNano: '5', name: 'exception', attributes }
  const full = span(1, { attributes, events: [event, event], status: { code: 2, message: 'no' }, flags: 257 })
  const record = { timeUnixNano: '5', body: values[5], attributes, eventName: 'e', traceId: full['traceId'] }
  const made: ['traces' | 'logs', Json][] = [
    ['traces', traces(full, span(2))],
    ['traces', { resourceSpans: [...traces(full).resourceSpans, ...traces(span(3)).resourceSpans] }],
    ['logs', logs(record, record)],
  ]
  const captured = capturedRequests().map(({ signal, decoded }) => [signal, decoded] as ['traces' | 'logs', Json])
  return [...made, ...captured]
    .flatMap(([signal, request]): FuzzBody[] => [
      { signal, encoding: 'json', bytes: Buffer.from(JSON.stringify(request)) },
      { signal, encoding: 'protobuf', bytes: toProtobuf(signal, request) },
    ])
    .filter(({ bytes }) => bytes.length < LARGEST_SEED)
}

/** One to three things wrong with a good body; now and then it is sent as something else. */
export function mutated(good: FuzzBody, random: Random): FuzzBody {
  let { bytes } = good
  const own = good.encoding === 'json' ? JSON_CHANGES : PROTOBUF_CHANGES
  for (let times = pick(random, [1, 1, 1, 2, 3]); times > 0; times--) {
    const change = pick(random, random() < 0.5 ? own : BYTE_CHANGES)
    bytes = change(bytes, random)
  }
  const crossed = random() < 0.02
  return {
    bytes,
    signal: random() < 0.05 ? 'logs' : good.signal,
    encoding: crossed ? (good.encoding === 'json' ? 'protobuf' : 'json') : good.encoding,
  }
}

type Change = (bytes: Buffer<ArrayBuffer>, random: Random) => Buffer<ArrayBuffer>

const at = (random: Random, below: number): number => Math.floor(random() * below)
const pick = <T>(random: Random, list: readonly T[]): T => list[at(random, list.length)] as T

const ODD_BYTES = [0, 1, 7, 0x0a, 0x22, 0x2c, 0x5b, 0x5c, 0x7b, 0x7f, 0x80, 0xc0, 0xe2, 0xed, 0xf8, 0xff]
const HUGE_LENGTHS = ['ffffffff0f', 'ffffffffffffffffff01', '8080808008', 'ff7f', 'ffffffffffffffffffffff'].map((hex) =>
  Buffer.from(hex, 'hex'),
)

const BYTE_CHANGES: Change[] = [
  // Cut off.
  (bytes, random) => bytes.subarray(0, at(random, bytes.length + 1)),
  // One byte changed, one bit changed.
  (bytes, random) => replaced(bytes, at(random, bytes.length), 1, Buffer.from([pick(random, ODD_BYTES)])),
  (bytes, random) => {
    const place = at(random, bytes.length)
    return replaced(bytes, place, 1, Buffer.from([(bytes[place] ?? 0) ^ (1 << at(random, 8))]))
  },
  // Some bytes lost, doubled, moved, made up.
  (bytes, random) => replaced(bytes, at(random, bytes.length), at(random, 40), Buffer.alloc(0)),
  (bytes, random) => {
    const from = at(random, bytes.length)
    const part = bytes.subarray(from, from + at(random, 200))
    return replaced(bytes, at(random, bytes.length), 0, Buffer.concat(Array<Buffer>(1 + at(random, 20)).fill(part)))
  },
  (bytes, random) => {
    const noise = Buffer.from(Array.from({ length: at(random, 30) }, () => at(random, 256)))
    return replaced(bytes, at(random, bytes.length), 0, noise)
  },
]

const nestedEnvelopes = [1, 100, 449, 450, 451, 1500].map((levels) => envelope(nestedValue(levels)))

const PROTOBUF_CHANGES: Change[] = [
  // A length or a count that is far too large.
  (bytes, random) => replaced(bytes, at(random, bytes.length), 1, pick(random, HUGE_LENGTHS)),
  // Another wire type or field number.
  (bytes, random) => {
    const place = at(random, bytes.length)
    return replaced(bytes, place, 1, Buffer.from([((bytes[place] ?? 0) & 0xf8) | at(random, 8)]))
  },
  // Groups and values in values, deeper than anybody reads.
  (bytes, random) => replaced(bytes, at(random, bytes.length), 0, Buffer.alloc(at(random, 3000), 0x0b)),
  (bytes, random) => Buffer.concat([bytes, pick(random, nestedEnvelopes)]),
]

const JSON_VALUES = [
  null, true, false, 0, -1, 1.5, 1e308, '', 'x', '\ud800', '123', [], {}, [[]], [null], { key: 5 }, { values: [1] },
  { intValue: {} }, { arrayValue: [] }, { kvlistValue: { values: [{ value: 1 }, null] } }, '9'.repeat(50),
] // prettier-ignore
const RAW_JSON = ['1e999', '-9007199254740993', '18446744073709551615', '[', ']', '{"a"', '\\', '"\\u', 'NaN', '\ufeff']

const JSON_CHANGES: Change[] = [
  // A value of another type somewhere, or a field gone.
  (bytes, random) => {
    try {
      return Buffer.from(JSON.stringify(changedSomewhere(JSON.parse(bytes.toString()), random)))
    } catch {
      // No JSON any more, or so deep that it cannot be written.
      return bytes
    }
  },
  // A scalar replaced in the text, also by what is no JSON.
  (bytes, random) => {
    const scalars = [...bytes.toString('latin1').matchAll(/"[^"]*"|\d+/g)]
    if (scalars.length === 0) return bytes
    const { index, 0: text } = pick(random, scalars)
    return replaced(bytes, index, text.length, Buffer.from(pick(random, RAW_JSON)))
  },
  // Values in values.
  (bytes, random) => {
    const levels = at(random, 3000)
    const deep = `${'{"arrayValue":{"values":['.repeat(levels)}${']}}'.repeat(levels)}`
    return Buffer.from(bytes.toString('latin1').replace(/\{"stringValue":"[^"]*"\}/, deep), 'latin1')
  },
  (bytes, random) => replaced(bytes, at(random, bytes.length), 0, Buffer.alloc(at(random, 20_000), '[')),
]

/** Walks down at random and changes what it comes to. */
function changedSomewhere(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random() < 0.08) return pick(random, JSON_VALUES)
  const keys = Object.keys(value)
  if (keys.length === 0) return pick(random, JSON_VALUES)
  const key = pick(random, keys)
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>
  if (random() < 0.03) delete copy[key]
  else copy[key] = changedSomewhere(copy[key], random)
  return copy
}

function replaced(bytes: Buffer, place: number, length: number, by: Buffer): Buffer<ArrayBuffer> {
  return Buffer.concat([bytes.subarray(0, place), by, bytes.subarray(place + length)])
}

/** A field of bytes on the wire, for a field number below 16. */
export function field(number: number, bytes: Buffer): Buffer<ArrayBuffer> {
  const length: number[] = []
  for (let rest = bytes.length; ; rest >>= 7) {
    length.push(rest > 127 ? (rest & 127) | 128 : rest)
    if (rest <= 127) break
  }
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), bytes])
}

/** An `AnyValue` of arrays in arrays. */
export function nestedValue(levels: number): Buffer<ArrayBuffer> {
  let value = Buffer.from([3 << 3, 1])
  for (let i = 0; i < levels; i++) value = field(5, field(1, value))
  return value
}

/** An envelope whose one span has this value as its one attribute. */
function envelope(value: Buffer): Buffer<ArrayBuffer> {
  const attribute = field(9, Buffer.concat([field(1, Buffer.from('a')), field(2, value)]))
  return field(1, field(2, field(2, attribute)))
}
