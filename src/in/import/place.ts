/** A value inside a file together with where it stands, so that whatever is wrong with it can be named. */
import { LedgerError } from '../../domain/errors.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/exact-json.ts'
import { parseMicros, type Micros } from '../../domain/time.ts'

const SHOWN = 80

/** Absent and null are the same to every reader: not known. */
export class Place {
  readonly value: JsonValue | undefined
  /** Such as `simulations[3].messages[7].content` or `line 3: result.trajectory[0]`. */
  readonly where: string

  constructor(value: JsonValue | undefined, where = '') {
    this.value = value
    this.where = where
  }

  /** What stands under a key; nothing when this is not an object. */
  at(key: string): Place {
    const value = isJsonObject(this.value) && Object.hasOwn(this.value, key) ? this.value[key] : undefined
    const joint = this.where === '' || this.where.endsWith(': ') ? '' : '.'
    return new Place(value, `${this.where}${joint}${key}`)
  }

  get known(): boolean {
    return this.value !== undefined && this.value !== null
  }

  /** The elements of a list; none when it is not known. */
  list(): Place[] {
    if (!this.known) return []
    if (!Array.isArray(this.value)) this.fail('a list')
    return this.value.map((value, index) => new Place(value, `${this.where}[${index}]`))
  }

  object(): JsonObject {
    if (!isJsonObject(this.value)) this.fail('an object')
    return this.value
  }

  optionalObject(): JsonObject | null {
    return this.known ? this.object() : null
  }

  text(): string | null {
    if (!this.known) return null
    if (typeof this.value !== 'string') this.fail('a text')
    return this.value
  }

  /** A text that is not empty, or null. */
  name(): string | null {
    return this.text() || null
  }

  number(): number | null {
    if (!this.known) return null
    const value = JSON.isRawJSON(this.value) ? Number(this.value.rawJSON) : this.value
    if (typeof value !== 'number') this.fail('a number')
    return value
  }

  count(): number | null {
    const value = this.number()
    if (value !== null && !(Number.isSafeInteger(value) && value >= 0)) this.fail('a whole number from 0')
    return value
  }

  /** An ISO date and time (no zone: UTC), or seconds since 1970. */
  time(): Micros | null {
    if (!this.known) return null
    const accepted = 'an ISO 8601 date and time or seconds since 1970'
    if (typeof this.value === 'string') return parseMicros(this.value.trim()) ?? this.fail(accepted)
    if (typeof this.value !== 'number' && !JSON.isRawJSON(this.value)) this.fail(accepted)
    return Math.round((this.number() as number) * 1e6)
  }

  /** Text for text, JSON text for anything else: for ids and scores that are numbers in one file, texts in another. */
  scalar(): string | null {
    if (!this.known) return null
    return typeof this.value === 'string' ? this.value : JSON.stringify(this.value)
  }

  fail(accepted: string): never {
    const text = this.value === undefined ? 'nothing' : JSON.stringify(this.value)
    const found = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text
    const where = this.where === '' ? 'the file' : this.where
    throw new LedgerError('invalid', `${where}: expected ${accepted}, found ${found}`)
  }
}

const places = new WeakMap<object, string>()

/** Remembers where a step comes from, for the error if the ledger does not accept it. */
export function located<T extends object>(step: T, where: string): T {
  places.set(step, where)
  return step
}

export function placeOf(step: object): string | undefined {
  return places.get(step)
}

/**
 * The keys of the outermost object (of the first line, in a JSONL file) as far as a cut-off text shows them.
 * Looks at nothing but structure, so it also works on a head of a file and on a broken one.
 */
export function topLevelKeys(head: string): Set<string> {
  const keys = new Set<string>()
  const token = /"((?:[^"\\]|\\.)*)"(\s*:)?|[{}[\]]/gsu
  let depth = 0
  if (!head.trimStart().startsWith('{')) return keys
  for (const [text, string, colon] of head.matchAll(token)) {
    if (string !== undefined) {
      if (depth === 1 && colon !== undefined) keys.add(string)
    } else if (text === '{' || text === '[') {
      depth++
    } else if (--depth === 0) {
      break
    }
  }
  return keys
}
