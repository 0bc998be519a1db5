/** Tags and metadata (mapping, section 8.4). */
import type { JsonObject, JsonValue } from '../../../domain/exact-json.ts'
import { asText, isEmpty, shallow, tryJson } from './values.ts'

/** Values of headers and credentials are never stored. */
const SECRET = /header|authorization|cookie|api[-_]?key|password|secret|credential|access[-_]?token|bearer/i
/** LangSmith copies the process's environment. */
const NOISE = /^(?:LANGSMITH_|LANGCHAIN_|ls_)/
/** Written once as tags, users and so on. */
const SAID_ELSEWHERE: ReadonlySet<string> = new Set(['tags', 'session_id', 'sessionId', 'user_id', 'userId'])
const MOST_ENTRIES = 64
const LONGEST_VALUE = 2_000
const LONGEST_NAME = 200

export function isSecret(key: string): boolean {
  return SECRET.test(key)
}

/** Metadata without secrets, noise, what is told elsewhere, and what is too long to be metadata. */
export function metadataOf(entries: Iterable<readonly [string, JsonValue]>): JsonObject | undefined {
  const kept: JsonObject = {}
  let count = 0
  for (const [key, value] of entries) {
    if (count >= MOST_ENTRIES) break
    if (isEmpty(value) || !isMetadata(key)) continue
    if (sizeOf(value) > LONGEST_VALUE) continue
    const plain = typeof value === 'string' && isJsonLike(value) ? shallow(tryJson(value) ?? value) : value
    // Assigning to this key would set the prototype instead.
    if (key === '__proto__') continue
    kept[key] = plain
    count++
  }
  return count === 0 ? undefined : kept
}

/** Names repeat, so each is looked at once. */
const judged = new Map<string, boolean>()
const MOST_NAMES = 5_000

function isMetadata(key: string): boolean {
  let is = judged.get(key)
  if (is === undefined) {
    is = !SECRET.test(key) && !NOISE.test(key) && !SAID_ELSEWHERE.has(key)
    if (judged.size >= MOST_NAMES) judged.clear()
    if (key.length < LONGEST_NAME) judged.set(key, is)
  }
  return is
}

function isJsonLike(text: string): boolean {
  return text.startsWith('{') || text.startsWith('[')
}

function sizeOf(value: JsonValue): number {
  if (typeof value === 'string') return value.length
  return typeof value === 'object' && value !== null ? JSON.stringify(value).length : 8
}

/** Marks that frameworks set for themselves. */
const FRAMEWORK_TAG = /^(?:graph:step:|seq:step:|langsmith:)/

/** Tags without framework noise, each once. */
export function tagsOf(...lists: readonly (readonly string[])[]): string[] {
  const kept = lists.flat().filter((tag) => tag !== '' && !FRAMEWORK_TAG.test(tag))
  return [...new Set(kept)]
}

/** The first of a metadata object's keys that holds a text. */
export function metadataText(metadata: JsonObject | undefined, ...keys: readonly string[]): string | undefined {
  if (!metadata) return undefined
  for (const key of keys) {
    const text = Object.hasOwn(metadata, key) ? asText(metadata[key]) : undefined
    if (text !== undefined) return text
  }
  return undefined
}
