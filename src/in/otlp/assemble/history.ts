/** Which messages of a request are new in their run (mapping, section 9.1): by position and content, never by guess. */

interface Place {
  readonly next: Map<string, Place>
}

/** What the calls of one run held so far. */
export class History {
  private readonly root: Place = { next: new Map() }
  private readonly systems = new Set<string>()

  /** Where every conversation of the run begins. */
  start(): Place {
    return this.root
  }

  /** Where the run stood after this message too; undefined where no call held it there. */
  follow(place: Place, key: string): Place | undefined {
    return isSystem(key) ? place : walk(place, key)
  }

  /**
   * Which messages of a request an earlier call held.
   * @param keys one for each message: its parts' fingerprints, separated by blanks
   * @returns for each message whether it is new
   */
  isNew(keys: readonly string[]): boolean[] {
    let place: Place | undefined = this.root
    return keys.map((key) => {
      // System prompts change in place; each of them counts once, wherever it stands.
      if (isSystem(key)) return !this.systems.has(key)
      if (!place) return true
      const before = place
      place = walk(place, key)
      if (place === undefined) return true
      // What has no fingerprint, such as reasoning, is known where what follows is.
      return place === before && before.next.size === 0
    })
  }

  /** Remembers a request, its answer, and the results of the tools it asked for, in this order. */
  add(request: readonly string[], answer: readonly string[], results: readonly string[]): void {
    let place = this.root
    for (const key of [...request, ...answer, ...results]) {
      if (isSystem(key)) this.systems.add(key)
      else for (const atom of atoms(key)) place = step(place, atom)
    }
  }
}

function isSystem(key: string): boolean {
  return key.startsWith('st') || key.startsWith('si')
}

function atoms(key: string): string[] {
  return key === '' ? [] : key.split(' ')
}

function walk(start: Place, key: string): Place | undefined {
  let place: Place | undefined = start
  for (const atom of atoms(key)) place = place?.next.get(atom)
  return place
}

function step(place: Place, atom: string): Place {
  let next = place.next.get(atom)
  if (!next) {
    next = { next: new Map() }
    place.next.set(atom, next)
  }
  return next
}
