/**
 * SQL as text with named places for values, put together once and run often.
 *
 * A query builder was tried: it took 20 MB of memory and tens of microseconds a query, and the queries of a ledger
 * are few and written for their plans (docs/decisions/0002). What an engine writes differently (the mark of a place)
 * it says in its differences.
 */
import { ARRAY_TYPES, columnType } from './columns.ts'
import type { Differences } from './engine.ts'

/** A piece of SQL: text, and the places in it. */
export interface Sql {
  readonly pieces: readonly (string | Slot)[]
}

/** A named place for a value, filled when the statement runs. */
export class Slot {
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

export function statement(query: Sql, { place }: Pick<Differences, 'place'>): Statement {
  const order: string[] = []
  const text = compact(
    query.pieces.map((piece) => (typeof piece === 'string' ? piece : place(order.push(piece.name)))).join(''),
  )
  return { sql: text, bind: (values) => order.map((name) => values[name]) }
}

const compact = (text: string) => text.replaceAll(/\s+/g, ' ')

/** A statement about the rows whose `key` column is one of several; it takes them at once or is run for each. */
export interface KeyedStatement extends Statement {
  /** The name under which {@link Statement.bind} finds the key, or all of them. */
  readonly key: string
  readonly atOnce: boolean
}

/** @param query the statement, given the condition on its key */
export function keyed(
  query: (matches: Sql) => Sql,
  column: string,
  d: Differences,
  atOnce = d.atOnce.keys,
): KeyedStatement {
  const matches = atOnce ? sql`${raw(column)} = any(${slot(column)})` : sql`${raw(column)} = ${slot(column)}`
  return { ...statement(query(matches), d), key: column, atOnce }
}

/** A statement that is run for rows of values: for many at once, one array a column, or for each. */
export interface RowsStatement {
  readonly sql: string
  /** The values of a row, in the order of the parameters. */
  readonly columns: readonly string[]
  readonly atOnce: boolean
}

/** `insert into table (columns)` with what follows the values: what to do on a conflict. */
export function insertRows(d: Differences, table: string, columns: readonly string[], rest: Sql): RowsStatement {
  const { atOnce } = { atOnce: d.atOnce.inserts }
  const source = atOnce ? sql`select * from ${given(columns)}` : sql`values (${slots(columns)})`
  const query = sql`insert into ${raw(table)} (${names(columns)}) ${source} ${rest}`
  return { sql: statement(query, d).sql, columns, atOnce }
}

/** What a statement about existing rows does, written with `slot(column)` for what is given. */
interface Change {
  readonly table: string
  /** The columns that find the row. */
  readonly keys: readonly string[]
  /** `update table set …` when there is something to set, else `delete from table`. */
  readonly set?: readonly Sql[]
}

/** Changes or deletes one row for each given one. */
export function changeRows(d: Differences, { table, keys, set }: Change): RowsStatement {
  const found = joined(
    keys.map((key) => sql`${raw(`${table}.${key}`)} = ${slot(key)}`),
    ' and ',
  )
  const action = set ? sql`update ${raw(table)} set ${joined(set)}` : sql`delete from ${raw(table)}`
  const all = sql`${action} where ${found}`
  if (!d.atOnce.changes) return perRow(d, all)
  const columns = [...new Set(all.pieces.flatMap((piece) => (typeof piece === 'string' ? [] : [piece.name])))]
  const source = sql` ${raw(set ? 'from' : 'using')} ${given(columns)} as v (${names(columns, GIVEN)}) `
  return { sql: statement(sql`${fromGiven(action)}${source} where ${fromGiven(found)}`, d).sql, columns, atOnce: true } // prettier-ignore
}

/** A statement that is run for each row. */
export function perRow(d: Differences, query: Sql): RowsStatement {
  const columns = query.pieces.flatMap((piece) => (typeof piece === 'string' ? [] : [piece.name]))
  return { sql: statement(query, d).sql, columns, atOnce: false }
}

/** Marks the columns of what is given, so that they are never taken for those of a table. */
export const GIVEN = 'given_'

/** Arrays of the same length as rows. */
export function given(columns: readonly string[]): Sql {
  return sql`unnest(${joined(columns.map((name) => sql`${slot(name)}::${raw(`${ARRAY_TYPES[columnType(name)]}[]`)}`))})`
}

/** Each place as the column of what is given. */
function fromGiven(query: Sql): Sql {
  return { pieces: query.pieces.map((piece) => (typeof piece === 'string' ? piece : `v.${GIVEN}${piece.name}`)) }
}

/** What is made once for each key; when there are too many, the first that was made is dropped. */
export function cached<T>(make: (key: string) => T, capacity = 100): (key: string) => T {
  const kept = new Map<string, T>()
  return (key) => {
    const known = kept.get(key)
    if (known !== undefined) return known
    const value = make(key)
    kept.set(key, value)
    if (kept.size > capacity) kept.delete(kept.keys().next().value as string)
    return value
  }
}
