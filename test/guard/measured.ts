/** A store in this process, and what its engine wrote: commits, bytes of its log, bytes of its files. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { openPostgres } from '../../src/store/postgres/open.ts'
import { sqlReader } from '../../src/store/sql/reader.ts'
import { connect, executor } from '../../src/store/sqlite/connection.ts'
import { SQLITE } from '../../src/store/sqlite/differences.ts'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import type { Store, StepReader } from '../../src/store/store.ts'
import type { StoreName } from '../support/server.ts'
import { engine } from './counted.ts'
import { ownPostgres } from './own-postgres.ts'

export interface MeasuredLedger {
  readonly store: Store
  commits(): Promise<number>
  /** Bytes of the write-ahead log since the ledger was made. */
  logBytes(): Promise<number>
  /** Bytes of each table with its indexes. Closes the store. */
  tableBytes(): Promise<Record<string, number>>
  /** Once the ledger is filled: what the engine does later by itself, so that it changes nothing between two lists. */
  settle(): Promise<void>
  /** How many pages the engine looks at while this is read. */
  pagesRead(work: (read: StepReader) => Promise<unknown>): Promise<number>
  destroy(): Promise<void>
}

export const startMeasured = (): Promise<MeasuredLedger> => STARTERS[engine]()

const STARTERS: Record<StoreName, () => Promise<MeasuredLedger>> = {
  async sqlite() {
    const dir = mkdtempSync(join(tmpdir(), 'stepledger-measured-'))
    const file = join(dir, 'ledger.db')
    const store = await openSqlite(file)
    const log = () => logOf(`${file}-wal`)
    return {
      store,
      commits: async () => log().commits,
      logBytes: async () => log().bytes,
      async tableBytes() {
        await store.close()
        const connection = new Database(file, { readonly: true })
        // What the file itself says; the name of an index stands beside that of its table.
        const rows = connection
          .prepare(
            `select coalesce(tbl_name, dbstat.name) as name, sum(pgsize) as bytes
              from dbstat left join sqlite_schema on sqlite_schema.name = dbstat.name group by 1`,
          )
          .all() as { name: string; bytes: number }[]
        connection.close()
        return Object.fromEntries(rows.map(({ name, bytes }) => [name, bytes]))
      },
      settle: () => store.close(),
      async pagesRead(work) {
        // Nothing is in its cache, which is larger than any list: each page is read once, by this thread.
        const connection = connect(file, { readonly: true })
        connection.prepare('select id from steps limit 0').all()
        const before = bytesRead()
        await work(sqlReader(executor(connection), SQLITE))
        const bytes = bytesRead() - before
        const pageSize = connection.pragma('page_size', { simple: true }) as number
        connection.close()
        return Math.floor(bytes / pageSize)
      },
      async destroy() {
        await store.close()
        rmSync(dir, { recursive: true, force: true })
      },
    }
  },

  async postgres() {
    const database = await ownPostgres()
    const store = await openPostgres({ url: database.url })
    return {
      store,
      async commits() {
        const commits = (await database.statements()).filter(({ query }) => query === 'commit')
        return commits.reduce((sum, { calls }) => sum + calls, 0)
      },
      async logBytes() {
        const [row] = await database.query<{ bytes: string }>(`select pg_current_wal_insert_lsn() - '0/0' as bytes`)
        return Number(row?.bytes)
      },
      async tableBytes() {
        await store.close()
        const rows = await database.query<{ name: string; bytes: string }>(
          `select relname as name, pg_total_relation_size(oid) as bytes from pg_class
            where relkind = 'r' and relnamespace = 'public'::regnamespace`,
        )
        return Object.fromEntries(rows.map(({ name, bytes }) => [name, Number(bytes)]))
      },
      settle: async () => void (await database.query('vacuum analyze')),
      async pagesRead(work) {
        // Tables and plans that a connection has not met yet are looked up first.
        await work(store.read)
        await database.forgetStatements()
        await work(store.read)
        return (await database.statements()).reduce((sum, { pages }) => sum + pages, 0)
      },
      async destroy() {
        await store.close()
        await database.destroy()
      },
    }
  },
}

const THREAD_IO = '/proc/thread-self/io'

/** Of SQLite only where the system tells what a thread has read; its driver does not. */
export const pagesCanBeCounted = engine !== 'sqlite' || existsSync(THREAD_IO)

/** What this thread has read from files so far. */
function bytesRead(): number {
  return counted(THREAD_IO, 'rchar')
}

const PROCESS_IO = '/proc/self/io'

/** What all threads of this process wrote is told by the system, and only SQLite writes from here. */
export const writesCanBeCounted = engine === 'sqlite' && existsSync(PROCESS_IO)

/** What this process has written so far, to files, sockets and pipes. */
export function bytesWritten(): number {
  return counted(PROCESS_IO, 'wchar')
}

/** `proc_pid_io(5)`: a name and a number a line. */
function counted(file: string, name: string): number {
  const line = readFileSync(file, 'utf8').split('\n').find((each) => each.startsWith(`${name}: `)) // prettier-ignore
  return Number(line?.slice(name.length + 2))
}

const HEADER = 32
const FRAME_HEADER = 24

/** SQLite's write-ahead log, as long as it was never begun anew (https://www.sqlite.org/fileformat2.html#walformat). */
function logOf(path: string): { bytes: number; commits: number } {
  const log = readFileSync(path)
  const frame = FRAME_HEADER + log.readUInt32BE(8)
  const checkpoints = log.readUInt32BE(12)
  if (checkpoints > 0) throw new Error('the log was begun anew: what was written before is not counted')
  let commits = 0
  // Only the last frame of a commit tells the size of the database.
  for (let at = HEADER; at < log.length; at += frame) commits += log.readUInt32BE(at + 4) > 0 ? 1 : 0
  return { bytes: log.length, commits }
}
