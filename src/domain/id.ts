/** Identifiers: those we make, those we derive, and the forms we accept (contract, section 6; design 2, 4 and 13). */
import { hash, randomFillSync } from 'node:crypto'
import { nowMicros } from './time.ts'

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
export const STEP_ID = new RegExp(`^step-${UUID}$`)
export const MESSAGE_ID = new RegExp(`^message-${UUID}$`)
export const TRACE_ROW_ID = new RegExp(`^provider_trace-${UUID}$`)

/** The longest id of an agent, run, trace, … that is accepted, in UTF-16 units. */
export const OPAQUE_ID_LENGTH = 255
// oxlint-disable-next-line no-control-regex -- control characters are what it refuses
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/

/** Whether a text may be the id of something outside: 1 to 255 characters, none of them a control character. */
export function isOpaqueId(text: string): boolean {
  return text.length > 0 && text.length <= OPAQUE_ID_LENGTH && !CONTROL.test(text) && text.isWellFormed()
}

/** A new `prefix-<uuid v7>`: ordered by the time it was made, so that indexes stay dense. */
export function newId(prefix: string): string {
  const bytes = randomBytes()
  const micros = nowMicros()
  bytes.writeUIntBE(Math.floor(micros / 1000), 0, 6)
  // RFC 9562, 6.2 method 3: the clock's fraction of a millisecond in the 12 bits behind the version.
  bytes.writeUInt16BE(Math.floor(((micros % 1000) * 4096) / 1000), 6)
  return uuid(prefix, 7, bytes.toString('hex'))
}

const pool = Buffer.alloc(4096)
let used = pool.length

/** 16 random bytes; the system is asked for many at a time, because asking is what costs. */
function randomBytes(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += 16
  return Buffer.from(pool.subarray(used - 16, used))
}

/** The same `prefix-<uuid v8>` each time for the same source identity, so that what is sent twice is one thing. */
export function derivedId(prefix: string, ...source: (string | number)[]): string {
  return shaped(8, prefix, source)
}

/** The same in the shape of a version 4, which the OTLP mapping (section 11) promises for the steps of spans. */
export function derivedId4(prefix: string, ...source: (string | number)[]): string {
  return shaped(4, prefix, source)
}

function shaped(version: number, prefix: string, source: (string | number)[]): string {
  return uuid(prefix, version, hash('sha256', JSON.stringify([prefix, ...source]), 'hex'))
}

/** The first 16 bytes in hexadecimal, with the version in the place that RFC 9562 gives it, and the variant in the other. */
function uuid(prefix: string, version: number, hex: string): string {
  const variant = '89ab'.charAt(Number.parseInt(hex.charAt(16), 16) & 3)
  return `${prefix}-${hex.slice(0, 8)}-${hex.slice(8, 12)}-${version}${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
