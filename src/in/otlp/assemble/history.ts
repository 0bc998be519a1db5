/** Which messages of a request are new in their run (mapping, section 9.1): by position and content, never by guess. */

interface Place {
  readonly next: Map<string, Place>
  /** Results that came after what leads here; a later request may list them in any order. */
  readonly results: string[]
}

/** Where in a run a request stands: at a place, and behind those of its results that the request held already. */
interface Position {
  readonly place: Place
  readonly taken: readonly string[]
}

/** What the calls of one run held so far. */
export class History {
  private readonly root = newPlace()
  private readonly systems = new Set<string>()

  /** Where every conversation of the run begins. */
  start(): Position {
    return { place: this.root, taken: [] }
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
    place.results.push(...results)
  }
}

function newPlace(): Place {
  return { next: new Map(), results: [] }
}

function isEnd({ place, taken }: Position): boolean {
  return place.next.size === 0 && place.results.length === taken.length
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

function after({ place, taken }: Position, atom: string): Position | undefined {
  const next = taken.length === 0 ? place.next.get(atom) : undefined
  if (next) return { place: next, taken: [] }
  const isLeft = count(place.results, atom) > count(taken, atom)
  return isLeft ? { place, taken: [...taken, atom] } : undefined
}

const count = (atoms: readonly string[], atom: string) => atoms.filter((each) => each === atom).length

function step(place: Place, atom: string): Place {
  let next = place.next.get(atom)
  if (!next) {
    next = newPlace()
    place.next.set(atom, next)
  }
  return next
}
