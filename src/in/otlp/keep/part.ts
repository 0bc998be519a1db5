/** Facts as they are kept: the contexts of one request and group as JSON text, their contents beside them; both compressed. */
import { hash } from 'node:crypto'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { parseExact, stringifyExact } from '../../../domain/exact-json.ts'
import type { NewTelemetryPart } from '../../../store/store.ts'
import type { Content, Context, Facts } from '../facts.ts'

/** Parts are read again only from what we wrote; anything that unpacks to more is damage. */
const MAX_UNPACKED = 1024 * 1024 * 1024

/** It is kept for hours, so speed counts for more than size. */
const FAST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/** 96 bits; enough among the versions of one span. */
const PRINT_LENGTH = 16

const texts = new WeakMap<object, string>()

/** A context or content as JSON text; written once, because it is asked for to recognise it and to keep it. */
export function textOf(value: Context | Content): string {
  const known = texts.get(value)
  if (known !== undefined) return known
  const text = stringifyExact(value)
  texts.set(value, text)
  return text
}

/** The facts with the fingerprint of their content. */
export function printed({ context, content }: Facts): Facts {
  return {
    context:
      content === null
        ? context
        : { ...context, print: hash('sha1', textOf(content), 'base64url').slice(0, PRINT_LENGTH) },
    content,
  }
}

/**
 * @param part from 1, in the order of arrival
 * @returns with the length of its text, which tells how much memory it takes
 */
export function encodePart(
  group: string,
  part: number,
  facts: readonly Facts[],
): { part: NewTelemetryPart; weight: number } {
  const contexts = listOf(facts.map(({ context }) => context))
  const contents = facts.some(({ content }) => content !== null) ? listOf(facts.map(({ content }) => content)) : ''
  // The texts of contents are large, and not asked for again.
  for (const { content } of facts) if (content) texts.delete(content)
  return {
    part: { group, part, contexts: packed(contexts), content: contents === '' ? null : packed(contents) },
    weight: contexts.length + contents.length,
  }
}

function listOf(values: readonly (Context | Content | null)[]): string {
  return `[${values.map((value) => (value === null ? 'null' : textOf(value))).join(',')}]`
}

function packed(text: string): Buffer {
  return zstdCompressSync(Buffer.from(text), FAST)
}

function unpacked(bytes: Uint8Array): string {
  return zstdDecompressSync(bytes, { maxOutputLength: MAX_UNPACKED }).toString()
}

export function decodeContexts(bytes: Uint8Array): { contexts: Context[]; weight: number } {
  const text = unpacked(bytes)
  return { contexts: parseExact(text) as unknown as Context[], weight: text.length }
}

/** One content for each context of the part, in the same order. */
export function decodeContents(bytes: Uint8Array): (Content | null)[] {
  return parseExact(unpacked(bytes)) as (Content | null)[]
}
