/** The ledger that the settings name, opened for one command. */
import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { LedgerError } from '../domain/errors.ts'
import type { Settings } from '../config/settings.ts'
import type { Ledger, Scope } from '../ledger.ts'
import { addressOf, openLedger } from '../open-ledger.ts'
import { authorise } from '../http/auth.ts'
import { LEDGER_FILE } from '../store/open.ts'

/** How every SQLite file begins. */
const MAGIC = 'SQLite format 3\0'

/** How a ledger file looks from outside. */
export type LedgerState = { found: 'ledger' | 'nothing' } | { found: 'trouble'; problem: string; remedy: string }

/** Looks at a data directory without changing it. */
export function inspectDataDir(dataDir: string): LedgerState {
  const file = join(dataDir, LEDGER_FILE)
  try {
    if (!statSync(dataDir).isDirectory())
      return trouble(`${dataDir} is not a directory`, 'Name another one: --data-dir')
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK)
    if (!statSync(file).isFile())
      return trouble(`${file} is not a file`, 'Move it away, or name another directory: --data-dir')
    accessSync(file, constants.R_OK | constants.W_OK)
    if (isDatabase(file)) return { found: 'ledger' }
    return trouble(
      `${file} is not a ledger (no SQLite file)`,
      'Move it away, restore a backup, or name another directory: --data-dir',
    )
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return { found: 'nothing' }
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
      return trouble(
        `You may not read and write ${dataDir}`,
        `Become its owner, or name another directory: --data-dir (${message})`,
      )
    }
    return trouble(message, 'Name another directory: --data-dir')
  }
}

function trouble(problem: string, remedy: string): LedgerState {
  return { found: 'trouble', problem, remedy }
}

/** An empty file counts: it is what a database is before its first page. */
function isDatabase(file: string): boolean {
  const start = Buffer.alloc(MAGIC.length)
  const handle = openSync(file, 'r')
  try {
    const length = readSync(handle, start, 0, start.length, 0)
    return length === 0 || start.toString('latin1') === MAGIC
  } finally {
    closeSync(handle)
  }
}

/** @throws LedgerError `unusable` with what is wrong and what to do */
async function open(settings: Settings, options: { create: boolean }): Promise<Ledger> {
  const address = addressOf(settings)
  if ('url' in address) return openLedger(settings, options)
  const { dataDir } = address
  const state = inspectDataDir(dataDir)
  if (state.found === 'trouble') throw new LedgerError('unusable', `${state.problem}. ${state.remedy}`)
  if (state.found === 'nothing' && !options.create) throw new LedgerError('unusable', noLedger(dataDir))
  try {
    return await openLedger(settings)
  } catch (error) {
    // The words of SQLite say what, not what to do.
    if (!(error instanceof LedgerError) || error.cause === undefined) throw error
    throw new LedgerError(error.code, `${error.message}. What to do: stepledger doctor --data-dir ${dataDir}`, {
      cause: error,
    })
  }
}

/** What to tell somebody who reads where nothing is. */
export function noLedger(dataDir: string): string {
  return (
    `There is no ledger in ${dataDir} yet. Start one: stepledger serve; fill one: stepledger import FILE; ` +
    'or name the directory that holds yours: --data-dir'
  )
}

/**
 * Opens the ledger for one piece of work and closes it behind it, whatever happens.
 * @param create make one when there is none; commands that only read do not
 */
export async function withLedger<T>(
  settings: Settings,
  options: { create: boolean },
  work: (ledger: Ledger) => Promise<T>,
): Promise<T> {
  const ledger = await open(settings, options)
  try {
    return await work(ledger)
  } finally {
    await ledger.close()
  }
}

/**
 * The project that a flag names, as the API's own header would.
 * @throws LedgerError `not_found`
 */
export function scopeOf(ledger: Ledger, project: string | undefined): Promise<Scope> {
  const headers = new Headers(project === undefined ? {} : { 'X-Project': project })
  return authorise(headers, 'admin', ledger.access, true)
}
