/** PostgreSQL: the facts that shared SQL asks about. */
import type { Differences } from '../sql/engine.ts'
import { joined, raw, sql } from '../sql/sql.ts'

export const POSTGRES: Differences = {
  bigintType: 'bigint',
  sumType: 'double precision',
  bytesType: 'bytea',
  textType: 'text COLLATE "C"',
  clusteredTable: '',
  // Room in each page, so that a changed row stays there and its indexes need not be told.
  changingTable: ' WITH (fillfactor = 70)',
  compressedColumn: (table, column) => `ALTER TABLE ${table} ALTER COLUMN ${column} SET STORAGE EXTERNAL`,
  indexHints: false,
  lazyUnion: false,
  orderedJoin: 'join',
  place: (n) => `$${n}`,
  // The step's own tags: no other table is read, on whichever machine that is.
  tagged: (places, all) => sql`s.tags::jsonb ${raw(all ? '?&' : '?|')} array[${joined(places)}]::text[]`,
  lock: 'for update',
  atOnce: { keys: true, locks: true, inserts: true, changes: true },
}
