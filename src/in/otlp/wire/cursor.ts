/**
 * Protobuf's wire format with bounds: every nested message ends where its length says, or the body is refused.
 *
 * The field tables in protobuf.ts are written by hand over this reader. Generated descriptors took twice the time,
 * because they build every message as an object first, and could not stop at a number of parts.
 */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import type { JsonValue } from '../../../domain/exact-json.ts'
import { MAX_PARTS, MAX_VALUE_NESTING, Refusal, tooManyParts } from './intake.ts'

/** Tags as they stand on the wire: a field that comes with another type than expected is an unknown field. */
export const varint = (field: number): number => (field << 3) | WireType.Varint
export const fixed64 = (field: number): number => (field << 3) | WireType.Bit64
export const lengthed = (field: number): number => (field << 3) | WireType.LengthDelimited

/** Ids are 16 bytes at most; of longer ones only that they are longer matters. */
const LONGEST_ID = 16
const LARGEST_SAFE = BigInt(Number.MAX_SAFE_INTEGER)

export class Cursor extends BinaryReader {
  private parts = 0
  private depth = 0
  private readonly buffer: Buffer

  constructor(bytes: Uint8Array) {
    super(bytes)
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  /** Enters a message, string or list: where it ends. */
  enter(): number {
    const length = this.uint32()
    const end = this.pos + length
    if (end > this.len) throw this.cutOff(end)
    if (++this.parts > MAX_PARTS) throw tooManyParts()
    return end
  }

  /** The next tag, or 0 at the end. */
  next(end: number): number {
    if (this.pos === end) return 0
    if (this.pos > end) throw new RangeError(`a field reaches beyond its message at byte ${end}`)
    const tag = this.uint32()
    if (tag >>> 3 === 0) throw new Error(`no field number at byte ${this.pos - 1}`)
    return tag
  }

  skipField(tag: number): void {
    this.skip(tag & 7, tag >>> 3)
  }

  /** Enters a nested value. */
  deeper<T>(read: (end: number) => T): T {
    if (this.depth >= MAX_VALUE_NESTING) throw new Refusal('too_deep', `more than ${MAX_VALUE_NESTING} levels`)
    this.depth++
    const value = read(this.enter())
    this.depth--
    return value
  }

  /**
   * Reads a message that may be refused while its neighbours are taken; stands behind it whatever becomes of it.
   * @throws Refusal `malformed` for what is no protobuf
   */
  alone(end: number, read: () => void): void {
    try {
      read()
    } catch (error) {
      throw isForeign(error) ? new Refusal('malformed', error.message) : error
    } finally {
      this.depth = 0
      this.pos = end
    }
  }

  /** Node decodes faster than a TextDecoder, keeps a byte order mark, and replaces what is no UTF-8 likewise. */
  override string(): string {
    const start = this.pass()
    return this.buffer.toString('utf8', start, this.pos)
  }

  /** Lower-case hexadecimal digits. */
  hex(): string {
    const start = this.pass()
    return this.buffer.toString('hex', start, Math.min(this.pos, start + LONGEST_ID + 1))
  }

  base64(): string {
    const start = this.pass()
    return this.buffer.toString('base64', start, this.pos)
  }

  /** Passes a field of bytes: where it began. */
  private pass(): number {
    const length = this.uint32()
    const start = this.pos
    if (start + length > this.len) throw this.cutOff(start + length)
    this.pos = start + length
    return start
  }

  private cutOff(end: number): RangeError {
    return new RangeError(`cut off at byte ${this.len}, where ${end - this.len} more should follow`)
  }

  /** A 64-bit integer without loss. */
  integer(): JsonValue {
    const value = BigInt(this.int64())
    return value <= LARGEST_SAFE && value >= -LARGEST_SAFE ? Number(value) : JSON.rawJSON(value.toString())
  }

  nanos(): bigint {
    return BigInt(this.fixed64())
  }
}

/** What the library throws for bytes that are no protobuf. */
function isForeign(error: unknown): error is Error {
  return error instanceof Error && (error.constructor === Error || error.constructor === RangeError)
}
