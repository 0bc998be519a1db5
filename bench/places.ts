/** Where the bench keeps its ledgers: directories, and databases on a PostgreSQL server of its own. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import type { StoreAddress } from '../src/store/open.ts'
import { startPostgres, type PostgresServer } from '../test/support/postgres.ts'

export const ENGINES = ['sqlite', 'postgres'] as const
export type Engine = (typeof ENGINES)[number]

/** As durable as PostgreSQL makes it; memory as its manual advises for a machine of this size. */
export const POSTGRES_SETTINGS = { shared_buffers: '1GB', max_wal_size: '4GB', checkpoint_timeout: '15min' }

export class Places {
  readonly directory = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'stepledger-bench-'))
  private server: Promise<PostgresServer> | undefined
  private made = 0
  private readonly keep: string | undefined

  /** @param keep a directory in which a PostgreSQL server's data stays; databases of {@link make} are removed all the same */
  constructor(keep?: string) {
    this.keep = keep
    // Before a server of another user makes a directory below that only that user can enter.
    if (keep !== undefined) mkdirSync(keep, { recursive: true })
  }

  /** A new, empty place for a ledger. */
  async make(engine: Engine): Promise<StoreAddress> {
    const name = `bench_${(this.made += 1)}`
    if (engine === 'sqlite') return { dataDir: join(this.directory, name) }
    const { url } = await this.postgres()
    // One that was left behind in what is kept.
    await onServer(url, `drop database if exists ${name} with (force)`)
    await onServer(url, `create database ${name} template template0 encoding 'UTF8'`)
    return { url: databaseOf(url, name) }
  }

  /** The server that holds the databases; started when it is first asked for. */
  postgres(): Promise<PostgresServer> {
    const kept = this.keep === undefined ? {} : { dataDir: join(this.keep, 'postgres') }
    this.server ??= startPostgres({ settings: POSTGRES_SETTINGS, ...kept })
    return this.server
  }

  async remove(): Promise<void> {
    const server = await this.server
    if (server && this.keep !== undefined) {
      for (let i = 1; i <= this.made; i++) await onServer(server.url, `drop database if exists bench_${i} with (force)`)
      await server.stop('fast')
    }
    await server?.destroy()
    rmSync(this.directory, { recursive: true, force: true })
  }
}

/** Another database of the same server. */
export function databaseOf(url: string, name: string): string {
  return url.replace(/\/[^/]*$/, `/${name}`)
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
