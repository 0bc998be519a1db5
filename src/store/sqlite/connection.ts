/** One connection to the database file. */
import Database from 'better-sqlite3'
import { MOST_BYTES } from '../../domain/utf8.ts'
import type { Executor } from '../sql/engine.ts'
import { cached, type KeyedStatement, type RowsStatement, type Statement, type Values } from '../sql/sql.ts'

export type Connection = Database.Database

/** How long a writer waits for another process's writer before it gives up, in milliseconds. */
const BUSY_TIMEOUT_MS = 10_000

/**
 * Bytes of a page of a new ledger. A step with its requests takes 2 to 3 kB: of pages of SQLite's usual 4 KiB a third
 * stays empty.
 */
const PAGE_SIZE = 8192

/**
 * Size of the write-ahead log at which a commit moves its pages into the database file. Index pages that many commits touch are
 * moved once for all of them, so a longer log writes less in all.
 */
const CHECKPOINT_BYTES = 64 * 1024 * 1024

export interface OpenOptions {
  readonly: boolean
}

/**
 * Opens the file with the durability that an answer promises: WAL, and `synchronous=FULL`, so that a commit has
 * reached the disk when it returns (design 3).
 */
export function connect(file: string, options: OpenOptions): Connection {
  const connection = new Database(file, { timeout: BUSY_TIMEOUT_MS, readonly: options.readonly })
  if (!options.readonly) {
    connection.pragma(`page_size = ${PAGE_SIZE}`)
    connection.pragma('journal_mode = WAL')
    connection.pragma('synchronous = FULL')
    const pageSize = connection.pragma('page_size', { simple: true }) as number
    connection.pragma(`wal_autocheckpoint = ${Math.round(CHECKPOINT_BYTES / pageSize)}`)
  }
  connection.pragma('cache_size = -16000')
  return connection
}

const messagesOf = (row: unknown) => (row as { messages: string }).messages

/** Runs statements at once, on the thread it is called on. */
export function executor(connection: Connection): Executor {
  const prepared = cached((sql) => connection.prepare(sql))
  const all = <R>(text: string, parameters: unknown[]): R[] => {
    const query = prepared(text)
    if (query.reader) return query.all(...parameters) as R[]
    query.run(...parameters)
    return []
  }
  const upTo = <R>(rows: Iterable<R>, budget: number): R[] => {
    const taken: R[] = []
    // Counting bytes reads the text; until there may be too many, its length says enough.
    let [bytes, most, counted] = [0, 0, 0]
    for (const row of rows) {
      taken.push(row)
      most += messagesOf(row).length * MOST_BYTES
      if (bytes + most < budget) continue
      for (; counted < taken.length; counted++) bytes += Buffer.byteLength(messagesOf(taken[counted]))
      most = 0
      if (bytes >= budget) break
    }
    return taken
  }
  function* each<R>({ sql, key, bind }: KeyedStatement, values: Values, keys: Iterable<unknown>): Generator<R> {
    const query = prepared(sql)
    for (const one of keys) yield* query.all(...bind({ ...values, [key]: one })) as R[]
  }
  return {
    all: (statement, values) => all(statement.sql, statement.bind(values)),
    upTo: <R>(statement: Statement, values: Values, budget: number) =>
      upTo(prepared(statement.sql).iterate(...statement.bind(values)) as IterableIterator<R>, budget),
    forKeys: <R>(statement: KeyedStatement, values: Values, keys: Iterable<unknown>) => [
      ...each<R>(statement, values, keys),
    ],
    forKeysUpTo: <R>(statement: KeyedStatement, values: Values, keys: Iterable<unknown>, budget: number) =>
      upTo(each<R>(statement, values, keys), budget),
    // None of them has `returning`: with it SQLite would copy each page that a row changes, to undo that row alone.
    forRows({ sql, columns }: RowsStatement, rows: readonly Values[]) {
      let written = 0
      for (const row of rows) written += prepared(sql).run(...columns.map((name) => row[name])).changes
      return written
    },
  }
}
