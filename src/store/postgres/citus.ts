/**
 * Citus: PostgreSQL whose tables are spread over several servers. All that is special about it is in this file; the
 * reasons for the columns are in docs/decisions/0006.
 */
import type { ClientBase } from 'pg'
import type { Differences } from '../sql/engine.ts'
import { POSTGRES } from './differences.ts'

/**
 * The column by whose hash a table's rows are spread; `null` = small, and whole on every server. Each is part of every
 * unique key of its table. Tables that are joined are spread by the same ids, so that a join stays on one server.
 */
export const DISTRIBUTION = {
  stepledger_schema: null,
  projects: null,
  api_keys: null,
  steps: 'id',
  step_tags: 'id',
  runs: 'id',
  run_messages: 'run_id',
  run_tools: 'run_id',
  contents: 'hash',
  telemetry_parts: 'group_id',
  step_aliases: 'id',
  ingest_counts: 'project',
} as const satisfies Record<string, string | null>

/**
 * Rows are locked and changed one by one, each where it is: Citus locks rows, and joins changes with what is given, only
 * within one shard. Reads by many keys and new rows go to all shards at once.
 */
export const CITUS: Differences = {
  ...POSTGRES,
  atOnce: { keys: true, locks: false, inserts: true, changes: false },
}

export async function hasCitus(client: ClientBase): Promise<boolean> {
  const { rowCount } = await client.query(`select 1 from pg_extension where extname = 'citus'`)
  return rowCount === 1
}

/** Which of the ledger's tables are distributed already. */
async function distributed(client: ClientBase): Promise<Set<string>> {
  const { rows } = await client.query<{ name: string }>(
    `select c.relname as name from pg_dist_partition as p join pg_class as c on c.oid = p.logicalrelid
      where c.relnamespace = (select oid from pg_namespace where nspname = current_schema())`,
  )
  return new Set(rows.map(({ name }) => name))
}

/** Whether the tables are spread, so that statements must be those of {@link CITUS}. */
export async function isDistributed(client: ClientBase): Promise<boolean> {
  return (await hasCitus(client)) && (await distributed(client)).size > 0
}

/** Spreads the tables that are not spread yet; with what they hold, when the extension came later than the ledger. */
export async function distribute(client: ClientBase): Promise<void> {
  const done = await distributed(client)
  // Otherwise a table could not be made whole everywhere after another one was spread in the same transaction.
  await client.query(`set local citus.multi_shard_modify_mode = 'sequential'`)
  for (const [table, column] of Object.entries(DISTRIBUTION)) {
    if (done.has(table)) continue
    if (column === null) await client.query(`select create_reference_table($1::regclass)`, [table])
    else await client.query(`select create_distributed_table($1::regclass, $2)`, [table, column])
  }
}
