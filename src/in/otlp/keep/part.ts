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

/** Facts with their JSON texts, which are asked for to recognise them and to keep them. */
export interface FactsWithTexts extends Facts {
  readonly text: string
  /** `null` where there is no content. */
  readonly contentText: string
  /** Equal for what is sent again. */
  readonly identity: string
}

/** The facts with their texts, and with the fingerprint of their content. */
export function withTexts({ context: said, content }: Facts): FactsWithTexts {
  const contentText = content === null ? 'null' : stringifyExact(content)
  const context = content === null ? said : { ...said, print: printOf(contentText) }
  const text = stringifyExact(context)
  return { context, content, text, contentText, identity: identityOf(context, text) }
}

function printOf(text: string): string {
  return hash('sha1', text, 'base64url').slice(0, PRINT_LENGTH)
}

/** All that is kept of a context but its place in the request that brought it. */
export function identityOf(context: Context, text?: string): string {
  const { order, ...rest } = context
  // The first record of a request has no place: both texts must be of one form.
  return order === undefined ? (text ?? stringifyExact(context)) : stringifyExact(rest)
}

/**
 * @param part from 1, in the order of arrival
 * @returns with the length of its text, which tells how much memory it takes
 */
export function encodePart(
  group: string,
  part: number,
  facts: readonly FactsWithTexts[],
): { part: NewTelemetryPart; weight: number } {
  const contexts = listOf(facts.map(({ text }) => text))
  const contents = facts.some(({ content }) => content !== null) ? listOf(facts.map(({ contentText }) => contentText)) : '' // prettier-ignore
  return {
    part: { group, part, contexts: packed(contexts), content: contents === '' ? null : packed(contents) },
    weight: contexts.length + contents.length,
  }
}

const listOf = (texts: readonly string[]) => `[${texts.join(',')}]`

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
