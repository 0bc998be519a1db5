/** SQLite: the facts that shared SQL asks about. */
import type { Differences } from '../sql/engine.ts'
import { joined, raw, sql } from '../sql/sql.ts'

const TAG_OF_STEP = sql`t.project = s.project and t.created_at = s.created_at and t.id = s.id`

export const SQLITE: Differences = {
  bigintType: 'INTEGER',
  sumType: 'INTEGER',
  bytesType: 'BLOB',
  textType: 'TEXT',
  clusteredTable: ' WITHOUT ROWID',
  changingTable: '',
  compressedColumn: () => '',
  largeColumn: () => '',
  indexHints: true,
  indexesSaid: false,
  lazyUnion: true,
  // SQLite keeps this order and no other.
  orderedJoin: 'cross join',
  place: () => '?',
  // Counts the tags that are there: one look-up each, where a condition each would keep the planner busy for seconds.
  tagged: (places, all) =>
    all
      ? sql`(select count(*) from step_tags as t where ${TAG_OF_STEP} and t.tag in (${joined(places)})) = ${raw(`${places.length}`)}`
      : sql`exists (select 1 from step_tags as t where ${TAG_OF_STEP} and t.tag in (${joined(places)}))`,
  lock: '',
  atOnce: { keys: false, locks: false, inserts: false, changes: false },
}
