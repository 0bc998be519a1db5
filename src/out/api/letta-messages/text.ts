/** Texts inside of messages: parts, and the JSON that Letta packs texts into. Nothing here throws. */
import { isJsonObject, parseExact, stringifyExact } from '../../../domain/exact-json.ts'
import type { JsonObject, JsonValue } from '../../../domain/exact-json.ts'
import type { ContentPart } from '../../../domain/message.ts'
import type { LettaPart } from './shape.ts'

/** The JSON object that a text is, or undefined: most texts are no JSON at all. */
export function parseObject(text: string): JsonObject | undefined {
  if (!/^\s*\{/.test(text)) return undefined
  try {
    const value = parseExact(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** A text as it is, any other value as JSON (the retired server wrote Python's notation: D17). */
export function jsonText(value: JsonValue): string | undefined {
  if (typeof value === 'string') return value
  try {
    return stringifyExact(value)
  } catch {
    // Nested too deeply to write: the caller keeps the text that it was read from.
    return undefined
  }
}

/** The `message` in a packed text, as text; undefined when it holds none. */
export function innerMessage(packed: JsonObject | undefined): string | undefined {
  return packed && Object.hasOwn(packed, 'message') ? jsonText(packed.message as JsonValue) : undefined
}

export function textsAndImages(parts: readonly ContentPart[] | undefined): LettaPart[] {
  return (parts ?? []).filter((part) => part.type === 'text' || part.type === 'image') as LettaPart[]
}

/** All texts, a line each. */
export function joinTexts(parts: readonly (ContentPart | LettaPart)[] | undefined): string {
  return (parts ?? []).flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n')
}

/** All texts, and in place of images a note that there were some. */
export function describeParts(parts: readonly LettaPart[]): string {
  const images = parts.filter((part) => part.type === 'image').length
  const note = images === 0 ? '' : images === 1 ? '[Image omitted]' : `[${images} images omitted]`
  return [joinTexts(parts), note].filter((text) => text !== '').join(' ')
}
