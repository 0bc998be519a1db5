/** What can be set about a PostgreSQL ledger. */
import { STORE_DEFAULTS, type StoreOptions } from '../store.ts'

export interface PostgresOptions extends StoreOptions {
  /** `postgres://user:password@host:5432/database` */
  readonly url: string
  /** Make the ledger when the database holds none. */
  readonly create: boolean
  /** Connections that this process opens at most. */
  readonly poolSize: number
  readonly connectTimeoutMs: number
  readonly statementTimeoutMs: number
  /** Whether the tables are distributed where the database is a Citus cluster. */
  readonly distribute: boolean
}

export const POSTGRES_DEFAULTS: Omit<PostgresOptions, 'url'> = {
  ...STORE_DEFAULTS,
  create: true,
  poolSize: 10,
  connectTimeoutMs: 5_000,
  statementTimeoutMs: 30_000,
  distribute: true,
}
