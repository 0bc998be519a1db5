/** What a ledger takes on disk, by what it is for. */
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { LEDGER_FILE, type StoreAddress } from '../src/store/open.ts'
import { onServer } from './places.ts'

interface Relation {
  name: string
  bytes: number
}

/** The first pattern that a table's or an index's name matches says what it is for. */
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/^steps$/, 'steps and their messages'],
  [/^steps_id$/, 'index of ids'],
  [/^steps_|^step_tags/, 'indexes of filters'],
  [/^run_messages/, 'index of messages'],
  [/^runs|^run_tools/, 'runs'],
  [/^contents/, 'requests and responses'],
  [/telemetry|ingest/, 'telemetry'],
]

/** Bytes by kind; the rest is `other`. */
export async function sizesOf(address: StoreAddress): Promise<Map<string, number>> {
  const { relations, messages } = 'url' in address ? await ofDatabase(address.url) : ofFile(address.dataDir)
  const kinds = new Map<string, number>()
  const add = (kind: string, bytes: number) => kinds.set(kind, (kinds.get(kind) ?? 0) + bytes)
  for (const { name, bytes } of relations) add(KINDS.find(([pattern]) => pattern.test(name))?.[1] ?? 'other', bytes)
  // Both are in one table; what is not text of messages is the rest of the row and free space.
  add('messages', messages)
  add('steps without messages', (kinds.get('steps and their messages') ?? 0) - messages)
  kinds.delete('steps and their messages')
  return kinds
}

function ofFile(dataDir: string): { relations: Relation[]; messages: number } {
  const database = new Database(join(dataDir, LEDGER_FILE), { readonly: true })
  const relations = database.prepare('select name, sum(pgsize) as bytes from dbstat group by name').all() as Relation[]
  const [{ messages }] = database.prepare('select sum(octet_length(messages)) as messages from steps').all() as [{ messages: number }] // prettier-ignore
  database.close()
  // Named after their tables: `sqlite_autoindex_runs_1`.
  return { relations: relations.map(({ name, bytes }) => ({ name: name.replace(/^sqlite_autoindex_(\w+)_\d+$/, '$1_pkey'), bytes })), messages } // prettier-ignore
}

/** A table with its large values, and each index. */
async function ofDatabase(url: string): Promise<{ relations: Relation[]; messages: number }> {
  const relations = (await onServer(
    url,
    `select c.relname as name, case when c.relkind = 'r' then pg_table_size(c.oid) else pg_relation_size(c.oid) end::float8 as bytes
      from pg_class as c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'i')`,
  )) as Relation[]
  const [found] = (await onServer(url, 'select sum(pg_column_size(messages))::float8 as messages from steps')) as { messages: number }[] // prettier-ignore
  return { relations, messages: found?.messages ?? 0 }
}
