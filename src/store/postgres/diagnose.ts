/** What `doctor` looks at in a PostgreSQL ledger. */
import type { Pool } from 'pg'
import type { Differences } from '../sql/engine.ts'
import { SCHEMA_VERSION } from '../sql/migrations/index.ts'
import type { Finding } from '../store.ts'
import { CITUS } from './citus.ts'
import { versionOf } from './migrate.ts'

export async function diagnose(pool: Pool, d: Differences): Promise<Finding[]> {
  return [await server(pool, d), await schema(pool), await durability(pool), await runSums(pool), await size(pool)]
}

async function setting(pool: Pool, name: string): Promise<string> {
  const { rows } = await pool.query<{ value: string }>('select current_setting($1) as value', [name])
  return rows[0]?.value ?? ''
}

async function server(pool: Pool, d: Differences): Promise<Finding> {
  const spread = d === CITUS ? ', tables distributed by Citus' : ''
  return { check: 'server', ok: true, detail: `PostgreSQL ${await setting(pool, 'server_version')}${spread}` }
}

async function schema(pool: Pool): Promise<Finding> {
  const version = await versionOf(pool)
  return { check: 'schema', ok: version === SCHEMA_VERSION, detail: `version ${version}` }
}

async function durability(pool: Pool): Promise<Finding> {
  const values = await Promise.all(
    ['fsync', 'full_page_writes', 'synchronous_commit'].map(async (name) => [name, await setting(pool, name)] as const),
  )
  return {
    check: 'durability',
    ok: values.every(([, value]) => value !== 'off' && value !== 'local'),
    detail: values.map(([name, value]) => `${name} ${value}`).join(', '),
    remedy: 'Switch fsync and full_page_writes on in postgresql.conf: without them a power cut can destroy the ledger',
  }
}

/** Runs whose step count is not that of their steps. */
async function runSums(pool: Pool): Promise<Finding> {
  const { rows } = await pool.query<{ bad: number }>(
    // Both made first, so that machines which hold parts of one side need not know the other.
    `with counted as materialized (
        select project, run_id as id, count(*) as steps from steps where run_id is not null group by project, run_id
      ), kept as materialized (select project, id, num_steps from runs)
      select count(*) as bad from kept full join counted using (project, id) where num_steps is distinct from steps`,
  )
  const bad = rows[0]?.bad ?? 0
  return {
    check: 'runs',
    ok: bad === 0,
    detail: bad === 0 ? 'counts agree with the steps' : `${bad} runs disagree with their steps`,
    remedy: 'Export the ledger and import it into a new database: that counts all runs anew',
  }
}

async function size(pool: Pool): Promise<Finding> {
  const { rows } = await pool.query<{ size: string }>(
    'select pg_size_pretty(pg_database_size(current_database())) as size',
  )
  return { check: 'size', ok: true, detail: `the database takes ${rows[0]?.size}` }
}
