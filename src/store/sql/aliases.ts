/** Ids of steps that became part of others (mapping, section 11.6): each means the step that took its place. */
import type { Differences, Executor } from './engine.ts'
import { insertRows, keyed, slot, sql, type KeyedStatement, type RowsStatement } from './sql.ts'

/** How often a step that took another's place became part of a third one: nothing nests deeper. */
const MOST_LINKS = 8

export interface AliasStatements {
  find: KeyedStatement
  put: RowsStatement
  remove: KeyedStatement
  /** Removes those that mean these steps. */
  removeOf: KeyedStatement
  /** Which of these ids are those of steps. */
  steps: KeyedStatement
}

export function aliasStatements(d: Differences): AliasStatements {
  const project = sql`project = ${slot('project')}`
  const removeBy = (column: string, atOnce?: boolean) =>
    keyed((key) => sql`delete from step_aliases where ${project} and ${key} returning id`, column, d, atOnce)
  return {
    find: keyed((id) => sql`select step_id from step_aliases where ${project} and ${id}`, 'id', d),
    put: insertRows(
      d,
      'step_aliases',
      ['project', 'id', 'step_id'],
      sql`on conflict (project, id) do update set step_id = excluded.step_id`,
    ),
    remove: removeBy('id', d.atOnce.changes),
    removeOf: removeBy('step_id'),
    steps: keyed((id) => sql`select id from steps where ${project} and ${id}`, 'id', d),
  }
}

/** What `get` finds under the id, or under the id that took its place. */
export async function following<T>(
  x: Executor,
  s: AliasStatements,
  project: string,
  id: string,
  get: (id: string) => Promise<T | undefined>,
): Promise<T | undefined> {
  let at: string | undefined = id
  for (let links = 0; at !== undefined && links <= MOST_LINKS; links++) {
    const found = await get(at)
    if (found !== undefined) return found
    const [alias]: { step_id: string }[] = await x.forKeys<{ step_id: string }>(s.find, { project }, [at])
    at = alias?.step_id
  }
  return undefined
}

/** @param changes the steps that are gone, each with the one that took its place; null = none did */
export async function writeAliases(
  x: Executor,
  s: AliasStatements,
  project: string,
  changes: ReadonlyMap<string, string | null>,
): Promise<void> {
  if (changes.size === 0) return
  const sorted = [...changes].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const put = sorted.filter(([id, step_id]) => step_id !== null && step_id !== id)
  await x.forRows(s.put, put.map(([id, step_id]) => ({ project, id, step_id }))) // prettier-ignore
  // The id may have had a meaning before its step came back.
  const gone = sorted.filter(([, step_id]) => step_id === null)
  await x.forKeys(s.remove, { project }, gone.map(([id]) => id)) // prettier-ignore
}

/** Makes the ids of deleted steps, and the ids that mean them, mean nothing. */
export async function removeAliases(
  x: Executor,
  s: AliasStatements,
  project: string,
  ids: readonly string[],
): Promise<void> {
  await x.forKeys(s.remove, { project }, ids.toSorted())
  let meant = ids
  while (meant.length > 0) {
    const gone = await x.forKeys<{ id: string }>(s.removeOf, { project }, meant)
    const found = gone.map(({ id }) => id)
    // One that came back is a step, and others may mean it.
    const back = new Set((await x.forKeys<{ id: string }>(s.steps, { project }, found)).map(({ id }) => id))
    meant = found.filter((id) => !back.has(id))
  }
}
