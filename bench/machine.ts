/** On what figures were taken: what they can only be compared with, and what was set. */
import { readFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import Database from 'better-sqlite3'
import { onServer, POSTGRES_SETTINGS, type Engine, type Places } from './places.ts'

export async function describeMachine(engines: readonly Engine[], places: Places): Promise<Record<string, unknown>> {
  const processors = cpus()
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string } // prettier-ignore
  return {
    stepledger: version,
    taken_at: new Date().toISOString(),
    processors: processors.length,
    processor: processors[0]?.model ?? 'unknown',
    memory_mib: Math.round(totalmem() / 1024 / 1024),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    ...(engines.includes('sqlite') && {
      sqlite: { version: sqliteVersion(), journal_mode: 'wal', synchronous: 'full' },
    }),
    ...(engines.includes('postgres') && { postgres: { version: await postgresVersion(places), ...POSTGRES_SETTINGS } }),
  }
}

function sqliteVersion(): unknown {
  const database = new Database(':memory:')
  const version: unknown = database.prepare('select sqlite_version()').pluck().get()
  database.close()
  return version
}

async function postgresVersion(places: Places): Promise<unknown> {
  const { url } = await places.postgres()
  const [row] = (await onServer(url, 'show server_version')) as { server_version: string }[]
  return row?.server_version
}
