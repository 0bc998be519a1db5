/**
 * Each filter's SQL: its condition, and the index that yields its steps in list order.
 * Typed by the filter names, so a filter without its row here does not compile.
 */
import type { StepFilterName, StepFilters } from '../../domain/step-query.ts'
import type { Differences } from './engine.ts'
import { joined, raw, slot, sql, type Sql, type Values } from './sql.ts'

/** What of a filter's value changes the SQL: how many values a list has, or a value that is written out. */
export type FilterShape = number | boolean | string

export interface FilterSql {
  /** What of the value changes the SQL; undefined = the filter does nothing here. */
  shape(filters: StepFilters): FilterShape | undefined
  /** True of the steps `s` that pass; written so that no index serves it, since another one is walked. */
  condition(shape: FilterShape, d: Differences): Sql
  /** The index that holds the passing steps in order; how many branches it takes to read them. */
  index?: { name: string; table?: 'step_tags'; branches(shape: FilterShape): Sql[] } | undefined
  /** Which index to walk when several could: the lowest, the one that usually holds the fewest steps. */
  rank: number
}

const is = (column: string, name: string) => sql`${raw(`s.${column}`)} = ${slot(name)}`
const passes = (column: string, name: string) => sql`${raw(`s.${column}`)} is not distinct from ${slot(name)}`

/** A column that must equal the filter's value, with an index of its own. */
function equals(column: keyof StepFilters, index: string, rank: number): FilterSql {
  return {
    shape: (filters) => (filters[column] === undefined ? undefined : true),
    condition: () => passes(column, column),
    index: { name: index, branches: () => [is(column, column)] },
    rank,
  }
}

/** The places of a list's values: `tags_0`, `tags_1`, … */
const places = (name: string, count: number) => Array.from({ length: count }, (_, i) => slot(`${name}_${i}`))

/** The bounds are part of the window, not conditions of their own. */
const bound: FilterSql = { shape: () => undefined, condition: () => sql`1 = 1`, rank: 99 }

export const STEP_FILTER_SQL: Record<StepFilterName, FilterSql> = {
  start_date: bound,
  end_date: bound,
  run_id: equals('run_id', 'steps_run', 1),
  trace_ids: {
    shape: (filters) => filters.trace_ids?.length,
    condition: (count) => sql`coalesce(s.trace_id, '') in (${joined(places('trace_ids', count as number))})`,
    index: {
      name: 'steps_trace',
      branches: (count) => places('trace_ids', count as number).map((place) => sql`s.trace_id = ${place}`),
    },
    rank: 2,
  },
  error_type: equals('error_type', 'steps_error', 3),
  agent_id: equals('agent_id', 'steps_agent', 4),
  feedback: equals('feedback', 'steps_feedback', 5),
  tags: {
    shape: (filters) => filters.tags && (filters.match_all_tags ? -filters.tags.length : filters.tags.length),
    condition: (count, d) => d.tagged(places('tags', Math.abs(count as number)), (count as number) < 0),
    index: {
      name: 'step_tags',
      table: 'step_tags',
      // All of the tags: the first one's steps are walked, the others are looked up.
      branches: (count) =>
        places('tags', Math.abs(count as number))
          .slice(0, (count as number) > 0 ? undefined : 1)
          .map((place) => sql`w.tag = ${place}`),
    },
    rank: 6,
  },
  match_all_tags: bound,
  status: {
    shape: (filters) => filters.status && (filters.status === 'success' ? 'success' : 'other'),
    condition: () => passes('status', 'status'),
    index: {
      name: 'steps_status',
      branches: () => [sql`s.status = ${slot('status')} and s.status <> 'success'`],
    },
    rank: 7,
  },
  stop_reason: equals('stop_reason', 'steps_stop_reason', 8),
  project_id: equals('project_id', 'steps_project', 9),
  model_handle: equals('model_handle', 'steps_model_handle', 10),
  model: equals('model', 'steps_model', 11),
  provider_name: equals('provider_name', 'steps_provider', 12),
  has_feedback: {
    shape: (filters) => filters.has_feedback,
    condition: (shape) => (shape ? sql`coalesce(s.feedback, '') <> ''` : sql`s.feedback is null`),
    index: { name: 'steps_rated', branches: () => [sql`s.feedback is not null`] },
    rank: 13,
  },
}

/** Whether the filter's own index can be walked for this value. */
export function indexOf(name: StepFilterName, shape: FilterShape): FilterSql['index'] {
  const { index } = STEP_FILTER_SQL[name]
  if (name === 'status' && shape === 'success') return undefined
  if (name === 'has_feedback' && shape === false) return undefined
  return index
}

/** The values of all places that the filters' SQL names. */
export function filterValues(filters: StepFilters): Values {
  const values: Record<string, unknown> = { ...filters }
  for (const name of ['tags', 'trace_ids'] as const) {
    filters[name]?.forEach((value, i) => {
      values[`${name}_${i}`] = value
    })
  }
  return values
}
