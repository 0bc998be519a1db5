/** Single fields of OTLP/JSON, each read from all the forms in which senders write it (mapping, section 2.1). */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../domain/exact-json.ts'
import { plainDouble, Refusal } from './intake.ts'

type Field = JsonValue | undefined

/** null means absent, as everywhere in protobuf's JSON. */
const isAbsent = (field: Field): field is null | undefined => field === undefined || field === null

/** @throws Refusal `malformed` for a list or an object */
export function text(field: Field, name: string): string {
  if (typeof field === 'string') return field
  if (isAbsent(field)) return ''
  if (typeof field !== 'object') return String(field)
  if (JSON.isRawJSON(field)) return field.rawJSON
  throw new Refusal('malformed', `${name}: must be a text`)
}

/** Hexadecimal in any case; of an id that is too long no more than shows it. */
export function id(field: Field, name: string): string {
  return text(field, name).slice(0, LONGEST_ID).toLowerCase()
}

const LONGEST_ID = 34

/** @throws Refusal `malformed` */
export function list(field: Field, name: string): readonly JsonValue[] {
  if (isAbsent(field)) return []
  if (Array.isArray(field)) return field
  throw new Refusal('malformed', `${name}: must be an array`)
}

/** @throws Refusal `malformed` */
export function object(field: Field, name: string): JsonObject {
  if (isAbsent(field)) return {}
  if (isJsonObject(field)) return field
  throw new Refusal('malformed', `${name}: must be an object`)
}

const LARGEST_UINT64 = (1n << 64n) - 1n
/** Digits of an integer that a BigInt is made of; more are no 64-bit integer, and slow. */
const DIGITS = /^-?\d{1,20}$/

/** Nanoseconds since 1970 from a text of digits or a number; 0 = not said, or not a time. */
export function nanos(field: Field): bigint {
  const value = bigint(field)
  return value !== null && value >= 0n && value <= LARGEST_UINT64 ? value : 0n
}

/** A 64-bit integer without loss; what is none stays as it is. */
export function integer(field: JsonValue): JsonValue {
  const value = bigint(field)
  if (value === null) return scalar(field)
  const small = Number(value)
  return Number.isSafeInteger(small) ? small : JSON.rawJSON(value.toString())
}

/** A count that is 0 when not said. */
export function count(field: Field): number {
  const value = integer(field ?? null)
  return typeof value === 'number' && value > 0 ? value : 0
}

/** A double; what is none stays as it is. */
export function double(field: JsonValue): JsonValue {
  if (typeof field !== 'string') return JSON.isRawJSON(field) ? plainDouble(Number(field.rawJSON)) : scalar(field)
  const value = field.trim() === '' ? Number.NaN : Number(field)
  return Number.isFinite(value) ? value : field
}

/** A value that is neither a list nor an object, which in its place are nothing. */
export function scalar(field: JsonValue): JsonValue {
  if (typeof field === 'number') return plainDouble(field)
  return isJsonObject(field) || Array.isArray(field) ? null : field
}

/** @param names the numbers of the names that senders write although the specification says numbers */
export function enumOf(field: Field, names: readonly string[], prefix: string): number {
  const number = integer(field ?? null)
  if (typeof number === 'number') return number | 0
  if (typeof number !== 'string') return 0
  return Math.max(0, names.indexOf(number.toUpperCase().replace(prefix, '')))
}

function bigint(field: Field): bigint | null {
  if (typeof field === 'number') return Number.isInteger(field) ? BigInt(field) : null
  if (typeof field === 'string') return DIGITS.test(field) ? BigInt(field) : null
  if (isAbsent(field) || !JSON.isRawJSON(field)) return null
  const digits = field.rawJSON
  if (DIGITS.test(digits)) return BigInt(digits)
  // 1.7e18 has no digits to lose.
  const value = Number(digits)
  return Number.isInteger(value) && Math.abs(value) <= Number(LARGEST_UINT64) ? BigInt(value) : null
}
