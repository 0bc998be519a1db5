/** `stepledger keys create | list | revoke` */
import { notFound } from '../domain/errors.ts'
import { isOpaqueId, newId } from '../domain/id.ts'
import { formatMicros, nowMicros } from '../domain/time.ts'
import { hashKey, newKey } from '../http/auth.ts'
import type { Ledger } from '../ledger.ts'
import type { ApiKey, Role } from '../store/store.ts'
import { UsageError } from './errors.ts'
import { scopeOf, withLedger } from './local-ledger.ts'
import { settingsOf, type LedgerOptions } from './options.ts'
import { colorsOf, note, print, widthOf } from './output.ts'
import { TablePrinter, type Column } from './table.ts'
import { shortTime } from './value-text.ts'

/** Characters of a key that are kept to tell it from others: too few to guess the rest by. */
const PREFIX_LENGTH = 9

export type KeyCreateOptions = LedgerOptions & { role: Role; project?: string; json?: boolean }

/** Makes a key and shows it this once; standard output holds the key and nothing else. */
export async function keysCreateCommand(name: string, options: KeyCreateOptions): Promise<void> {
  if (!isOpaqueId(name)) throw new UsageError('NAME: must be 1 to 255 characters without control characters')
  const key = newKey()
  const { made, isFirst } = await withLedger(settingsOf(options), { create: true }, (ledger) =>
    createKey(ledger, key, name, options),
  )
  await print(options.json ? `${JSON.stringify({ ...presented(made), key })}\n` : `${key}\n`)
  note(`Key ${made.id} may ${made.role} in ${made.project ?? 'all projects'}. Keep it now: it is not shown again.`)
  if (isFirst) note('It is the first key of this ledger: from now on every request needs one.')
}

async function createKey(
  ledger: Ledger,
  key: string,
  name: string,
  { role, project }: KeyCreateOptions,
): Promise<{ made: ApiKey; isFirst: boolean }> {
  const made: ApiKey = {
    id: newId('key'),
    name,
    prefix: key.slice(0, PREFIX_LENGTH),
    role,
    project: project === undefined ? null : (await scopeOf(ledger, project)).project,
    created_at: nowMicros(),
    revoked_at: null,
  }
  const isFirst = !(await ledger.access.hasKeys())
  await ledger.access.createKey(made, hashKey(key))
  return { made, isFirst }
}

export async function keysListCommand(options: LedgerOptions & { json?: boolean }): Promise<void> {
  const keys = await withLedger(settingsOf(options), { create: false }, (ledger) => ledger.access.listKeys())
  if (options.json) return print(`${JSON.stringify(keys.map(presented), null, 2)}\n`)
  if (keys.length === 0)
    return note('There is no key: a server on loopback answers to everybody on this machine, any other one to nobody.')
  await print(new TablePrinter(COLUMNS, widthOf(process.stdout), colorsOf(process.stdout)).page(keys))
}

/** Takes a key out of force; running servers refuse it from the next request on. */
export async function keysRevokeCommand(id: string, options: LedgerOptions): Promise<void> {
  await withLedger(settingsOf(options), { create: false }, async ({ access }) => {
    if (!(await access.revokeKey(id, nowMicros()))) throw notFound('Key in force', id)
    note(`Revoked ${id}`)
    if (!(await access.hasKeys()))
      note('No key is left: a server on loopback answers to everybody on this machine, any other one to nobody.')
  })
}

const COLUMNS: readonly Column<ApiKey>[] = [
  { title: 'ID', text: ({ id }) => id },
  { title: 'NAME', text: ({ name }) => name, min: 8, paint: (cell, colors) => colors.cyan(cell) },
  { title: 'KEY', text: ({ prefix }) => `${prefix}…`, spare: 2 },
  { title: 'ROLE', text: ({ role }) => role },
  { title: 'PROJECT', text: ({ project }) => project ?? 'all', min: 8 },
  { title: 'CREATED (UTC)', text: ({ created_at }) => shortTime(formatMicros(created_at)), spare: 3 },
  {
    title: 'REVOKED (UTC)',
    text: ({ revoked_at }) => (revoked_at === null ? '' : shortTime(formatMicros(revoked_at))),
    paint: (cell, colors) => colors.red(cell),
  },
]

function presented(key: ApiKey): object {
  const revoked_at = key.revoked_at === null ? null : formatMicros(key.revoked_at)
  return { ...key, created_at: formatMicros(key.created_at), revoked_at }
}
