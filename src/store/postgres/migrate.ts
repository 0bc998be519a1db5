/** Brings a database to the schema that this program knows. */
import type { PoolClient } from 'pg'
import { LedgerError } from '../../domain/errors.ts'
import { MIGRATIONS, newerSchemaMessage, SCHEMA_VERSION } from '../sql/migrations/index.ts'
import { distribute, hasCitus } from './citus.ts'
import { POSTGRES } from './differences.ts'
import type { PostgresOptions } from './options.ts'
import { describeUrl } from './url.ts'

/** Which lock is ours: any number will do that no other program on the database is likely to take. */
export const MIGRATION_LOCK = '5170482653347713219'

/** The most that a timer takes: the driver's own time-out is that of a statement, and cannot be switched off for one. */
const FOR_EVER_MS = 2 ** 31 - 1

/**
 * Runs the migrations that are missing, all in one transaction. Safe with several starters: whoever comes second waits
 * for the first one's lock and then finds nothing left to do.
 * @throws LedgerError `unusable` when the schema is newer than this program, or there is none and none shall be made
 */
export async function migrate(
  client: PoolClient,
  options: Pick<PostgresOptions, 'create' | 'distribute' | 'url'>,
): Promise<void> {
  const spread = options.distribute && (await hasCitus(client))
  const before = await versionOf(client)
  if (!spread && before === SCHEMA_VERSION) return
  if (before === 0 && !options.create) throw new LedgerError('unusable', noLedgerMessage(options.url))
  const patiently = (text: string) => {
    // Of a query too, which the driver's types do not know.
    const config = { text, query_timeout: FOR_EVER_MS }
    return client.query(config)
  }
  await client.query('begin')
  try {
    // A migration, and so another starter's, may take longer than a statement usually may.
    await client.query(`set local statement_timeout = 0`)
    await patiently(`select pg_advisory_xact_lock(${MIGRATION_LOCK})`)
    const found = await versionOf(client)
    if (found > SCHEMA_VERSION) throw new LedgerError('unusable', newerSchemaMessage(found))
    for (const { number, statements } of MIGRATIONS.slice(found)) {
      for (const statement of statements(POSTGRES)) await patiently(statement)
      if (number === 1) await client.query('create table stepledger_schema (version integer not null)')
    }
    if (found === 0) await client.query('insert into stepledger_schema (version) values ($1)', [SCHEMA_VERSION])
    else await client.query('update stepledger_schema set version = $1', [SCHEMA_VERSION])
    if (spread) await distribute(client)
    await client.query('commit')
  } catch (error) {
    await client.query('rollback').catch(() => {})
    throw error
  }
}

function noLedgerMessage(url: string): string {
  return (
    `There is no ledger in ${describeUrl(url)} yet. Start one: stepledger serve; fill one: stepledger import FILE; ` +
    'or name the database that holds yours: --database-url'
  )
}

/** The schema that a database holds; 0 = none of ours. */
export async function versionOf(client: Pick<PoolClient, 'query'>): Promise<number> {
  const { rows: tables } = await client.query(
    `select 1 from pg_class where relname = 'stepledger_schema' and relnamespace = (select oid from pg_namespace where nspname = current_schema())`,
  )
  if (tables.length === 0) return 0
  const { rows } = await client.query<{ version: number }>('select version from stepledger_schema')
  return rows[0]?.version ?? 0
}
