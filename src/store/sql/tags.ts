/** The distinct tags of a project's steps. */
import { compareBytes } from '../../domain/page.ts'
import type { TagQuery } from '../store.ts'
import type { Differences, Executor } from './engine.ts'
import { raw, slot, sql, statement, type Statement } from './sql.ts'

export interface TagStatements {
  asc: Statement
  desc: Statement
}

export function tagStatements(d: Differences): TagStatements {
  // One look-up for each distinct tag, instead of reading every tagged step to find them.
  const next = (comparison: string, direction: 'min' | 'max') =>
    statement(
      sql`select ${raw(direction)}(tag) as tag from step_tags
        where project = ${slot('project')} and tag ${raw(comparison)} ${slot('tag')}`,
      d,
    )
  return { asc: next('>', 'min'), desc: next('<', 'max') }
}

/** Sorts behind every text that UTF-8 can hold. */
const LAST = '\u{10FFFF}'.repeat(4)

/** A page of tags in bytewise order; cursors are tags and need not exist (contract, section 1.6). */
export async function listTags(x: Executor, statements: TagStatements, query: TagQuery): Promise<string[]> {
  const { project, name, page } = query
  const backwards = page.before !== undefined
  const ascending = (page.order === 'asc') !== backwards
  const [from, to] = backwards ? [page.before, page.after] : [page.after, page.before]
  const wanted = name?.toLowerCase()
  const tags: string[] = []
  let tag: string | null = from ?? (ascending ? '' : LAST)
  while (tags.length < page.limit) {
    const [row]: { tag: string | null }[] = await x.all(ascending ? statements.asc : statements.desc, { project, tag })
    tag = row?.tag ?? null
    if (tag === null || (to !== undefined && compareBytes(tag, to) * (ascending ? 1 : -1) >= 0)) break
    if (wanted === undefined || tag.toLowerCase().includes(wanted)) tags.push(tag)
  }
  return backwards ? tags.reverse() : tags
}
