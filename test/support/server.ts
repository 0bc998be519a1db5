/**
 * A real server for tests: a socket, a store on disk, both fresh and gone afterwards.
 *
 * Which store is one argument (or `STEPLEDGER_TEST_STORE`); nothing else here or in the tests knows the engine.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { loadSettings } from '../../src/config/load.ts'
import type { Settings } from '../../src/config/settings.ts'
import type { StepInput } from '../../src/domain/step.ts'
import { hashKey, newKey } from '../../src/http/auth.ts'
import type { Ingest } from '../../src/in/otlp/ingest.ts'
import type { Ledger } from '../../src/ledger.ts'
import { startServer } from '../../src/server.ts'
import type { StoreAddress } from '../../src/store/open.ts'
import type { Role } from '../../src/store/store.ts'
import { freshDatabase } from './postgres.ts'

export interface TestStore {
  address: StoreAddress
  /** Settings that make a server use it. */
  settings: Partial<Settings>
  /** Rows as the engine's driver reads them, beside any server. */
  query(sql: string): Promise<Record<string, unknown>[]>
  dispose(): Promise<void>
}

/** A fresh, empty store of each engine. */
const STORES = {
  async sqlite(): Promise<TestStore> {
    const dir = await mkdtemp(join(tmpdir(), 'stepledger-test-'))
    return {
      address: { dataDir: dir },
      settings: { 'data-dir': dir },
      async query(sql) {
        const connection = new Database(join(dir, 'ledger.db'), { readonly: true })
        try {
          return connection.prepare(sql).all() as Record<string, unknown>[]
        } finally {
          connection.close()
        }
      },
      dispose: () => rm(dir, { recursive: true, force: true }),
    }
  },
  async postgres(): Promise<TestStore> {
    const database = await freshDatabase()
    const { url } = database
    return {
      address: { url },
      settings: { 'database-url': url },
      query: (sql) => database.query(sql),
      dispose: () => database.drop(),
    }
  },
} as const satisfies Record<string, () => Promise<TestStore>>
export type StoreName = keyof typeof STORES

interface TestServerOptions {
  /** An engine, or a store that outlives the server. */
  store?: StoreName | TestStore
  settings?: Partial<Settings>
  /** Where telemetry goes instead of into the ledger. */
  ingest?: Ingest
}

/** What the tests read of a step; the rest is asked for by name. */
type StepJson = Record<string, unknown> & { id: string; created_at: string }

export interface TestServer {
  url: string
  otlpUrl: string | null
  ledger: Ledger
  /** `fetch` of a path on this server. */
  request(path: string, init?: RequestInit): Promise<Response>
  /** Records steps, one request; the answer's steps in the same order. */
  record(inputs: readonly StepInput[], headers?: Record<string, string>): Promise<StepJson[]>
  /** Makes an API key; from the first one on the server asks for keys. `project` null = the whole ledger. */
  createKey(role: Role, project?: string | null): Promise<{ id: string; key: string }>
  revokeKey(id: string): Promise<void>
  createProject(slug: string): Promise<{ id: string; slug: string }>
  close(): Promise<void>
}

/** A store for several servers, one after the other or at once; whoever makes it disposes of it. */
export function freshStore(name: StoreName = storeFromEnvironment()): Promise<TestStore> {
  return STORES[name]()
}

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const lasting = typeof options.store === 'object' ? options.store : undefined
  const store = lasting ? { ...lasting, dispose: async () => {} } : await freshStore(options.store as StoreName)
  const settings: Settings = {
    ...loadSettings({ port: '0', 'log-level': 'error' }, {}),
    ...store.settings,
    ...options.settings,
  }
  const server = await startServer(settings, options.ingest && (() => options.ingest as Ingest)).catch(
    async (error: unknown) => {
      await store.dispose()
      throw error
    },
  )
  const { url, otlpUrl } = server
  const request = (path: string, init?: RequestInit) => fetch(`${url}${path}`, init)
  let made = 0
  return {
    ledger: server.ledger,
    url,
    otlpUrl,
    request,

    async record(inputs, headers = {}) {
      const response = await request('/v1/steps/', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body: JSON.stringify(inputs),
      })
      if (!response.ok) throw new Error(`recording was answered ${response.status}: ${await response.text()}`)
      return (await response.json()) as StepJson[]
    },

    async createKey(role, project = null) {
      const key = newKey()
      const row = {
        name: role,
        prefix: key.slice(0, 6),
        role,
        project,
        created_at: Date.now() * 1000,
        revoked_at: null,
      }
      const id = `key-${(made += 1)}`
      await server.ledger.access.createKey({ ...row, id }, hashKey(key))
      return { id, key }
    },

    async revokeKey(id) {
      await server.ledger.access.revokeKey(id, Date.now() * 1000)
    },

    async createProject(slug) {
      const project = { id: `project-${slug}-${(made += 1)}`, slug, created_at: Date.now() * 1000 }
      await server.ledger.access.createProject(project)
      return project
    },

    async close() {
      await server.close()
      await store.dispose()
    },
  }
}

/** The engine that tests of any engine are run on now. */
export function storeFromEnvironment(): StoreName {
  const name = process.env.STEPLEDGER_TEST_STORE ?? 'sqlite'
  if (name in STORES) return name as StoreName
  throw new Error(`STEPLEDGER_TEST_STORE: must be one of ${Object.keys(STORES).join(', ')}, got '${name}'`)
}
