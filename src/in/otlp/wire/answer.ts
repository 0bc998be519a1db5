/** What exporters are answered: export responses and `google.rpc.Status`, in their request's encoding (mapping, 1.2). */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import type { IngestResult } from '../ingest.ts'
import type { Encoding } from './decode.ts'

export const TYPES = { protobuf: 'application/x-protobuf', json: 'application/json' } as const satisfies Record<
  Encoding,
  string
>

/** Answers stay far below the 4 MiB that exporters read. */
const LONGEST_MESSAGE = 4000

/**
 * An export response: empty when all was taken and there is nothing to say.
 * @param counted how the signal's partial success calls the number of what was refused: `rejectedSpans`
 */
export function exportResponse(
  encoding: Encoding,
  counted: string,
  { rejected, message }: IngestResult,
): Uint8Array<ArrayBuffer> {
  if (rejected === 0 && !message) return encoding === 'json' ? utf8('{}') : new Uint8Array(0)
  const errorMessage = (message ?? '').slice(0, LONGEST_MESSAGE)
  if (encoding === 'json') {
    return utf8(JSON.stringify({ partialSuccess: { [counted]: String(rejected), errorMessage } }))
  }
  const partial = new BinaryWriter()
  if (rejected > 0) partial.tag(1, WireType.Varint).int64(rejected)
  if (errorMessage !== '') partial.tag(2, WireType.LengthDelimited).string(errorMessage.toWellFormed())
  return new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(partial.finish()).finish()
}

/** `google.rpc.Status`; its code may be left out. */
export function statusBody(encoding: Encoding, text: string): Uint8Array<ArrayBuffer> {
  const message = text.slice(0, LONGEST_MESSAGE).toWellFormed()
  if (encoding === 'json') return utf8(JSON.stringify({ message }))
  return new BinaryWriter().tag(2, WireType.LengthDelimited).string(message).finish()
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}
