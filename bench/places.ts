/** Where the bench keeps its ledgers: directories, and databases on a PostgreSQL server of its own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import type { StoreAddress } from '../src/store/open.ts'
import { startPostgres, type PostgresServer } from '../test/support/postgres.ts'

export const ENGINES = ['sqlite', 'postgres'] as const
export type Engine = (typeof ENGINES)[number]

/** As durable as PostgreSQL makes it; memory as its manual advises for a machine of this size. */
const SETTINGS = { shared_buffers: '1GB', max_wal_size: '4GB', checkpoint_timeout: '15min' }

export class Places {
  readonly directory = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'stepledger-bench-'))
  private server: Promise<PostgresServer> | undefined
  private made = 0

  /** A new, empty place for a ledger. */
  async make(engine: Engine): Promise<StoreAddress> {
    const name = `bench_${(this.made += 1)}`
    if (engine === 'sqlite') return { dataDir: join(this.directory, name) }
    const { url } = await this.postgres()
    await onServer(url, `create database ${name} template template0 encoding 'UTF8'`)
    return { url: url.replace(/\/postgres$/, `/${name}`) }
  }

  /** The server that holds the databases; started when it is first asked for. */
  postgres(): Promise<PostgresServer> {
    this.server ??= startPostgres({ settings: SETTINGS })
    return this.server
  }

  async remove(): Promise<void> {
    await (await this.server)?.destroy()
    rmSync(this.directory, { recursive: true, force: true })
  }
}

/** Runs SQL on a database. */
export async function onServer(url: string, ...statements: string[]): Promise<unknown[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    let rows: unknown[] = []
    for (const statement of statements) rows = (await client.query(statement)).rows
    return rows
  } finally {
    await client.end()
  }
}
