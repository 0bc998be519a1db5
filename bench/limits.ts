/** What the machine could do at best: the limits that figures are compared with. */
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'

/** How often a second one page can be written and made durable, one after another. */
export function measureFsync(directory: string): number {
  const file = openSync(join(directory, 'fsync'), 'w')
  const page = Buffer.alloc(4096, 1)
  const end = performance.now() + 1000
  let count = 0
  while (performance.now() < end) {
    writeSync(file, page)
    fsyncSync(file)
    count++
  }
  closeSync(file)
  return count
}

/**
 * Rows per second that SQLite inserts as durably as a ledger does, into a table with nothing but a key: the same bytes, in
 * commits of so many rows.
 */
export function measureInsert(directory: string, rows: readonly Buffer[], perCommit: number, seconds: number): number {
  const dir = mkdtempSync(join(directory, 'insert-'))
  const database = new Database(join(dir, 'bare.db'))
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  database.pragma('wal_autocheckpoint = 16000')
  database.exec('create table bare (id integer primary key, body blob not null)')
  const insert = database.prepare('insert into bare (body) values (?)')
  let count = 0
  const commit = database.transaction(() => {
    for (let i = 0; i < perCommit; i++) insert.run(rows[count++ % rows.length])
  })
  const start = performance.now()
  while (performance.now() < start + seconds * 1000) commit()
  const perSecond = (count / (performance.now() - start)) * 1000
  database.close()
  rmSync(dir, { recursive: true })
  return Math.round(perSecond)
}
