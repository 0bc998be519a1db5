/**
 * Which index a list of steps walks.
 *
 * A list with several filters walks the index of one and checks the others on each step. Which filter leaves the
 * fewest steps depends on the ledger (a busy agent, a rare tag), so it is counted, up to a bound that costs about as
 * much as a page.
 */
import type { StepFilterName } from '../../domain/step-query.ts'
import type { Differences, Executor } from './engine.ts'
import { bounds, conjunction, naming, ordering, walking, type WindowShape } from './lists.ts'
import { joined, raw, slot, sql, statement, type Sql, type Statement, type Values } from './sql.ts'
import { indexOf, STEP_FILTER_SQL, type FilterShape } from './step-filters.ts'

/** How far an index is counted: one that holds fewer steps in the window is cheap to walk, whatever the others say. */
const COUNTED = 1000

export type ShapedFilter = readonly [StepFilterName, FilterShape]

export interface Driver {
  /** `s` are the steps themselves, `w` their tags. */
  alias: 's' | 'w'
  source: Sql
  /** The conditions of each branch: one for each value of a list. */
  branches: Sql[][]
  /** The filters that the walk leaves to be checked. */
  residual: ShapedFilter[]
}

/** The filters whose own index could be walked, the one that usually holds the fewest steps first. */
export function candidates(filters: readonly ShapedFilter[]): StepFilterName[] {
  return filters
    .filter((filter) => indexOf(...filter) !== undefined)
    .map(([name]) => name)
    .toSorted((a, b) => STEP_FILTER_SQL[a].rank - STEP_FILTER_SQL[b].rank)
}

/** Walks the index of the filter `name`, or of all steps. */
export function driverOf(d: Differences, filters: readonly ShapedFilter[], name: StepFilterName | null): Driver {
  const filter = filters.find(([each]) => each === name)
  const index = filter && indexOf(...filter)
  if (!filter || !index) {
    return {
      alias: 's',
      source: walking(d, 'steps', 's', 'steps_created'),
      branches: [naming(d, 's', 'steps_created')],
      residual: [...filters],
    }
  }
  // Walking one of several tags that must all be there leaves the others to be checked.
  const isPartial = name === 'tags' && (filter[1] as number) < -1
  const residual = filters.filter((each) => each !== filter || isPartial)
  const branches = index.branches(filter[1]).map((branch) => [branch, ...naming(d, 's', index.name)])
  if (index.table === undefined) return { alias: 's', source: walking(d, 'steps', 's', index.name), branches, residual }
  const withSteps = sql`step_tags as w ${raw(d.orderedJoin)} steps as s on s.project = w.project and s.id = w.id`
  return { alias: 'w', source: residual.length > 0 ? withSteps : sql`step_tags as w`, branches, residual }
}

/** Counts, up to the bound, the steps in the window that a filter's index holds. */
export function countingStatement(d: Differences, filter: ShapedFilter, window: WindowShape): Statement {
  const { alias, source, branches } = driverOf(d, [filter], filter[0])
  const parts = branches.map((branch) => {
    const owned = sql`${raw(`${alias}.project`)} = ${slot('project')}`
    const conditions = [owned, ...branch, ...bounds(window, alias)]
    // In order, as the list will be: an index that holds all steps would give them without.
    const found = sql`${source} where ${conjunction(conditions)} order by ${ordering('asc', alias)}`
    return sql`select * from (select 1 as one from ${found} limit ${raw(`${COUNTED}`)}) as c`
  })
  return statement(sql`select count(*) as count from (${joined(parts, ' union all ')}) as counted`, d)
}

/** The candidate that holds the fewest steps; of those that all hold many, the one that usually holds the fewest. */
export async function fewest(
  x: Executor,
  counting: ReadonlyMap<StepFilterName, Statement>,
  values: Values,
  names: readonly StepFilterName[],
): Promise<StepFilterName | null> {
  const counts = new Map<StepFilterName, number>()
  for (const [name, query] of counting) {
    const [row] = await x.all<{ count: number }>(query, values)
    counts.set(name, Math.min(row?.count ?? COUNTED, COUNTED))
  }
  const count = (name: StepFilterName) => counts.get(name) ?? COUNTED
  return names.toSorted((a, b) => count(a) - count(b))[0] ?? null
}
