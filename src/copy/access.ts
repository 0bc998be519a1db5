/** Projects and API keys of one ledger, made known to another. What is there already stays as it is. */
import { LedgerError } from '../domain/errors.ts'
import type { AccessReader, AccessWriter, StoredKey } from '../store/store.ts'

type Access = AccessReader & AccessWriter

export interface AccessReport {
  projects: { copied: number; kept: number }
  keys: { copied: number; kept: number }
  /** What is there under the same name but is something else. */
  differences: string[]
}

/** @throws LedgerError `unusable` before anything is written, when a project could not be told from another one */
export async function copyAccess(from: AccessReader, to: Access): Promise<AccessReport> {
  const report: AccessReport = { projects: { copied: 0, kept: 0 }, keys: { copied: 0, kept: 0 }, differences: [] }
  const projects = await from.listProjects()
  const there = await to.listProjects()
  for (const { id, slug } of projects) {
    const taken = there.find((other) => other.id === id && other.slug !== slug)
    if (taken) throw new LedgerError('unusable', `The target knows project ${slug} (${id}) as ${taken.slug}`)
  }
  for (const project of projects) {
    const isThere = there.some(({ slug }) => slug === project.slug)
    report.projects[isThere ? 'kept' : 'copied']++
    if (!isThere) await to.createProject(project)
  }
  const known = await to.listStoredKeys()
  for (const key of await from.listStoredKeys()) {
    const other = known.find(({ id, hash }) => id === key.id || hash === key.hash)
    report.keys[other ? 'kept' : 'copied']++
    if (!other) await to.createKey(key, key.hash)
    else if (textOf(other) !== textOf(key)) report.differences.push(differenceOf(key, other))
  }
  return report
}

function textOf({ id, hash, name, role, project, revoked_at }: StoredKey): string {
  return JSON.stringify([id, hash, name, role, project, revoked_at])
}

function differenceOf(key: StoredKey, other: StoredKey): string {
  if (key.revoked_at !== null && other.revoked_at === null) {
    return `${key.id} (${key.name}) was revoked, but is in force in the target: stepledger keys revoke ${other.id}`
  }
  return `${key.id} (${key.name}) is another key in the target`
}
