/** On what figures were taken: what they can only be compared with, and what was set. */
import { existsSync, readFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import Database from 'better-sqlite3'
import { onServer, POSTGRES_SETTINGS, type Engine, type Places } from './places.ts'

export interface Machine {
  stepledger: string
  taken_at: string
  processors: number
  processor: string
  memory_mib: number
  platform: string
  node: string
  /** How the system's TCP decides how much to send at once; null = not told (Linux tells it). */
  tcp: string | null
  /** Only of engines that were measured. */
  sqlite?: { version: string; journal_mode: string; synchronous: string }
  postgres?: { version: string } & typeof POSTGRES_SETTINGS
}

export async function describeMachine(engines: readonly Engine[], places: Places): Promise<Machine> {
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
    tcp: TCP,
    ...(engines.includes('sqlite') && {
      sqlite: { version: sqliteVersion(), journal_mode: 'wal', synchronous: 'full' },
    }),
    ...(engines.includes('postgres') && { postgres: { version: await postgresVersion(places), ...POSTGRES_SETTINGS } }),
  }
}

const TCP_FILE = '/proc/sys/net/ipv4/tcp_congestion_control'
const TCP = existsSync(TCP_FILE) ? readFileSync(TCP_FILE, 'utf8').trim() : null
/** It sends at the rate that it has seen before, also to the same machine: a page of 300 kB may take 10 ms for seconds. */
export const PACED =
  TCP === 'bbr'
    ? 'TCP with bbr paces loopback as well, which makes p99s of lists up to ten times as long; measure with cubic (sysctl net.ipv4.tcp_congestion_control)'
    : null

function sqliteVersion(): string {
  const database = new Database(':memory:')
  const version = database.prepare('select sqlite_version()').pluck().get() as string
  database.close()
  return version
}

async function postgresVersion(places: Places): Promise<string> {
  const { url } = await places.postgres()
  const [row] = (await onServer(url, 'show server_version')) as { server_version: string }[]
  return row?.server_version ?? 'unknown'
}

/** In a few lines, for people. */
export function machineText(machine: Machine): string {
  const { processors, processor, memory_mib, platform, node, tcp, sqlite, postgres, taken_at, stepledger } = machine
  const list = (settings: Readonly<Record<string, string>>) =>
    Object.entries(settings)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')
  return [
    `- ${processors} processors (${processor}), ${Math.round(memory_mib / 1024)} GiB, ${platform}, Node ${node}${tcp === null ? '' : `, TCP with ${tcp}`}`,
    ...(PACED === null ? [] : [`- ${PACED}`]),
    ...(sqlite ? [`- SQLite: ${list(sqlite)}`] : []),
    ...(postgres ? [`- PostgreSQL, on the same machine: ${list(postgres)}`] : []),
    `- Stepledger ${stepledger}, ${taken_at.slice(0, 10)}`,
  ].join('\n')
}
