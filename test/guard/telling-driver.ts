/** The driver of SQLite as the server has it, and a line in a file for each statement before it runs. */
import { appendFileSync } from 'node:fs'
import Database from 'better-sqlite3'

/** Where the lines go. Written at once: when a request is answered, all that it ran is there, of every thread. */
export const STATEMENTS_FILE = 'STEPLEDGER_TEST_STATEMENTS'
const file = process.env[STATEMENTS_FILE] ?? ''

export default function TellingDatabase(name: string, options: Database.Options): Database.Database {
  return new Database(name, { ...options, verbose: (sql) => appendFileSync(file, `${lineOf(String(sql))}\n`) })
}

/** Values stand in the text, and may be long. */
const lineOf = (sql: string) => sql.slice(0, 300).replaceAll(/\s+/g, ' ')
