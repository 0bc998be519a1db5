/**
 * The stored form of a node or a skeleton: one tag byte, then the bytes, compressed when that makes them smaller.
 *
 * Small parts are deflated with a preset dictionary, which beats brotli's built-in one and zstd on them in size and in
 * speed; large ones take zstd, which is ten times faster where it matters (base64 images, long logs) and no larger.
 */
import { deflateRawSync, inflateRawSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { DICTIONARY_1 } from './dictionary.ts'

const RAW = 0
const DEFLATE_1 = 1
const ZSTD = 2

/** From here on zstd: it is smaller than deflate on text of this size, whose window ends at 32 KiB. */
const ZSTD_FROM = 64 * 1024
/** Up to here, dictionary and bytes lie in a window of 8 KiB, but for the last few hundred; it takes two thirds of the time, and the result is hardly larger. */
const SMALL = 3 * 1024
const SMALL_WINDOW = { windowBits: 13, memLevel: 4, chunkSize: 2048 }
/** Larger bytes are stored raw, so that reading can refuse anything that would unpack to more. */
const MAX_UNPACKED = 256 * 1024 * 1024

/** What is to be stored for `bytes`; {@link decode} gives them back. */
export function encode(bytes: Buffer): Buffer {
  if (bytes.length > MAX_UNPACKED) return tagged(RAW, bytes)
  const large = bytes.length >= ZSTD_FROM
  const packed = large ? zstdCompressSync(bytes) : deflated(bytes)
  if (packed.length >= bytes.length) return tagged(RAW, bytes)
  return tagged(large ? ZSTD : DEFLATE_1, packed)
}

/**
 * The bytes that {@link encode} was given.
 * @throws Error when the stored form is damaged, or was written by a newer version with another encoding.
 */
export function decode(stored: Buffer): Buffer {
  const payload = stored.subarray(1)
  switch (stored[0]) {
    case RAW:
      return payload
    case DEFLATE_1:
      return inflateRawSync(payload, { dictionary: DICTIONARY_1, maxOutputLength: MAX_UNPACKED })
    case ZSTD:
      return zstdDecompressSync(payload, { maxOutputLength: MAX_UNPACKED })
    default:
      throw new Error(`stored content has the unknown encoding ${stored[0] ?? '(empty)'}`)
  }
}

function deflated(bytes: Buffer): Buffer {
  const window = bytes.length <= SMALL ? SMALL_WINDOW : undefined
  return deflateRawSync(bytes, { level: 6, dictionary: DICTIONARY_1, ...window })
}

function tagged(tag: number, payload: Buffer): Buffer {
  const stored = Buffer.allocUnsafe(payload.length + 1)
  stored[0] = tag
  payload.copy(stored, 1)
  return stored
}
