/**
 * PostgreSQL's binary form of one-dimensional arrays (array_recv in its sources).
 *
 * As text every quote and backslash of a JSON document would have to be escaped and unescaped again; this way bytes are
 * copied once.
 */
import type { ColumnType } from '../sql/columns.ts'

/** How a value of each type is written: the type's OID, its length in bytes, its bytes. */
interface Codec {
  readonly oid: number
  size(value: never): number
  write(into: Buffer, at: number, value: never): void
}

const CODECS: Record<ColumnType, Codec> = {
  text: {
    oid: 25,
    size: (value: string) => Buffer.byteLength(value),
    write: (into, at, value: string) => void into.write(value, at),
  },
  bigint: {
    oid: 20,
    size: () => 8,
    write: (into, at, value: number | bigint) => void into.writeBigInt64BE(BigInt(value), at),
  },
  number: { oid: 701, size: () => 8, write: (into, at, value: number) => void into.writeDoubleBE(value, at) },
  bytes: {
    oid: 17,
    size: (value: Buffer) => value.length,
    write: (into, at, value: Buffer) => void value.copy(into, at),
  },
}

/** Dimensions, whether there are nulls, element type; then length and lower bound of the one dimension. */
const HEADER = 20
const NULL = -1

export function encodeArray(type: ColumnType, values: readonly unknown[]): Buffer {
  const codec = CODECS[type]
  let length = HEADER
  for (const value of values) length += 4 + (isNull(value) ? 0 : codec.size(value as never))
  const array = Buffer.allocUnsafe(length)
  array.writeInt32BE(1, 0)
  array.writeInt32BE(1, 4)
  array.writeInt32BE(codec.oid, 8)
  array.writeInt32BE(values.length, 12)
  array.writeInt32BE(1, 16)
  let at = HEADER
  for (const value of values) {
    const size = isNull(value) ? NULL : codec.size(value as never)
    array.writeInt32BE(size, at)
    at += 4
    if (size === NULL) continue
    codec.write(array, at, value as never)
    at += size
  }
  return array
}

const isNull = (value: unknown) => value === null || value === undefined
