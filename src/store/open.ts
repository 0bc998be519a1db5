/** From settings to a store. */
import { join } from 'node:path'
import { openSqlite } from './sqlite/open.ts'
import type { Store } from './store.ts'

/** The ledger's file in a data directory. */
export const LEDGER_FILE = 'ledger.db'

export function openStore(dataDir: string): Promise<Store> {
  return openSqlite(join(dataDir, LEDGER_FILE))
}
