/**
 * JSON in and out without losing a digit.
 *
 * `JSON.parse` rounds integers beyond 2^53 (nanosecond clocks, some request ids) and turns 1e400 into
 * Infinity. Here such a number becomes a raw JSON value, which `JSON.stringify` writes back digit for digit.
 */
import { randomUUID } from 'node:crypto'

/** A number kept as the text it came in; `JSON.stringify` writes `rawJSON` as it stands. */
export interface RawNumber {
  readonly rawJSON: string
}

declare global {
  interface JSON {
    rawJSON(text: string): RawNumber
    isRawJSON(value: unknown): value is RawNumber
  }
}

/** Any value that JSON can hold, with numbers beyond a double's exactness as {@link RawNumber}. */
export type JsonValue = string | number | boolean | null | RawNumber | JsonValue[] | { [key: string]: JsonValue }
export type JsonObject = { [key: string]: JsonValue }

/** Text that may hold a number a double rounds: many digits, or a large exponent. Wrong on the safe side. */
const SUSPICIOUS = /[\d.]{16}|\d[eE][+-]?\d{3}/
const NUMBER = /-?\d[\d.]*(?:[eE][+-]?\d+)?/g
/** A number written in at most so many characters, without an exponent, is exact. */
const SHORT = /^-?[\d.]{1,15}$/
/** Begins a string that stands for a number. Nobody outside can know it, so no text can hold it. */
const MARK = `\u{F0000}${randomUUID()}:`
/** A number where a key should be is no JSON and must stay so. */
const IS_KEY = /^[ \t\n\r]*:/
/** The shortest text between two strings that can hold a suspicious number: `1e400`. */
const SHORTEST_GAP = 5

/**
 * Parses JSON text like `JSON.parse`, but keeps numbers exact.
 * @throws SyntaxError when the text is not JSON.
 */
export function parseExact(text: string): JsonValue {
  if (!SUSPICIOUS.test(text)) return JSON.parse(text) as JsonValue
  const marked = markInexactNumbers(text)
  return marked === text ? (JSON.parse(text) as JsonValue) : unmark(JSON.parse(marked) as JsonValue)
}

/** Writes what {@link parseExact} read, with the same digits. */
export function stringifyExact(value: unknown): string {
  return JSON.stringify(value)
}

/** A plain JSON object: not null, not an array, not a raw number. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value)
}

/** How deep the JSON of a step may be nested; deeper JSON cannot be cut, written or read without care for the stack. */
export const MAX_NESTING = 500

/** Whether a value is nested no deeper than {@link MAX_NESTING}. */
export function isShallow(value: JsonValue, depth = MAX_NESTING): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (depth === 0) return false
  return Object.values(value).every((inner: JsonValue) => isShallow(inner, depth - 1))
}

/** Turns each inexact number outside of strings into a marked string, so that `JSON.parse` leaves its digits alone. */
function markInexactNumbers(text: string): string {
  let out = ''
  let copied = 0
  let at = 0
  while (at < text.length) {
    const quote = text.indexOf('"', at)
    const end = quote < 0 ? text.length : quote
    if (end - at >= SHORTEST_GAP) {
      const gap = text.slice(at, end)
      for (const { 0: token, index } of gap.matchAll(NUMBER)) {
        if (isExact(token) || IS_KEY.test(gap.slice(index + token.length))) continue
        out += `${text.slice(copied, at + index)}"${MARK}${token}"`
        copied = at + index + token.length
      }
    }
    if (quote < 0) break
    at = endOfString(text, quote)
  }
  return out + text.slice(copied)
}

/** Whether a double, written as JavaScript writes it, has the value that the token says. */
function isExact(token: string): boolean {
  if (SHORT.test(token)) return true
  const value = Number(token)
  return Number.isFinite(value) && canonical(String(value)) === canonical(token)
}

/** A number's digits and power of ten, the same for each way to write it. */
function canonical(token: string): string {
  const [, whole = '', fraction = '', exponent = '0'] = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(token) ?? []
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0'
  return `${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`
}

/** The position behind the closing quote of the string that opens at `quote`. */
function endOfString(text: string, quote: number): number {
  let close = text.indexOf('"', quote + 1)
  while (close >= 0) {
    let backslashes = 0
    while (text.charCodeAt(close - 1 - backslashes) === 92) backslashes++
    if (backslashes % 2 === 0) return close + 1
    close = text.indexOf('"', close + 1)
  }
  return text.length
}

function unmark(value: JsonValue): JsonValue {
  if (typeof value === 'string') return value.startsWith(MARK) ? JSON.rawJSON(value.slice(MARK.length)) : value
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = unmark(value[i] as JsonValue)
  } else if (isJsonObject(value)) {
    for (const key of Object.keys(value)) {
      const found = unmark(value[key] as JsonValue)
      // Assigning to a "__proto__" key that JSON.parse made the object's own would set its prototype instead.
      if (key === '__proto__') Object.defineProperty(value, key, { value: found })
      else value[key] = found
    }
  }
  return value
}
