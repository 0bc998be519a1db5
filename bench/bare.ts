/**
 * The statements of the leanest program, written by hand: each walks the one index that holds its rows in order, and gives
 * the columns that a page shows. Both engines are told which index that is, in their ways.
 */
import type { Order } from '../src/domain/page.ts'
import { POSTGRES } from '../src/store/postgres/differences.ts'
import { saidBy } from '../src/store/sql/lists.ts'
import { STEP_COLUMNS } from '../src/store/step-row.ts'
import type { Engine } from './places.ts'

/** Time in microseconds and id. */
export type At = readonly [number, string]

/** The rows of a list. */
export interface BareList {
  kind: 'list'
  filter: BareFilter
  values: readonly unknown[]
  order: Order
  above?: At
  below?: At
  limit: number
  /** Only where the rows are: their times and ids. */
  positions?: boolean
}

/** What is asked of the leanest program: a list, one step, or one run. */
export type BareQuery = BareList | { kind: 'step' | 'run'; id: string }

export interface BareStatement {
  text: string
  values: unknown[]
}

/** Where the rows of a filter are, and what is true of them; `?` stands for the filter's values. */
interface Walk {
  index: string
  where: string
}

const equals = (index: string, column: string): Walk => ({ index, where: `s.${column} = ?` })

const WALKS = {
  none: { index: 'steps_created', where: '' },
  dates: { index: 'steps_created', where: '' },
  agent_id: equals('steps_agent', 'agent_id'),
  model: equals('steps_model', 'model'),
  trace_ids: { index: 'steps_trace', where: 's.trace_id in (?, ?)' },
  feedback: equals('steps_feedback', 'feedback'),
  'has_feedback=true': { index: 'steps_rated', where: 's.feedback is not null' },
  'has_feedback=false': { index: 'steps_created', where: 's.feedback is null' },
  project_id: equals('steps_project', 'project_id'),
  run_id: equals('steps_run', 'run_id'),
  status: { index: 'steps_status', where: `s.status = ? and s.status <> 'success'` },
  stop_reason: equals('steps_stop_reason', 'stop_reason'),
  provider_name: equals('steps_provider', 'provider_name'),
  model_handle: equals('steps_model_handle', 'model_handle'),
  error_type: equals('steps_error', 'error_type'),
} as const satisfies Record<string, Walk>

export type BareFilter = keyof typeof WALKS | 'tags' | 'match_all_tags'

const COLUMNS = STEP_COLUMNS.map((column) => `s.${column}`).join(', ')

export function bareStatement(engine: Engine, query: BareQuery): BareStatement {
  const { text, values } = query.kind === 'list' ? list(engine, query) : single(query.kind, query.id)
  let place = 0
  return { text: engine === 'sqlite' ? text : text.replaceAll('?', () => `$${++place}`), values }
}

function single(kind: 'step' | 'run', id: string): BareStatement {
  const text =
    kind === 'step'
      ? `select ${COLUMNS} from steps as s where s.project = 'default' and s.id = ?`
      : `select * from runs where project = 'default' and id = ?`
  return { text, values: [id] }
}

function list(engine: Engine, query: BareList): BareStatement {
  const { filter, values, order, above, below, limit } = query
  const columns = query.positions ? 's.created_at, s.id' : COLUMNS
  const bounds = (alias: string) => [
    ...(above ? [`(${alias}.created_at, ${alias}.id) > (?, ?)`] : []),
    ...(below ? [`(${alias}.created_at, ${alias}.id) < (?, ?)`] : []),
  ]
  const edges = [...(above ?? []), ...(below ?? [])]
  const ordered = (alias: string) => `order by ${alias}.created_at ${order}, ${alias}.id ${order}`
  if (filter === 'match_all_tags') {
    const other = `exists (select 1 from step_tags as o where o.project = 'default' and o.tag = ?
      and o.created_at = t.created_at and o.id = t.id)`
    const where = [`t.project = 'default'`, 't.tag = ?', other, ...bounds('t')].join(' and ')
    const text = `select ${columns} from step_tags as t cross join steps as s where ${where}
      and s.project = 'default' and s.id = t.id ${ordered('t')} limit ?`
    return { text, values: [...values, ...edges, limit] }
  }
  if (filter === 'tags') {
    const branch = `select * from (select t.created_at, t.id from step_tags as t
      where ${[`t.project = 'default'`, 't.tag = ?', ...bounds('t')].join(' and ')} ${ordered('t')} limit ?) as b`
    const found = `select p.created_at, p.id from (${values.map(() => branch).join(' union ')}) as p ${ordered('p')} limit ?`
    const text = `select ${columns} from (${found}) as f cross join steps as s
      where s.project = 'default' and s.id = f.id ${ordered('f')}`
    return { text, values: [...values.flatMap((value) => [value, ...edges, limit]), limit] }
  }
  const { index, where }: Walk = WALKS[filter]
  const said = engine === 'postgres' ? saidBy(POSTGRES, index) : ''
  const conditions = [`s.project = 'default'`, ...bounds('s')]
  const stated = [...(where === '' ? [] : [where]), ...(said === '' ? [] : [`s.${said}`])]
  const from = engine === 'sqlite' ? `steps as s indexed by ${index}` : 'steps as s'
  const text = `select ${columns} from ${from} where ${[...stated, ...conditions].join(' and ')} ${ordered('s')} limit ?`
  return { text, values: [...values, ...edges, limit] }
}
