/** SQLite: the facts that shared SQL asks about. */
import type { Differences } from '../sql/engine.ts'

export const SQLITE: Differences = {
  bigintType: 'INTEGER',
  bytesType: 'BLOB',
  textType: 'TEXT',
  clusteredTable: ' WITHOUT ROWID',
  indexHints: true,
  lazyUnion: true,
  place: () => '?',
}
