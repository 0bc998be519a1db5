/** Facts as they are kept: the contexts of one request and group as JSON text, their contents compressed beside them. */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { parseExact, stringifyExact, type JsonValue } from '../../../domain/exact-json.ts'
import type { NewTelemetryPart } from '../../../store/store.ts'
import type { Content, Context, Facts } from '../facts.ts'

/** Contents are read again only from what we wrote; anything that unpacks to more is damage. */
const MAX_UNPACKED = 1024 * 1024 * 1024

/** @param part from 1, in the order of arrival */
export function encodePart(group: string, part: number, facts: readonly Facts[]): NewTelemetryPart {
  const contexts = stringifyExact(facts.map(({ context }) => context) as unknown as JsonValue)
  const contents = facts.map(({ content }) => content)
  const isEmpty = contents.every((content) => content === null)
  const content = isEmpty ? null : zstdCompressSync(Buffer.from(stringifyExact(contents as unknown as JsonValue)))
  return { group, part, contexts, content }
}

export function decodeContexts(text: string): Context[] {
  return parseExact(text) as unknown as Context[]
}

/** One content for each context of the part, in the same order. */
export function decodeContents(bytes: Uint8Array): (Content | null)[] {
  return parseExact(zstdDecompressSync(bytes, { maxOutputLength: MAX_UNPACKED }).toString()) as (Content | null)[]
}
