/** Facts as they are kept: the contexts of one request and group as JSON text, their contents compressed beside them. */
import { hash } from 'node:crypto'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { parseExact, stringifyExact } from '../../../domain/exact-json.ts'
import type { NewTelemetryPart } from '../../../store/store.ts'
import type { Content, Context, Facts } from '../facts.ts'

/** Contents are read again only from what we wrote; anything that unpacks to more is damage. */
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

/** @param part from 1, in the order of arrival */
export function encodePart(group: string, part: number, facts: readonly Facts[]): NewTelemetryPart {
  const contexts = `[${facts.map(({ context }) => textOf(context)).join(',')}]`
  const contents = facts.map(({ content }) => content)
  const isEmpty = contents.every((content) => content === null)
  const content = isEmpty
    ? null
    : zstdCompressSync(
        Buffer.from(`[${contents.map((each) => (each === null ? 'null' : textOf(each))).join(',')}]`),
        FAST,
      )
  // The texts of contents are large, and not asked for again.
  for (const each of contents) if (each) texts.delete(each)
  return { group, part, contexts, content }
}

export function decodeContexts(text: string): Context[] {
  return parseExact(text) as unknown as Context[]
}

/** One content for each context of the part, in the same order. */
export function decodeContents(bytes: Uint8Array): (Content | null)[] {
  return parseExact(zstdDecompressSync(bytes, { maxOutputLength: MAX_UNPACKED }).toString()) as (Content | null)[]
}
