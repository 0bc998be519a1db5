/** Which messages of a request are new in their run (mapping, section 9.1): by position and content, never by guess. */

/** Results of one answer that are recognised in any order. */
const MOST_RESULTS = 500

interface Place {
  readonly next: Map<string, Place>
  /** Results that came after what leads here; a later request may list them in any order. */
  readonly results: string[]
}

/** Where in a run a request stands. */
interface Position {
  /** Undefined behind results that no request listed in this order yet. */
  readonly place: Place | undefined
  /** Results of the answer before that the request did not list yet. */
  readonly left: readonly string[]
}

/** What the calls of one run held so far. */
export class History {
  private readonly root = newPlace()
  private readonly systems = new Set<string>()

  /** Where every conversation of the run begins. */
  start(): Position {
    return { place: this.root, left: this.root.results }
  }

  /** Where the run stood after this message too; undefined where no call held it there. */
  follow(position: Position, key: string): Position | undefined {
    return isSystem(key) ? position : walk(position, key)
  }

  /**
   * Which messages of a request an earlier call held.
   * @param keys one for each message: its parts' fingerprints, separated by blanks
   * @returns for each message whether it is new
   */
  isNew(keys: readonly string[]): boolean[] {
    let position: Position | undefined = this.start()
    return keys.map((key) => {
      // System prompts change in place; each of them counts once, wherever it stands.
      if (isSystem(key)) return !this.systems.has(key)
      if (!position) return true
      const before: Position = position
      position = walk(before, key)
      if (position === undefined) return true
      // What has no fingerprint, such as reasoning, is known where what follows is.
      return position === before && isEnd(before)
    })
  }

  /** Remembers a request, its answer, and the results of the tools it asked for, whichever came first. */
  add(request: readonly string[], answer: readonly string[], results: readonly string[]): void {
    let place = this.root
    for (const key of [...request, ...answer]) {
      if (isSystem(key)) this.systems.add(key)
      else for (const atom of atoms(key)) place = step(place, atom)
    }
    place.results.push(...results.slice(0, MOST_RESULTS - place.results.length))
  }
}

function newPlace(): Place {
  return { next: new Map(), results: [] }
}

function isEnd({ place, left }: Position): boolean {
  return left.length === 0 && (place === undefined || place.next.size === 0)
}

function isSystem(key: string): boolean {
  return key.startsWith('st') || key.startsWith('si')
}

function atoms(key: string): string[] {
  return key === '' ? [] : key.split(' ')
}

function walk(start: Position, key: string): Position | undefined {
  let position: Position | undefined = start
  for (const atom of atoms(key)) position = position && after(position, atom)
  return position
}

function after({ place, left }: Position, atom: string): Position | undefined {
  const next = place?.next.get(atom)
  const at = left.indexOf(atom)
  if (!next && at < 0) return undefined
  const others = at < 0 ? [] : left.toSpliced(at, 1)
  return { place: next, left: next ? [...others, ...next.results] : others }
}

function step(place: Place, atom: string): Place {
  let next = place.next.get(atom)
  if (!next) {
    next = newPlace()
    place.next.set(atom, next)
  }
  return next
}
