/** From settings to a ledger. */
import type { Settings } from './config/settings.ts'
import { makeLedger, type Ledger } from './ledger.ts'
import { openStore, type StoreAddress } from './store/open.ts'

/** The database where one is named, else the data directory. */
export function addressOf(settings: Pick<Settings, 'data-dir' | 'database-url'>): StoreAddress {
  const url = settings['database-url']
  return url === '' ? { dataDir: settings['data-dir'] } : { url }
}

/**
 * @param create make the ledger when there is none; what only reads does not
 * @throws LedgerError `unusable`
 */
export async function openLedger(settings: Settings, { create } = { create: true }): Promise<Ledger> {
  const store = await openStore(addressOf(settings), {
    create,
    maxWaitingBytes: settings['max-waiting-bytes'],
    poolSize: settings['database-pool'],
    connectTimeoutMs: settings['database-connect-timeout'] * 1000,
    statementTimeoutMs: settings['database-statement-timeout'] * 1000,
    distribute: settings['database-distribute'] === 'auto',
  })
  return makeLedger(store)
}
