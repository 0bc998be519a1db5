/** Keyset pages: statements that read positions in list order, from one index or from several merged. */
import type { Window } from '../../domain/page.ts'
import type { Differences } from './engine.ts'
import { joined, raw, slot, sql, type Sql, type Values } from './sql.ts'

/** The part of a window that changes the SQL. */
export type WindowShape = 'asc' | 'asc<' | 'asc>' | 'asc<>' | 'desc' | 'desc<' | 'desc>' | 'desc<>'

export function windowShape(window: Window): WindowShape {
  return `${window.direction}${window.upper ? '<' : ''}${window.lower ? '>' : ''}` as WindowShape
}

export function windowValues(window: Window): Values {
  return {
    upper_at: window.upper?.created_at,
    upper_id: window.upper?.id,
    lower_at: window.lower?.created_at,
    lower_id: window.lower?.id,
  }
}

/** The strict bounds of a window on a table's `(created_at, id)`, as row values: one range of an index. */
export function bounds(shape: WindowShape, alias: string): Sql[] {
  const key = sql`(${raw(`${alias}.created_at`)}, ${raw(`${alias}.id`)})`
  const at = (bound: 'upper' | 'lower') => sql`(${slot(`${bound}_at`)}, ${slot(`${bound}_id`)})`
  const all: Sql[] = []
  if (shape.includes('<')) all.push(sql`${key} < ${at('upper')}`)
  if (shape.includes('>')) all.push(sql`${key} > ${at('lower')}`)
  return all
}

export function ordering(shape: WindowShape, alias: string): Sql {
  const direction = shape.startsWith('asc') ? sql`asc` : sql`desc`
  return sql`${raw(`${alias}.created_at`)} ${direction}, ${raw(`${alias}.id`)} ${direction}`
}

/** `table AS alias`, told to walk `index` where the engine can be told. */
export function walking(d: Differences, table: string, alias: string, index: string): Sql {
  const source = sql`${raw(table)} as ${raw(alias)}`
  return d.indexHints ? sql`${source} indexed by ${raw(index)}` : source
}

/**
 * What is true of every row, and said by an index that would otherwise serve queries meant for another one: it serves
 * only those that say it too. That is how a query names its index where the engine cannot be told.
 *
 * Without it a planner that believes all steps to be of one model (they were when it looked) walks all steps to find
 * those of another.
 */
const SAID: Readonly<Record<string, string>> = {
  steps_created: `id <> ''`,
  steps_pending: `id <> ''`,
  steps_rated: `tags <> ''`,
  steps_feedback: `updated_at <> 0`,
  runs_created: `id <> ''`,
  run_messages_order: `step_id <> ''`,
}

/** What an index is restricted to so that only queries {@link naming} it are served by it. */
export function saidBy(d: Differences, index: string): string {
  return d.indexesSaid ? (SAID[index] ?? '') : ''
}

/** The conditions that name an index; none where it is named in {@link walking}, or serves nobody else's queries. */
export function naming(d: Differences, alias: string, index: string): Sql[] {
  const said = saidBy(d, index)
  return said === '' ? [] : [raw(`${alias}.${said}`)]
}

export function conjunction(conditions: readonly Sql[]): Sql {
  return joined(conditions, ' and ')
}

/**
 * One list out of several branches, each a selection without order or limit that one index holds in order; `union`
 * drops what two of them share. An engine that merges lazily reads from each branch only as far as the page goes;
 * another is told each branch's limit, so that the cost is branches times limit.
 */
export function mergedInOrder(d: Differences, branches: readonly Sql[], shape: WindowShape, alias: string): Sql {
  const limit = sql`limit ${slot('limit')}`
  const [only] = branches
  if (branches.length === 1 && only) return sql`${only} order by ${ordering(shape, alias)} ${limit}`
  const parts = d.lazyUnion
    ? branches
    : branches.map((branch) => sql`select * from (${branch} order by ${ordering(shape, alias)} ${limit}) as branch`)
  const direction = raw(shape.startsWith('asc') ? 'asc' : 'desc')
  return sql`${joined(parts, ' union ')} order by created_at ${direction}, id ${direction} ${limit}`
}
