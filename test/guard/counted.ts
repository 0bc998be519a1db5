/**
 * A ledger in a process of its own, and the statements that its engine executed, as the engine itself tells them:
 * SQLite's driver in each thread that has a connection, PostgreSQL in `pg_stat_statements`.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serveWith } from '../durability/process.ts'
import type { StoreAddress } from '../../src/store/open.ts'
import { storeFromEnvironment, type StoreName } from '../support/server.ts'
import { ownPostgres } from './own-postgres.ts'
import { STATEMENTS_FILE } from './telling-driver.ts'

export interface CountedServer {
  readonly url: string
  readonly address: StoreAddress
  /** What was executed while this was done. */
  during(work: () => Promise<unknown>): Promise<string[]>
  close(): Promise<void>
}

/**
 * What a server asks by itself, now and then: heartbeat, settings of a new connection, upkeep. Of requests only
 * `/v1/ready/` asks the same.
 */
const UNASKED = [
  /^select (1|\$1)$/,
  /set_config/,
  /^PRAGMA/,
  /from telemetry_parts (order|where received_at)/,
  /sum\(size\)/,
]

/** Never ends pending steps, as that looks for them every ten seconds. */
const FLAGS = ['--abandon-after', '0']

export const engine = storeFromEnvironment()

export async function startCounted(): Promise<CountedServer> {
  const { during, ...server } = await STARTERS[engine]()
  return {
    ...server,
    during: async (work) => (await during(work)).filter((sql) => !UNASKED.some((each) => each.test(sql))),
  }
}

const STARTERS: Record<StoreName, () => Promise<CountedServer>> = {
  async sqlite() {
    const dir = mkdtempSync(join(tmpdir(), 'stepledger-counted-'))
    const file = join(dir, 'statements')
    const address = { dataDir: join(dir, 'data') }
    const preload = new URL('tell.ts', import.meta.url)
    const server = await serveWith({ preload, env: { [STATEMENTS_FILE]: file } }, address, ...FLAGS)
    const lines = () => readFileSync(file, 'utf8').split('\n').slice(0, -1)
    return {
      url: server.url,
      address,
      async during(work) {
        const before = lines().length
        await work()
        return lines().slice(before)
      },
      async close() {
        await server.end('SIGTERM')
        rmSync(dir, { recursive: true, force: true })
      },
    }
  },

  async postgres() {
    const database = await ownPostgres()
    const server = await serveWith({}, { url: database.url }, ...FLAGS)
    return {
      url: server.url,
      address: { url: database.url },
      async during(work) {
        await database.forgetStatements()
        await work()
        const found = await database.statements()
        return found.flatMap(({ query, calls }) => Array<string>(calls).fill(query))
      },
      async close() {
        await server.end('SIGTERM')
        await database.destroy()
      },
    }
  },
}

/** Statements without their values, each with how often it was executed. */
export function summary(statements: readonly string[]): string {
  const shapes = Map.groupBy(statements, (sql) => sql.replaceAll(/x?'[^']*'?|\b[\d.e+]+\b/g, '?').slice(0, 90))
  return [...shapes].map(([shape, all]) => `${String(all.length).padStart(6)} × ${shape}`).join('\n')
}
