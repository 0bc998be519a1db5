/**
 * Cuts JSON into parts that are stored once each under their hash, and a skeleton that refers to them.
 *
 * An agent's request repeats its whole history at every step. Large strings and the elements of large arrays become
 * parts, and full runs of array elements become shared nodes of a tree, so that the skeleton of a step in a long
 * history stays small: appending to an array of n elements touches O(log n) references.
 *
 * Nothing here knows a provider. The parameters were measured on real recordings; changing one keeps what is stored
 * readable, but new parts are no longer shared with old ones.
 */
import { isJsonObject, stringifyExact, type JsonValue } from '../../domain/exact-json.ts'
import { fitsIn } from './measure.ts'
import { hashOf, keyOf, MARKER, REFERENCE_LENGTH } from './reference.ts'

/** Strings of this length are parts; values smaller than this in all stay as they are. */
const LARGE = 1024
/** Array elements of so many bytes, without the large strings in them, are parts; smaller ones cost less in place. */
const ELEMENT_MIN = 200
/** So many consecutive elements, or nodes of them, become one node. */
const ARITY = 5
/**
 * Objects nested less deeply than this are a step's own (its traces, their requests and responses): as parts they would
 * be unique rows. Measured: 4 % less in all.
 */
const SHARED_DEPTH = 2
/** A run without references becomes a node from this size on. */
const RUN_MIN = 512

/** A part to be stored once. */
export interface Node {
  readonly hash: Buffer
  /** JSON text with references, uncompressed. */
  readonly bytes: Buffer
  /** The hashes of the nodes that this one refers to directly, each once. */
  readonly children: readonly Buffer[]
}

export interface Cut {
  /** The skeleton: JSON text with references, uncompressed. It has no hash; it belongs to one step. */
  readonly root: Buffer
  /** The hashes of the nodes that the skeleton refers to directly, each once. */
  readonly children: readonly Buffer[]
  /** All nodes below the root by {@link keyOf} their hash, children before their parents. */
  readonly nodes: ReadonlyMap<string, Node>
}

/**
 * Cuts a value; `join` gives back its JSON text, equal to `stringifyExact(value)`.
 * @param loc Where the value comes from, for the error message.
 * @throws LedgerError `invalid` when it is nested deeper than `MAX_DEPTH`.
 */
export function cut(value: JsonValue, loc: readonly (string | number)[]): Cut {
  return new Cutter(loc).cut(value)
}

/** Consecutive array elements that end where the next run begins, or the text written so far. */
interface Run {
  readonly start: number
  readonly references: number
  level: number
}

const NONE: readonly Buffer[] = []

/**
 * Writes the text of one node after another into a single buffer: what turns out to be a part is taken from the
 * buffer's end and replaced by its reference. So every byte is written, copied and hashed once.
 */
class Cutter {
  readonly #loc: readonly (string | number)[]
  readonly #nodes = new Map<string, Node>()
  /** The hashes of the references in the text, in their order. */
  readonly #references: Buffer[] = []
  #text = Buffer.allocUnsafe(16 * 1024)
  #end = 0

  constructor(loc: readonly (string | number)[]) {
    this.#loc = loc
  }

  cut(value: JsonValue): Cut {
    this.#value(value, 0)
    const root = Buffer.from(this.#text.subarray(0, this.#end))
    return { root, children: distinct(this.#references), nodes: this.#nodes }
  }

  #value(value: JsonValue, depth: number): void {
    if (fitsIn(LARGE, value, depth, this.#loc)) this.#write(stringifyExact(value))
    else if (Array.isArray(value)) this.#array(value, depth)
    else if (isJsonObject(value)) this.#object(value, depth)
    else this.#part(stringifyExact(value))
  }

  /** Writes a large object, which is never empty. */
  #object(object: { [key: string]: JsonValue }, depth: number): void {
    let separator = '{'
    for (const key of Object.keys(object)) {
      this.#write(`${separator}${stringifyExact(key)}:`)
      separator = ','
      const [start, references] = [this.#end, this.#references.length]
      this.#value(object[key] as JsonValue, depth + 1)
      if (depth >= SHARED_DEPTH && this.#end - start >= LARGE) this.#seal(start, references)
    }
    this.#write('}')
  }

  /** Writes a large array as the tree that {@link Cutter.#carry} builds. */
  #array(array: readonly JsonValue[], depth: number): void {
    this.#write('[')
    const runs: Run[] = []
    for (const element of array) {
      if (runs.length > 0) this.#write(',')
      runs.push({ start: this.#end, references: this.#references.length, level: 0 })
      this.#element(element, depth + 1)
      this.#carry(runs)
    }
    this.#write(']')
  }

  #element(element: JsonValue, depth: number): void {
    if (fitsIn(LARGE, element, depth, this.#loc)) {
      const text = stringifyExact(element)
      if (text.length < ELEMENT_MIN) this.#write(text)
      else this.#part(text)
      return
    }
    const [start, references] = [this.#end, this.#references.length]
    this.#value(element, depth)
    if (this.#end - start >= ELEMENT_MIN) this.#seal(start, references)
  }

  /**
   * Counts like a number in base {@link ARITY}: when so many runs of one level stand at the end, they become one of
   * the next level. The boundaries lie at fixed positions from the front, so a longer history has the same nodes.
   */
  #carry(runs: Run[]): void {
    for (;;) {
      const first = runs.at(-ARITY)
      // Levels never rise from front to back.
      if (first === undefined || first.level !== runs.at(-1)?.level) return
      runs.length -= ARITY - 1
      first.level++
      if (this.#references.length > first.references || this.#end - first.start >= RUN_MIN) {
        this.#seal(first.start, first.references)
      }
    }
  }

  #write(text: string): void {
    this.#reserve(text.length * 3)
    this.#end += this.#text.write(text, this.#end)
  }

  #part(text: string): void {
    this.#refer(Buffer.from(text), NONE)
  }

  /** Makes a node of the text from `start` on, and puts its reference there. */
  #seal(start: number, references: number): void {
    const bytes = Buffer.from(this.#text.subarray(start, this.#end))
    const children = distinct(this.#references.splice(references))
    this.#end = start
    this.#refer(bytes, children)
  }

  #refer(bytes: Buffer, children: readonly Buffer[]): void {
    const hash = hashOf(bytes)
    this.#nodes.set(keyOf(hash), { hash, bytes, children })
    this.#references.push(hash)
    this.#reserve(REFERENCE_LENGTH)
    this.#text[this.#end] = MARKER
    hash.copy(this.#text, this.#end + 1)
    this.#end += REFERENCE_LENGTH
  }

  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#text.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#end + bytes, this.#text.length * 2))
    this.#text.copy(larger, 0, 0, this.#end)
    this.#text = larger
  }
}

function distinct(hashes: readonly Buffer[]): readonly Buffer[] {
  if (hashes.length < 2) return [...hashes]
  const seen = new Map<string, Buffer>()
  for (const hash of hashes) seen.set(keyOf(hash), hash)
  return [...seen.values()]
}
