/** Which messages of a request are new in their run (mapping, section 9.1): by position and content, never by guess. */

/** Results of one answer that are recognised in any order. */
const MOST_RESULTS = 500

interface Place {
  readonly next: Map<string, Place>
  /** Of a tool call whose answer told no id: the one that its step gave it. */
  callId?: string
  /** Results that came after what leads here; a later request may list them in any order. */
  readonly results: string[]
}

export interface Recognised {
  /** For each message whether any of it is new. */
  readonly isNew: readonly boolean[]
  /** Of messages of results that are new in part the places of those that are not. */
  readonly told: ReadonlyMap<number, ReadonlySet<number>>
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
  private hasGivenIds = false
  /** Of the last answer whose tools are known. */
  private lastResults: readonly string[] = []

  /** Where a conversation begins whose request is sent whole. */
  start(): Position {
    return { place: this.root, left: this.root.results }
  }

  /** Where the run stood after this message too; undefined where no call held it there. */
  follow(position: Position, key: string): Position | undefined {
    return isSystem(key) ? position : walk(position, key)
  }

  /**
   * What of a request an earlier call held.
   * @param keys one for each message: its parts' fingerprints, separated by blanks
   */
  recognise(keys: readonly string[]): Recognised {
    const told = new Map<number, ReadonlySet<number>>()
    let position: Position | undefined = this.startOf(keys)
    const isNew = keys.map((key, i) => {
      // System prompts change in place; each of them counts once, wherever it stands.
      if (isSystem(key)) return !this.systems.has(key)
      if (!position) return true
      const before: Position = position
      position = walk(before, key)
      if (position === undefined && areResults(key)) {
        const { known, left } = someOf(before, key)
        if (known.size > 0) told.set(i, known)
        position = { place: undefined, left }
        return true
      }
      if (position === undefined) return true
      // What has no fingerprint, such as reasoning, is known where what follows is.
      return position === before && isEnd(before)
    })
    return { isNew, told }
  }

  /** Where a provider keeps the conversation, a request begins with the results. */
  private startOf(keys: readonly string[]): Position {
    const first = keys.find((key) => key !== '' && !isSystem(key))
    const isGoingOn = first !== undefined && keys.every((key) => isSystem(key) || areResults(key))
    return isGoingOn ? { place: undefined, left: this.lastResults } : this.start()
  }

  /**
   * The ids that earlier steps gave to tool calls that were told without any.
   * @param keys as for {@link recognise}
   * @returns for each message those of its calls, in order; an empty list where no step gave any
   */
  givenIds(keys: readonly string[]): readonly (readonly string[])[] {
    if (!this.hasGivenIds) return []
    let place: Place | undefined = this.root
    return keys.map((key) => {
      const ids: string[] = []
      for (const atom of isSystem(key) ? [] : atoms(key)) {
        place = place?.next.get(atom)
        if (place?.callId !== undefined) ids.push(place.callId)
      }
      return ids
    })
  }

  /**
   * Remembers a request, its answer, and the results of the tools it asked for, whichever came first.
   * @param callIds for each tool call of the answer the id that its step gave it; undefined where it was told one
   */
  add(
    request: readonly string[],
    answer: readonly string[],
    results: readonly string[],
    callIds: readonly (string | undefined)[],
  ): void {
    let place = this.root
    for (const key of request) place = this.pass(place, key)
    const ids = callIds[Symbol.iterator]()
    for (const key of answer) place = this.pass(place, key, ids)
    place.results.push(...results.slice(0, MOST_RESULTS - place.results.length))
    if (results.length > 0 || callIds.length > 0) this.lastResults = place.results
  }

  private pass(start: Place, key: string, callIds?: Iterator<string | undefined>): Place {
    if (isSystem(key)) {
      this.systems.add(key)
      return start
    }
    let place = start
    for (const atom of atoms(key)) {
      const next = step(place, atom)
      // Some send an answer's calls back without the words before them.
      if (callIds && isCall(atom) && place !== start && !start.next.has(atom)) start.next.set(atom, next)
      place = next
      const id = isCall(atom) ? callIds?.next().value : undefined
      if (id === undefined) continue
      place.callId = id
      this.hasGivenIds = true
    }
    return place
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

/** The results of a message that are told, whatever stands between them. */
function someOf(start: Position, key: string): { known: ReadonlySet<number>; left: readonly string[] } {
  const known = new Set<number>()
  let position = start
  for (const [i, atom] of atoms(key).entries()) {
    const next = after(position, atom)
    if (!next) continue
    known.add(i)
    position = next
  }
  return { known, left: position.left }
}

function areResults(key: string): boolean {
  return atoms(key).every((atom) => atom.startsWith('tr'))
}

function isCall(atom: string): boolean {
  return atom.startsWith('ac')
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
