/** Puts cut JSON together again: pure concatenation of stored bytes, nothing is parsed. */
import { childrenOf, eachReference, hashOf, keyOf, REFERENCE_LENGTH } from './reference.ts'

/** Nodes by {@link keyOf} their hash. */
export type Nodes = ReadonlyMap<string, Buffer>

/**
 * The JSON text whose root node is `root`, as it was given to `cut`.
 * @param load Called once per level of the tree with the distinct hashes not loaded yet; returns uncompressed nodes.
 * @throws Error that names the hash when a node is missing or is not what its hash says.
 */
export function join(root: Buffer, load: (hashes: Buffer[]) => Nodes): Buffer {
  const steps = joining(root)
  let step = steps.next()
  while (step.done !== true) step = steps.next(load(step.value))
  return step.value
}

/** {@link join} for a store that answers later. */
export async function joinAsync(root: Buffer, load: (hashes: Buffer[]) => Promise<Nodes>): Promise<Buffer> {
  const steps = joining(root)
  let step = steps.next()
  while (step.done !== true) step = steps.next(await load(step.value))
  return step.value
}

/** Yields the hashes of each level and is sent their nodes; returns the whole. */
function* joining(root: Buffer): Generator<Buffer[], Buffer, Nodes> {
  const loaded = new Map<string, Buffer>()
  let wanted = childrenOf(root)
  while (wanted.length > 0) {
    const nodes = yield wanted
    const next = new Map<string, Buffer>()
    for (const hash of wanted) loaded.set(keyOf(hash), checked(hash, nodes.get(keyOf(hash))))
    for (const hash of wanted) {
      for (const child of childrenOf(loaded.get(keyOf(hash)) as Buffer)) {
        if (!loaded.has(keyOf(child))) next.set(keyOf(child), child)
      }
    }
    wanted = [...next.values()]
  }
  const pieces: Buffer[] = []
  collect(root, loaded, pieces)
  return Buffer.concat(pieces)
}

/** Checking the hash finds damage on disk, and makes cycles impossible. */
function checked(hash: Buffer, node: Buffer | undefined): Buffer {
  if (node === undefined) throw new Error(`stored content ${hash.toString('hex')} is missing`)
  if (!hashOf(node).equals(hash)) throw new Error(`stored content ${hash.toString('hex')} is damaged`)
  return node
}

function collect(node: Buffer, loaded: Nodes, pieces: Buffer[]): void {
  let copied = 0
  eachReference(node, (at) => {
    pieces.push(node.subarray(copied, at))
    copied = at + REFERENCE_LENGTH
    collect(loaded.get(keyOf(node.subarray(at + 1, copied))) as Buffer, loaded, pieces)
  })
  pieces.push(node.subarray(copied))
}
