/** The engines that the store's contract suite runs on. A new one is one more entry here and a test file that names it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { CITUS } from '../../src/store/postgres/citus.ts'
import { openPostgres } from '../../src/store/postgres/open.ts'
import type { Differences } from '../../src/store/sql/engine.ts'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import type { Store } from '../../src/store/store.ts'
import { freshDatabase } from './postgres.ts'

/** The tables whose rows a test may count, to see what is left behind. */
export const TABLES = [
  'steps',
  'step_tags',
  'runs',
  'run_messages',
  'run_tools',
  'contents',
  'telemetry_parts',
  'step_aliases',
  'ingest_counts',
] as const
export type Table = (typeof TABLES)[number]

/** An empty ledger that belongs to one test file. */
export interface OpenLedger {
  readonly store: Store
  /** Another store on the same ledger, as a second process has it; whoever opens it closes it. */
  openAnother(): Promise<Store>
  /** Closes `store` and opens the same ledger again. */
  reopen(): Promise<Store>
  /** How many rows a table holds for a project. */
  count(table: Table, project: string): Promise<number>
  /** Closes and removes everything. */
  destroy(): Promise<void>
}

/** In what engines may differ where the contract can tell. */
export interface EngineFacts {
  /** Whether commits reach the disk; a server that serves tests only may be faster instead. */
  readonly durable: boolean
}

export interface TestEngine {
  readonly name: string
  readonly facts: EngineFacts
  open(): Promise<OpenLedger>
}

export const sqlite: TestEngine = {
  name: 'SQLite',
  facts: { durable: true },
  async open() {
    const dir = mkdtempSync(join(tmpdir(), 'stepledger-store-'))
    const file = join(dir, 'ledger.db')
    let store = await openSqlite(file)
    return {
      get store() {
        return store
      },
      openAnother: () => openSqlite(file),
      async reopen() {
        await store.close()
        return (store = await openSqlite(file))
      },
      async count(table, project) {
        const connection = new Database(file, { readonly: true })
        const row = connection.prepare(`select count(*) as n from ${table} where project = ?`).get(project)
        connection.close()
        return (row as { n: number }).n
      },
      async destroy() {
        await store.close()
        rmSync(dir, { recursive: true, force: true })
      },
    }
  },
}

export const postgres: TestEngine = {
  name: 'PostgreSQL',
  facts: { durable: false },
  open: () => openDatabase(),
}

/** What a Citus cluster is asked, asked of plain PostgreSQL, which understands it as well. */
export const citusStatements: TestEngine = {
  name: 'PostgreSQL, with the statements for Citus',
  facts: { durable: false },
  open: () => openDatabase(CITUS),
}

async function openDatabase(differences?: Differences): Promise<OpenLedger> {
  const database = await freshDatabase()
  const { url } = database
  const open = () => openPostgres({ url }, differences)
  let store = await open()
  return {
    get store() {
      return store
    },
    openAnother: open,
    async reopen() {
      await store.close()
      return (store = await open())
    },
    async count(table, project) {
      const [row] = await database.query<{ n: string }>(`select count(*) as n from ${table} where project = $1`, [
        project,
      ])
      return Number(row?.n)
    },
    async destroy() {
      await store.close()
      await database.drop()
    },
  }
}
