/** One connection to the database file. */
import Database from 'better-sqlite3'
import type { Executor } from '../sql/engine.ts'
import { cached, type Statement } from '../sql/sql.ts'

export type Connection = Database.Database

/** How long a writer waits for another process's writer before it gives up, in milliseconds. */
const BUSY_TIMEOUT_MS = 10_000

/**
 * Pages of the write-ahead log (4 KiB each) after which a commit moves them into the database file. Index pages that
 * many commits touch are moved once for all of them, so a longer log writes less in all.
 */
const CHECKPOINT_PAGES = 16_000

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
    connection.pragma('journal_mode = WAL')
    connection.pragma('synchronous = FULL')
    connection.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
  }
  connection.pragma('cache_size = -16000')
  return connection
}

/** Runs statements at once, on the thread it is called on. */
export function executor(connection: Connection): Executor {
  const prepared = cached((sql) => connection.prepare(sql))
  const prepare = ({ sql }: Statement) => prepared(sql)
  return {
    all: <R>(statement: Statement, values: Record<string, unknown>) =>
      prepare(statement).all(...statement.bind(values)) as R[],
    upTo<R>(statement: Statement, values: Record<string, unknown>, weigh: (row: R) => number, budget: number) {
      const rows: R[] = []
      let weight = 0
      for (const row of prepare(statement).iterate(...statement.bind(values)) as IterableIterator<R>) {
        rows.push(row)
        weight += weigh(row)
        if (weight >= budget) break
      }
      return rows
    },
    runEach(statement, rows) {
      const query = prepare(statement)
      let changes = 0
      for (const row of rows) changes += query.run(...statement.bind(row)).changes
      return changes
    },
    insertMissing(statement, rows) {
      const query = prepare(statement)
      return rows.map((row) => query.run(...statement.bind(row)).changes > 0)
    },
  }
}
