/** What shared SQL needs of a database: its named differences, and a way to run statements. */
import type { KeyedStatement, RowsStatement, Sql, Statement, Values } from './sql.ts'

/** Facts in which engines differ. Shared code asks a fact, never an engine's name. */
export interface Differences {
  /** 64-bit whole number. */
  readonly bigintType: string
  /** A number that sums of any size fit into, exact up to 2^53. */
  readonly sumType: string
  readonly bytesType: string
  /** Text that sorts and compares bytewise. */
  readonly textType: string
  /** Behind CREATE TABLE: the table is kept in the order of its primary key. */
  readonly clusteredTable: string
  /** Behind CREATE TABLE: rows are changed in place again and again. */
  readonly changingTable: string
  /** What is done to a new table whose `column` holds bytes that are compressed already; empty = nothing. */
  readonly compressedColumn: (table: string, column: string) => string
  /** What is done to a new table whose `column` holds texts of many kilobytes; empty = nothing. */
  readonly largeColumn: (table: string, column: string) => string
  /** A query may name the index that it walks. */
  readonly indexHints: boolean
  /** A query can only say what an index is restricted to (`naming`), so that no other query is served by that index. */
  readonly indexesSaid: boolean
  /** `union … order by … limit` merges branches that an index holds in order, and stops at the limit. */
  readonly lazyUnion: boolean
  /** Joins two tables, reading the first one first where that can be said. */
  readonly orderedJoin: string
  /** How the n-th value's place is written, from 1. */
  readonly place: (n: number) => string
  /** Whether the step `s` has all the tags of these places, or any of them. */
  readonly tagged: (places: readonly Sql[], all: boolean) => Sql
  /** Behind a select: its rows stay as they are until the transaction ends. Empty where there is one writer at a time. */
  readonly lock: string
  /** One statement can take many keys (`= any`), many new rows, many changed rows; else it runs once for each. */
  readonly atOnce: {
    readonly keys: boolean
    readonly locks: boolean
    readonly inserts: boolean
    readonly changes: boolean
  }
}

type Awaitable<T> = T | Promise<T>

/** Runs statements; inside a transaction when it was handed out by one. */
export interface Executor {
  /** The rows that a statement gives; none when it gives none by its nature. */
  all<R>(statement: Statement, values: Values): Awaitable<R[]>
  /** The first rows, until the bytes of their `messages` come to `budget`; at least one when there is one. */
  upTo<R>(statement: Statement, values: Values, budget: number): Awaitable<R[]>
  /** The rows for these keys, in any order. */
  forKeys<R>(statement: KeyedStatement, values: Values, keys: readonly (string | number | Buffer)[]): Awaitable<R[]>
  /** Like {@link forKeys}, for steps by their ids: stops, in the order of the ids, as {@link upTo} does. */
  forKeysUpTo<R>(statement: KeyedStatement, values: Values, keys: readonly string[], budget: number): Awaitable<R[]>
  /** Runs the statement for each of the rows, in their order; how many rows of its table it inserted, changed or deleted. */
  forRows(statement: RowsStatement, rows: readonly Values[]): Awaitable<number>
}

/**
 * What a transaction read is no longer so: it begins anew and reads again. Only where several writers work at the same
 * time (see {@link Differences.lock}).
 */
export class Restart extends Error {
  constructor(what: string) {
    super(`${what} changed while it was written`)
    this.name = 'Restart'
  }
}
