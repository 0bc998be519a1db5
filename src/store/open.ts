/** From an address to a store: the one place that knows which engines there are. */
import { join } from 'node:path'
import type { PostgresOptions } from './postgres/options.ts'
import { describeUrl } from './postgres/url.ts'
import { openSqlite } from './sqlite/open.ts'
import type { Store } from './store.ts'

/** The ledger's file in a data directory. */
export const LEDGER_FILE = 'ledger.db'

/** Where a ledger is: in a data directory, or in a database. */
export type StoreAddress = { readonly dataDir: string } | { readonly url: string }

/** @throws LedgerError `unusable` saying what is wrong and, where it can be told, what to do */
export async function openStore(
  address: StoreAddress,
  options: Partial<Omit<PostgresOptions, 'url'>> = {},
): Promise<Store> {
  if (!('url' in address)) return openSqlite(join(address.dataDir, LEDGER_FILE), options)
  // Only who uses a database takes the memory for its driver.
  const { openPostgres } = await import('./postgres/open.ts')
  return openPostgres({ ...options, url: address.url })
}

/** Names a ledger's place for people; never shows a password. */
export function describeAddress(address: StoreAddress): string {
  return 'url' in address ? describeUrl(address.url) : address.dataDir
}
