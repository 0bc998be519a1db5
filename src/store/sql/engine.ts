/** What shared SQL needs of a database: its named differences, and a way to run statements. */
import type { Statement, Values } from './sql.ts'

/** Facts in which engines differ. Shared code asks a fact, never an engine's name. */
export interface Differences {
  /** 64-bit whole number. */
  readonly bigintType: string
  readonly bytesType: string
  /** Text that sorts and compares bytewise. */
  readonly textType: string
  /** Behind CREATE TABLE: the table is kept in the order of its primary key. */
  readonly clusteredTable: string
  /** A query may name the index that it walks. */
  readonly indexHints: boolean
  /** `union … order by … limit` merges branches that an index holds in order, and stops at the limit. */
  readonly lazyUnion: boolean
  /** How the n-th value's place is written, from 1. */
  readonly place: (n: number) => string
}

type Awaitable<T> = T | Promise<T>

/** Runs statements; inside a transaction when it was handed out by one. */
export interface Executor {
  all<R>(statement: Statement, values: Values): Awaitable<R[]>
  /** The first rows, until their weights come to `budget`; at least one when there is one. */
  upTo<R>(statement: Statement, values: Values, weigh: (row: R) => number, budget: number): Awaitable<R[]>
  /** Runs once for each values; returns how many rows changed in all. */
  runEach(statement: Statement, rows: readonly Values[]): Awaitable<number>
  /** Runs an `INSERT … ON CONFLICT DO NOTHING` for each row; tells which rows were new. */
  insertMissing(statement: Statement, rows: readonly Values[]): Awaitable<boolean[]>
}
