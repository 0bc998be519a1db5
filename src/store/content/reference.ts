/**
 * How one node of cut JSON names another.
 *
 * A node is compact JSON text in which a part that was cut out is replaced by a marker byte and the part's hash. The
 * marker is a control character, which JSON text never holds as it is, so a node is read without parsing it. A part is
 * one value, or a run of array elements joined by commas; putting it back is the same for both.
 */
import { hash as digest } from 'node:crypto'

/** Begins a reference. */
export const MARKER = 0x01

const HASH_LENGTH = 16
/** Bytes of one reference: the marker and the hash. */
export const REFERENCE_LENGTH = 1 + HASH_LENGTH

/** The first 16 bytes of the SHA-256 of a node's uncompressed bytes, in which its children stand as their hashes. */
export function hashOf(bytes: Buffer): Buffer {
  // Three times as fast for a message as a digest in a buffer of its own.
  return Buffer.from(digest('sha256', bytes, 'binary').slice(0, HASH_LENGTH), 'latin1')
}

/** A hash as the key of a `Map`: one character per byte. */
export function keyOf(hash: Buffer): string {
  return hash.toString('latin1')
}

/**
 * Calls `visit` with the position of each reference in a node, from front to back.
 * @throws Error when the node ends within a reference.
 */
export function eachReference(bytes: Buffer, visit: (at: number) => void): void {
  for (let at = bytes.indexOf(MARKER); at >= 0; at = bytes.indexOf(MARKER, at + REFERENCE_LENGTH)) {
    if (at + REFERENCE_LENGTH > bytes.length) throw new Error('stored content ends within a reference')
    visit(at)
  }
}

/** The hashes of the nodes that this node refers to directly, each once. */
export function childrenOf(bytes: Buffer): Buffer[] {
  const children = new Map<string, Buffer>()
  eachReference(bytes, (at) => {
    const child = bytes.subarray(at + 1, at + REFERENCE_LENGTH)
    children.set(keyOf(child), child)
  })
  return [...children.values()]
}
