/**
 * SQL as text with named places for values, put together once and run often.
 *
 * A query builder was tried: it took 20 MB of memory and tens of microseconds a query, and the queries of a ledger
 * are few and written for their plans (docs/decisions/0002). What an engine writes differently (the mark of a place)
 * it says in its differences.
 */
import type { Differences } from './engine.ts'

/** A piece of SQL: text, and the places in it. */
export interface Sql {
  readonly pieces: readonly (string | Slot)[]
}

/** A named place for a value, filled when the statement runs. */
class Slot {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** A place for the value that {@link Statement.bind} finds under `name`. */
export function slot(name: string): Sql {
  return { pieces: [new Slot(name)] }
}

/** Text without places, as it is; never anything that came from outside. */
export function raw(text: string): Sql {
  return { pieces: [text] }
}

/** `select ${column} from steps where id = ${slot('id')}`; only pieces of SQL can be put in, so nothing can be injected. */
export function sql(texts: TemplateStringsArray, ...inserted: readonly Sql[]): Sql {
  const pieces = texts.flatMap((text, i) => [text, ...(inserted[i]?.pieces ?? [])])
  return { pieces: pieces.filter((piece) => piece !== '') }
}

/** The parts with `separator` between them; `none` when there are no parts. */
export function joined(parts: readonly Sql[], separator = ', '): Sql {
  return { pieces: parts.flatMap((part, i) => (i === 0 ? part.pieces : [separator, ...part.pieces])) }
}

/** A list of names as they stand in our own source. */
export function names(list: readonly string[], prefix = ''): Sql {
  return raw(list.map((name) => prefix + name).join(', '))
}

/** A place for each name, of the same name. */
export function slots(list: readonly string[]): Sql {
  return joined(list.map(slot))
}

export type Values = Readonly<Record<string, unknown>>

export interface Statement {
  readonly sql: string
  /** The positional parameters for these values. */
  bind(values: Values): unknown[]
}

export function statement(query: Sql, { place }: Differences): Statement {
  const order: string[] = []
  const text = query.pieces
    .map((piece) => (typeof piece === 'string' ? piece : place(order.push(piece.name))))
    .join('')
    .replaceAll(/\s+/g, ' ')
  return { sql: text, bind: (values) => order.map((name) => values[name]) }
}

/** What is made once for each key, the least recently used dropped first. */
export function cached<T>(make: (key: string) => T, capacity = 100): (key: string) => T {
  const kept = new Map<string, T>()
  return (key) => {
    const value = kept.get(key) ?? make(key)
    kept.delete(key)
    kept.set(key, value)
    if (kept.size > capacity) kept.delete(kept.keys().next().value as string)
    return value
  }
}
