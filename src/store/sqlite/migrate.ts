/** Brings a database file to the schema that this program knows. */
import { closeSync, openSync, readSync } from 'node:fs'
import { LedgerError } from '../../domain/errors.ts'
import { MIGRATIONS, newerSchemaMessage, SCHEMA_VERSION } from '../sql/migrations/index.ts'
import type { Connection } from './connection.ts'
import { SQLITE } from './differences.ts'

/**
 * Runs the migrations that are missing, each in a transaction of its own. Safe with several starters: whoever comes
 * second waits for the first one's write lock and then finds nothing left to do.
 * @throws LedgerError `unusable` when the schema is newer than this program
 */
export function migrate(connection: Connection): void {
  if (versionOf(connection) === SCHEMA_VERSION) return
  for (const { number, statements } of MIGRATIONS) {
    connection
      .transaction(() => {
        if (versionOf(connection) >= number) return
        for (const statement of statements(SQLITE)) connection.exec(statement)
        connection.pragma(`user_version = ${number}`)
      })
      .immediate()
  }
  const found = versionOf(connection)
  if (found > SCHEMA_VERSION) throw new LedgerError('unusable', newerSchemaMessage(found))
}

/** Where SQLite's file format keeps `user_version`: four bytes, big-endian. */
const VERSION_OFFSET = 60
const ANY_SCHEMA = 1_000_000
const MAGIC = 'SQLite format 3\0'

/**
 * Looks at a file before SQLite opens it, which would already change it.
 * @throws LedgerError `unusable` when it is no SQLite file, or of a newer schema
 */
export function inspectFile(file: string): void {
  const header = Buffer.alloc(100)
  const descriptor = openSync(file, 'r')
  const length = readSync(descriptor, header)
  closeSync(descriptor)
  if (length === 0) return
  if (header.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw new LedgerError('unusable', `${file} is not a ledger (not an SQLite file). Choose another data directory.`)
  }
  const found = header.readUInt32BE(VERSION_OFFSET)
  // A number beyond any history of a schema is damage, which SQLite tells better.
  if (found > SCHEMA_VERSION && found < ANY_SCHEMA) throw new LedgerError('unusable', newerSchemaMessage(found))
}

export function versionOf(connection: Connection): number {
  return connection.pragma('user_version', { simple: true }) as number
}
