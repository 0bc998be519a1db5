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
  // Compressed where that is fast (lz4 is in nearly every build, but need not be), else not at all: the old way (pglz)
  // takes half of the time that recording a step takes the server.
  largeColumn: (table, column) => `DO $$ BEGIN
      ALTER TABLE ${table} ALTER COLUMN ${column} SET COMPRESSION lz4;
    EXCEPTION WHEN feature_not_supported OR invalid_parameter_value THEN
      ALTER TABLE ${table} ALTER COLUMN ${column} SET STORAGE EXTERNAL;
    END $$`,
  indexHints: false,
  indexesSaid: true,
  lazyUnion: false,
  orderedJoin: 'join',
  place: (n) => `$${n}`,
  // The step's own tags: no other table is read, on whichever machine that is.
  tagged: (places, all) => sql`s.tags::jsonb ${raw(all ? '?&' : '?|')} array[${joined(places)}]::text[]`,
  lock: 'for update',
  atOnce: { keys: true, locks: true, inserts: true, changes: true },
}
