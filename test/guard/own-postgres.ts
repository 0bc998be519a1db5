/** A PostgreSQL server of a test's own, that counts what it does and does nothing by itself. */
import { Client } from 'pg'
import { startPostgres } from '../support/postgres.ts'

/** Full pages in the log, vacuum and analyze come whenever time has passed. */
const SETTINGS = {
  shared_preload_libraries: 'pg_stat_statements',
  fsync: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
  checkpoint_timeout: '1h',
  max_wal_size: '10GB',
}

/** What `pg_stat_statements` says of a statement. */
interface ExecutedStatement {
  readonly query: string
  readonly calls: number
  /** Pages that it looked at, wherever they were. */
  readonly pages: number
}

export interface OwnPostgres {
  /** Of an empty database. */
  readonly url: string
  query<R>(sql: string): Promise<R[]>
  forgetStatements(): Promise<void>
  /** What was executed in the database since then. */
  statements(): Promise<ExecutedStatement[]>
  destroy(): Promise<void>
}

export async function ownPostgres(): Promise<OwnPostgres> {
  const server = await startPostgres({ settings: SETTINGS })
  const admin = await connected(server.url)
  await admin.query('create extension pg_stat_statements')
  await admin.query(`create database ledger template template0 encoding 'UTF8'`)
  const url = new URL(server.url)
  url.pathname = '/ledger'
  const own = await connected(url.href)
  const here = `(select oid from pg_database where datname = 'ledger')`
  return {
    url: url.href,
    query: async <R>(sql: string) => (await own.query(sql)).rows as R[],
    forgetStatements: async () => void (await admin.query('select pg_stat_statements_reset()')),
    async statements() {
      const { rows } = await admin.query<ExecutedStatement>(
        `select query, calls::int, (shared_blks_hit + shared_blks_read)::int as pages
          from pg_stat_statements where dbid = ${here}`,
      )
      return rows
    },
    async destroy() {
      await own.end()
      await admin.end()
      await server.destroy()
    },
  }
}

async function connected(url: string): Promise<Client> {
  const client = new Client({ connectionString: url })
  await client.connect()
  return client
}
