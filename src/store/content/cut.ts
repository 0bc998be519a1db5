/**
 * Cuts JSON into parts that are stored once each under their hash, and a skeleton that refers to them.
 *
 * An agent's request repeats its whole history at every step. Large strings and the elements of large arrays become
 * parts, and full runs of array elements become shared nodes of a tree, so that the skeleton of a step in a long
 * history stays small: appending to an array of n elements touches O(log n) references.
 *
 * The text is cut as it is, without being parsed: its parts are pieces of it.
 *
 * Nothing here knows a provider. The parameters were measured on real recordings; changing one keeps what is stored
 * readable, but new parts are no longer shared with old ones.
 */
import { hashOf, keyOf, MARKER, REFERENCE_LENGTH } from './reference.ts'
import { endOfString, endWithin, MAX_DEPTH, tooDeep } from './scan.ts'

/** Strings of so many bytes are parts; values smaller than this in all stay as they are. */
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
 * Cuts JSON text; `join` gives back the same text.
 * @param text as `stringifyExact` writes it, without blanks
 * @param loc Where it comes from, for the error message.
 * @throws LedgerError `invalid` when it is nested deeper than `MAX_DEPTH`.
 */
export function cut(text: string, loc: readonly (string | number)[]): Cut {
  return new Cutter(Buffer.from(text), loc).cut()
}

/** Consecutive array elements that end where the next run begins, or the text written so far. */
interface Run {
  readonly start: number
  readonly references: number
  level: number
}

const NONE: readonly Buffer[] = []
const [COMMA, QUOTE, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [44, 34, 91, 93, 123, 125]

const LITTLE_ROOM = 64 * 1024
const MOST_ROOM = 4 * 1024 * 1024
/** Room for texts that are being written; each document is done before the next one begins. */
let room = Buffer.allocUnsafeSlow(LITTLE_ROOM)

/**
 * Writes the text of one node after another into a single buffer: what turns out to be a part is taken from the
 * buffer's end and replaced by its reference. So every byte is written, copied and hashed once.
 */
class Cutter {
  readonly #source: Buffer
  readonly #loc: readonly (string | number)[]
  readonly #nodes = new Map<string, Node>()
  /** The hashes of the references in the text, in their order. */
  readonly #references: Buffer[] = []
  /** How far the source is read. */
  #at = 0
  #text: Buffer
  #end = 0

  constructor(source: Buffer, loc: readonly (string | number)[]) {
    this.#source = source
    this.#loc = loc
    // A reference is shorter than what it stands for.
    if (room.length < source.length) room = Buffer.allocUnsafeSlow(source.length)
    this.#text = room
    if (room.length > MOST_ROOM) room = Buffer.allocUnsafeSlow(LITTLE_ROOM)
  }

  cut(): Cut {
    this.#value(0)
    const root = Buffer.from(this.#text.subarray(0, this.#end))
    return { root, children: distinct(this.#references), nodes: this.#nodes }
  }

  #value(depth: number): void {
    const end = endWithin(this.#source, this.#at, LARGE, depth, this.#loc)
    if (end !== undefined) this.#copy(end)
    else this.#large(depth)
  }

  #large(depth: number): void {
    const first = this.#source[this.#at]
    if (first !== OPEN_LIST && first !== OPEN_OBJECT) return this.#part(this.#endOfScalar())
    if (depth >= MAX_DEPTH) throw tooDeep(this.#loc)
    if (first === OPEN_LIST) this.#array(depth)
    else this.#object(depth)
  }

  /** Writes a large object, which is never empty. */
  #object(depth: number): void {
    do {
      // The brace or comma, the key, the colon.
      this.#copy(endOfString(this.#source, this.#at + 1) + 1)
      const [start, references] = [this.#end, this.#references.length]
      this.#value(depth + 1)
      if (depth >= SHARED_DEPTH && this.#end - start >= LARGE) this.#seal(start, references)
    } while (this.#source[this.#at] !== CLOSE_OBJECT)
    this.#copy(this.#at + 1)
  }

  /** Writes a large array, which is never empty, as the tree that {@link Cutter.#carry} builds. */
  #array(depth: number): void {
    const runs: Run[] = []
    do {
      // The bracket or comma.
      this.#copy(this.#at + 1)
      runs.push({ start: this.#end, references: this.#references.length, level: 0 })
      this.#element(depth + 1)
      this.#carry(runs)
    } while (this.#source[this.#at] !== CLOSE_LIST)
    this.#copy(this.#at + 1)
  }

  #element(depth: number): void {
    const end = endWithin(this.#source, this.#at, LARGE, depth, this.#loc)
    if (end !== undefined) {
      if (end - this.#at < ELEMENT_MIN) this.#copy(end)
      else this.#part(end)
      return
    }
    const [start, references] = [this.#end, this.#references.length]
    this.#large(depth)
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

  /** Where the text or number ends that begins here. */
  #endOfScalar(): number {
    if (this.#source[this.#at] === QUOTE) return endOfString(this.#source, this.#at)
    let end = this.#at
    for (; end < this.#source.length; end++) {
      const byte = this.#source[end]
      if (byte === COMMA || byte === CLOSE_LIST || byte === CLOSE_OBJECT) break
    }
    return end
  }

  /** Writes the source as far as this. */
  #copy(end: number): void {
    this.#source.copy(this.#text, this.#end, this.#at, end)
    this.#end += end - this.#at
    this.#at = end
  }

  /** Makes a node of the source as far as this. */
  #part(end: number): void {
    const bytes = this.#source.subarray(this.#at, end)
    this.#at = end
    this.#refer(bytes, NONE)
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
    this.#text[this.#end] = MARKER
    hash.copy(this.#text, this.#end + 1)
    this.#end += REFERENCE_LENGTH
  }
}

function distinct(hashes: readonly Buffer[]): readonly Buffer[] {
  if (hashes.length < 2) return [...hashes]
  const seen = new Map<string, Buffer>()
  for (const hash of hashes) seen.set(keyOf(hash), hash)
  return [...seen.values()]
}
