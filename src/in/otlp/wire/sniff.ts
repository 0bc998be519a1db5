/** Which signal an unnamed protobuf request holds. The requests of all signals begin alike; what they list does not. */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'

/** Of a request, an envelope and a scope: the fields that one may see there. The second is the nested list. */
const REQUEST = new Set([1])
const ENVELOPE = new Set([1, 2, 3, 1000])
const SCOPED = new Set([1, 2, 3])

/**
 * @param head the request's beginning
 * @param size the request's whole length
 * @returns null when it is no such request, or lists nothing
 */
export function signalOfProtobuf(head: Uint8Array, size: number): 'traces' | 'logs' | 'metrics' | null {
  const at = new BinaryReader(head)
  const fields = new Set<string>()
  try {
    const envelope = enter(at, size, 1, REQUEST)
    const scope = envelope && enter(at, envelope, 2, ENVELOPE)
    const item = scope && enter(at, scope, 2, SCOPED)
    if (!item) return null
    while (at.pos < item) {
      const [field, type] = at.tag()
      fields.add(`${field}:${type}`)
      at.skip(type, field)
    }
  } catch {
    // The head ends, or what is there is none. What was seen until then decides.
  }
  const has = (type: WireType, ...numbers: number[]) => numbers.some((number) => fields.has(`${number}:${type}`))
  // Times of a log record; times of a span; name and data of a metric.
  if (has(WireType.Bit64, 1, 11)) return 'logs'
  if (has(WireType.Bit64, 7, 8)) return 'traces'
  return has(WireType.LengthDelimited, 1) && has(WireType.LengthDelimited, 5, 7, 9, 10, 11) ? 'metrics' : null
}

/** How much of a body is looked at to tell what it holds. */
const HEAD = 64 * 1024
const SIGNALS = { resourceSpans: 'traces', resourceLogs: 'logs', resourceMetrics: 'metrics' } as const

/**
 * Why a request that listed nothing of its signal is none of it; null for an empty one, and where nothing tells.
 * @param holds the field that it should have
 */
export function misplaced(body: Uint8Array, encoding: 'json' | 'protobuf', holds: keyof typeof SIGNALS): string | null {
  const head = body.subarray(0, HEAD)
  const text = encoding === 'json' ? new TextDecoder().decode(head) : ''
  if (text.includes(`"${holds}"`)) return null
  const found =
    encoding === 'json'
      ? /^\s*\{\s*"([^"\\]{1,64})"/.exec(text)?.[1]
      : Object.entries(SIGNALS).find(([, signal]) => signal === signalOfProtobuf(head, body.length))?.[0]
  if (found === undefined || found === holds) return null
  const place = Object.entries(SIGNALS).find(([field]) => field === found)?.[1]
  const hint = place === undefined ? '' : `, which belongs to /v1/${place}`
  return `the body holds '${found}'${hint}; here '${holds}' is read. Nothing of it was kept`
}

/** Enters the first of the wanted messages; where that ends, or null when there is none. @throws when this is none */
function enter(at: BinaryReader, end: number, wanted: number, known: ReadonlySet<number>): number | null {
  while (at.pos < end) {
    const [field, type] = at.tag()
    const inner = at.uint32() + at.pos
    if (type !== WireType.LengthDelimited || !known.has(field) || inner > end) throw new Error('not OTLP')
    if (field === wanted) return inner
    at.pos = inner
  }
  return null
}
