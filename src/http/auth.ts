/** API keys: who calls, what they may do, and in which project (design 9; contract, section 1.1). */
import { createHash, randomBytes } from 'node:crypto'
import { LedgerError, notFound } from '../domain/errors.ts'
import type { Scope } from '../ledger.ts'
import { DEFAULT_PROJECT, type AccessReader, type Role } from '../store/store.ts'

const RANK: Record<Role, number> = { read: 0, write: 1, admin: 2 }

/** A new key: 256 random bits behind a recognisable prefix. Shown once; only its hash is kept. */
export function newKey(): string {
  return `sl_${randomBytes(32).toString('base64url')}`
}

/**
 * The form in which a key rests. A plain hash is enough for 256 random bits; and because keys are found by their
 * hash, how long a comparison takes tells nothing about a key.
 */
export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}

/** Whether the ledger lets callers in without a key: only while it has none in force. */
export async function isOpen(access: AccessReader): Promise<boolean> {
  return !(await access.hasKeys())
}

/**
 * The project in which the caller acts.
 * @param open whether callers are let in without a key
 * @throws LedgerError `unauthenticated`, `forbidden`, or `not_found` for a project that the key may not see
 */
export async function authorise(headers: Headers, needed: Role, access: AccessReader, open: boolean): Promise<Scope> {
  const wanted = headers.get('x-project-id') || headers.get('x-project') || undefined
  if (open) return scopeOf(wanted ?? DEFAULT_PROJECT, access)
  const key = await findKey(headers, access)
  if (!key) throw new LedgerError('unauthenticated', 'Unauthorized')
  if (RANK[key.role] < RANK[needed]) {
    throw new LedgerError('forbidden', `This key may ${key.role}; the call needs a key with role ${needed}`)
  }
  if (key.project === null) return scopeOf(wanted ?? DEFAULT_PROJECT, access)
  const own = await scopeOf(key.project, access)
  if (wanted !== undefined && wanted !== own.project && wanted !== own.projectId) throw notFound('Project', wanted)
  return own
}

/** The first key in force among those that the caller presents. */
async function findKey(headers: Headers, access: AccessReader) {
  for (const presented of presentedKeys(headers)) {
    const key = await access.findKey(hashKey(presented))
    if (key && key.revoked_at === null) return key
  }
  return undefined
}

/**
 * `Bearer`, `Basic` and `x-api-key`. SDKs of other products send a public and a secret key as user and password; ours
 * is one key, which users put in either place.
 */
function presentedKeys(headers: Headers): string[] {
  const [, scheme = '', value = ''] = /^(Bearer|Basic)\s+(\S+)\s*$/i.exec(headers.get('authorization') ?? '') ?? []
  if (scheme.toLowerCase() === 'bearer') return [value]
  const [user = '', ...password] = Buffer.from(value, 'base64').toString('utf8').split(':')
  return [password.join(':'), user, headers.get('x-api-key') ?? ''].filter((key) => key !== '')
}

async function scopeOf(name: string, access: AccessReader): Promise<Scope> {
  if (name === DEFAULT_PROJECT) return { project: DEFAULT_PROJECT, projectId: null }
  const project = await access.findProject(name)
  if (!project) throw notFound('Project', name)
  return { project: project.slug, projectId: project.id }
}
