/** Attribute values as they are met in the wild, turned into what they mean (mapping, section 2.2). */
import { isJsonObject, isShallow, parseExact, type JsonObject, type JsonValue } from '../../../domain/exact-json.ts'

/** Deeper values are nobody's tool arguments; they are kept as a note instead of a danger to every later reader. */
const MAX_DEPTH = 100

/** Whether a value counts as not set: absent, null, `""`, the text `"null"`, `[]` (2.2, rule 5). */
export function isEmpty(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === '' || value === 'null') return true
  return Array.isArray(value) && value.length === 0
}

/** Text of a text, a number or a flag; of a one-element list its element's. */
export function asText(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'string') return value === '' || value === 'null' ? undefined : value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) return value.length === 1 ? asText(value[0]) : undefined
  return value !== null && value !== undefined && JSON.isRawJSON(value) ? value.rawJSON : undefined
}

/** A whole number from 0, also from text (2.2, rule 4); anything else is not a count. */
export function asCount(value: JsonValue | undefined): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined
}

/** A finite number from 0, also from text. */
export function asNumber(value: JsonValue | undefined): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : undefined
}

export function asFlag(value: JsonValue | undefined): boolean | undefined {
  if (typeof value === 'boolean') return value
  if (value === 'true' || value === 1) return true
  return value === 'false' || value === 0 ? false : undefined
}

/** Texts of a list, of a JSON list as text, of comma-separated text, or of one text. */
export function asTexts(value: JsonValue | undefined): string[] {
  if (isEmpty(value)) return []
  if (Array.isArray(value)) return value.map(asText).filter((text) => text !== undefined)
  if (typeof value !== 'string') return [asText(value)].filter((text) => text !== undefined)
  const parsed = value.startsWith('[') ? tryJson(value) : undefined
  if (Array.isArray(parsed)) return asTexts(parsed)
  return value
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '')
}

export function asObject(value: JsonValue | undefined): JsonObject | undefined {
  const parsed = typeof value === 'string' && value.startsWith('{') ? tryJson(value) : value
  return isJsonObject(parsed) ? parsed : undefined
}

/** The value behind a path of keys and positions. */
export function at(value: JsonValue | undefined, ...path: readonly (string | number)[]): JsonValue | undefined {
  let found: JsonValue | undefined = value
  for (const key of path) {
    if (Array.isArray(found)) found = typeof key === 'number' ? found[key] : undefined
    else if (isJsonObject(found)) found = Object.hasOwn(found, key) ? found[key as string] : undefined
    else return undefined
  }
  return found
}

/** Whether a text can only be JSON of an object or of a list of objects, lists or texts. */
const LOOKS_LIKE_JSON = /^\s*(?:\{\s*["}]|\[\s*[[{"\]])/

export function looksLikeJson(text: string): boolean {
  return LOOKS_LIKE_JSON.test(text)
}

/** The value of a JSON text, also of one that was encoded twice; undefined when it is not JSON. */
export function tryJson(text: string): JsonValue | undefined {
  try {
    const value = parseExact(text)
    return typeof value === 'string' && looksLikeJson(value) ? (tryJson(value) ?? value) : value
  } catch {
    return undefined
  }
}

/** What a JSON text of a text holds; any other text as it is. Some SDKs send every value as JSON. */
export function unquoted(text: string | undefined): string | undefined {
  const value = text !== undefined && /^"[^]*"$/.test(text) ? tryJson(text) : undefined
  return typeof value === 'string' ? value : text
}

/** A value that may be kept: the same, unless it is nested so deep that writing it could fail. */
export function shallow(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value
  return isShallow(value, MAX_DEPTH) ? value : `[nested deeper than ${MAX_DEPTH} levels]`
}

/** JSON text of anything but a text, which stays as it is. */
export function textOf(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(shallow(value))
}

/** The first value that is set. */
export function first(...values: (JsonValue | undefined)[]): JsonValue | undefined {
  return values.find((value) => !isEmpty(value))
}

/** The first value that has a text. */
export function firstText(...values: (JsonValue | undefined)[]): string | undefined {
  for (const value of values) {
    const text = asText(value)
    if (text !== undefined) return text
  }
  return undefined
}
