/** Every setting, said once: flags, environment variables, help and documentation follow from this table. */
import { homedir } from 'node:os'
import { join } from 'node:path'

export type SettingKind = 'text' | 'secret' | 'port' | 'port-or-off' | 'number' | 'count' | 'bytes' | 'words' | 'choice'

export interface Setting {
  readonly kind: SettingKind
  readonly default: string
  readonly help: string
  readonly choices?: readonly string[]
  /** What the flag without a value means. */
  readonly bare?: string
  /** Another environment variable that is read, because people have it anyway. */
  readonly alias?: string
}

const MIB = 1024 * 1024
const GIB = 1024 * MIB

export const SETTINGS = {
  host: { kind: 'text', default: '127.0.0.1', help: 'Address to listen on; another than loopback needs an API key' },
  port: { kind: 'port', default: '8283', help: 'Port to listen on; 0 lets the system choose' },
  'data-dir': {
    kind: 'text',
    default: join(homedir(), '.stepledger'),
    help: 'Directory of the ledger; made when missing',
  },
  'database-url': {
    kind: 'secret',
    default: '',
    alias: 'DATABASE_URL',
    help: 'PostgreSQL database of the ledger, instead of a directory: postgres://user:password@host:5432/name',
  },
  'database-pool': { kind: 'count', default: '10', help: 'Connections to the database at most' },
  'database-connect-timeout': { kind: 'count', default: '5', help: 'Seconds to wait for a connection to the database' },
  'database-statement-timeout': { kind: 'count', default: '30', help: 'Seconds that one statement may take' },
  'database-distribute': {
    kind: 'choice',
    default: 'auto',
    choices: ['auto', 'off'],
    help: 'Whether tables are distributed by themselves where the database is a Citus cluster',
  },
  'max-waiting-bytes': {
    kind: 'bytes',
    default: String(256 * MIB),
    help: 'Bytes of steps that may wait to be written; more is answered 503 until there is room',
  },
  'log-level': {
    kind: 'choice',
    default: 'info',
    choices: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
    help: 'How much is logged, as JSON lines on standard error',
  },
  'max-body-bytes': {
    kind: 'bytes',
    default: String(64 * MIB),
    help: 'Largest request body, before and after inflating',
  },
  'otlp-port': {
    kind: 'port-or-off',
    default: 'off',
    bare: '4318',
    help: 'Also listen here for OpenTelemetry exporters, which expect 4318',
  },
  'otlp-prefixes': {
    kind: 'words',
    default: '',
    help: 'Paths before /v1/traces where OTLP is accepted too, separated by commas',
  },
  'otlp-keep-hours': {
    kind: 'count',
    default: '24',
    help: 'Hours for which telemetry is kept beside its steps, so that what comes later can still complete them',
  },
  'otlp-keep-bytes': {
    kind: 'bytes',
    default: String(GIB),
    help: 'Bytes of such telemetry at most; the oldest goes first',
  },
  'cors-origins': { kind: 'words', default: '', help: 'Origins of web pages that may call, separated by commas' },
  'abandon-after': {
    kind: 'number',
    default: '3600',
    help: 'Seconds without a write after which a pending step ends as failed (abandoned); 0 = never',
  },
} as const satisfies Record<string, Setting>

export type SettingName = keyof typeof SETTINGS
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[]

export interface Settings {
  host: string
  port: number
  'data-dir': string
  /** Empty = the ledger is in the data directory. */
  'database-url': string
  'database-pool': number
  'database-connect-timeout': number
  'database-statement-timeout': number
  'database-distribute': string
  'max-waiting-bytes': number
  'log-level': string
  'max-body-bytes': number
  /** Null = off. */
  'otlp-port': number | null
  'otlp-prefixes': string[]
  'otlp-keep-hours': number
  'otlp-keep-bytes': number
  'cors-origins': string[]
  'abandon-after': number
}

/** `data-dir` → `STEPLEDGER_DATA_DIR` */
export function variableOf(name: SettingName): string {
  return `STEPLEDGER_${name.toUpperCase().replaceAll('-', '_')}`
}
