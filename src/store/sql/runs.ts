/** Reading runs, their tools and their messages. */
import { notFound } from '../../domain/errors.ts'
import type { Page } from '../../domain/page.ts'
import { DETAIL_SUMS, type DetailSum, type Run } from '../../domain/run.ts'
import type { RunFilters, RunQuery } from '../../domain/step-query.ts'
import type { StepRow } from '../step-row.ts'
import type { RunMessage } from '../store.ts'
import type { Differences, Executor } from './engine.ts'
import {
  bounds,
  conjunction,
  mergedInOrder,
  naming,
  walking,
  windowShape,
  windowValues,
  type WindowShape,
} from './lists.ts'
import { LARGEST_PAGE_TEXT, resolveWindow } from './steps.ts'
import {
  cached,
  joined,
  keyed,
  names,
  raw,
  slot,
  sql,
  statement,
  type KeyedStatement,
  type Sql,
  type Statement,
  type Values,
} from './sql.ts'

const RUN_COLUMNS = [
  'id', 'agent_id', 'status', 'stop_reason', 'created_at', 'ended_at',
  'num_steps', 'prompt_tokens', 'completion_tokens', 'total_tokens', ...DETAIL_SUMS,
] as const // prettier-ignore

type RunRow = Omit<Run, 'details'> & Record<DetailSum, number | null>

interface ListShape {
  agents: number
  statuses: number
  stopReason: boolean
  window: WindowShape
}

export interface RunStatements {
  list(shape: string): Statement
  get: KeyedStatement
  position: Statement
  tools: Statement
  messagePosition: Statement
  messages(shape: string): Statement
}

export function runStatements(d: Differences): RunStatements {
  const columns = sql`${names(RUN_COLUMNS, 's.')}, cast(s.start_ns as text) as start_ns`
  const one = sql`from runs as s where s.project = ${slot('project')} and s.id = ${slot('id')}`
  return {
    list: cached((shape) => planList(d, JSON.parse(shape) as ListShape)),
    get: keyed((id) => sql`select ${columns} from runs as s where s.project = ${slot('project')} and s.${id}`, 'id', d),
    position: statement(sql`select s.created_at, s.id ${one}`, d),
    tools: statement(
      sql`select tool from run_tools where project = ${slot('project')} and run_id = ${slot('run')} order by tool`,
      d,
    ),
    messagePosition: statement(
      sql`select created_at, step_created_at, step_id, position from run_messages
        where project = ${slot('project')} and run_id = ${slot('run')} and id = ${slot('id')}
        order by created_at, step_created_at, step_id, position limit 1`,
      d,
    ),
    messages: cached((shape) => planMessages(d, shape as WindowShape)),
  }
}

/** Positions of the runs of a page: one index for each agent or status that is asked for, merged. */
function planList(d: Differences, shape: ListShape): Statement {
  const places = (name: string, count: number) => Array.from({ length: count }, (_, i) => slot(`${name}_${i}`))
  const agents = places('agent', shape.agents)
  const statuses = places('status', shape.statuses)
  const owned = sql`s.project = ${slot('project')}`
  // What is only checked is written so that no index serves it.
  const oneOf = (column: string, values: Sql[]) => sql`coalesce(${raw(column)}, '') in (${joined(values)})`
  const stopped = (comparison: string) => sql`s.stop_reason ${raw(comparison)} ${slot('stop_reason')}`
  const each = (column: string, values: Sql[]) => values.map((v) => sql`${raw(column)} = ${v}`)

  let index = 'runs_created'
  let branches: (Sql | undefined)[] = [undefined]
  const residual: Sql[] = []
  if (agents.length > 0) {
    index = 'runs_agent'
    branches = each('s.agent_id', agents)
  }
  if (shape.stopReason && index === 'runs_created') {
    index = 'runs_stop_reason'
    branches = [stopped('=')]
  } else if (shape.stopReason) residual.push(stopped('is not distinct from'))
  if (statuses.length > 0 && index === 'runs_created') {
    index = 'runs_status'
    branches = each('s.status', statuses)
  } else if (statuses.length > 0) residual.push(oneOf('s.status', statuses))

  const queries = branches.map((branch) => {
    const named = [...(branch ? [branch] : []), ...naming(d, 's', index)]
    const conditions = [owned, ...named, ...residual, ...bounds(shape.window, 's')]
    return sql`select s.created_at as created_at, s.id as id from ${walking(d, 'runs', 's', index)} where ${conjunction(conditions)}`
  })
  return statement(mergedInOrder(d, queries, shape.window, 's'), d)
}

/**
 * A page of runs (contract, section 7.2).
 * @throws LedgerError `not_found` for a cursor that is not a run of this project
 */
export async function listRuns(x: Executor, statements: RunStatements, query: RunQuery): Promise<Run[]> {
  const { project, filters, page } = query
  const window = await resolveWindow(x, statements.position, 'Run', project, page)
  // Whether a run ran in the background, or in which conversation, no step says: no run is known to pass.
  if (window.empty || filters.background === true || filters.conversation_id !== undefined) return []
  const agents = filters.agent_id === undefined ? (filters.agent_ids ?? []) : [filters.agent_id]
  const statuses = statusesOf(filters)
  const shape: ListShape = {
    agents: agents.length,
    statuses: statuses.length,
    stopReason: filters.stop_reason !== undefined,
    window: windowShape(window),
  }
  const values = {
    project,
    limit: page.limit,
    stop_reason: filters.stop_reason,
    ...numbered('agent', agents),
    ...numbered('status', statuses),
    ...windowValues(window),
  }
  const positions = await x.all<{ id: string }>(statements.list(JSON.stringify(shape)), values)
  const runs = await getRuns(x, statements, project, positions.map(({ id }) => id)) // prettier-ignore
  return window.reversed ? runs.reverse() : runs
}

/** Whether a list of runs reads only about as many rows as it shows. */
export function isBoundedRunList({ filters, page }: RunQuery): boolean {
  const agents = filters.agent_id === undefined ? (filters.agent_ids?.length ?? 0) : 1
  const statuses = statusesOf(filters).length
  const kinds = [agents, statuses, filters.stop_reason === undefined ? 0 : 1].filter((count) => count > 0)
  return kinds.length <= 1 && Math.max(agents, statuses) <= 5 && page.limit <= 200
}

function statusesOf(filters: RunFilters): readonly string[] {
  return filters.statuses ?? (filters.active ? ['created', 'running'] : [])
}

const numbered = (name: string, values: readonly string[]): Values =>
  Object.fromEntries(values.map((value, i) => [`${name}_${i}`, value]))

export async function getRun(
  x: Executor,
  statements: RunStatements,
  project: string,
  id: string,
): Promise<Run | undefined> {
  return (await getRuns(x, statements, project, [id]))[0]
}

/** The runs with these ids, in their order; one that is gone is left out. */
async function getRuns(
  x: Executor,
  statements: RunStatements,
  project: string,
  ids: readonly string[],
): Promise<Run[]> {
  const rows = await x.forKeys<RunRow>(statements.get, { project }, ids)
  const byId = new Map(rows.map((row) => [row.id, row]))
  return ids.flatMap((id) => {
    const row = byId.get(id)
    if (!row) return []
    const { cached_tokens, cache_read_tokens, cache_creation_tokens, reasoning_tokens, ...run } = row
    return [{ ...run, details: { cached_tokens, cache_read_tokens, cache_creation_tokens, reasoning_tokens } }]
  })
}

interface MessagePosition {
  created_at: number
  step_created_at: number
  step_id: string
  position: number
}

const MESSAGE_KEY = ['created_at', 'step_created_at', 'step_id', 'position'] as const

function planMessages(d: Differences, shape: WindowShape): Statement {
  const key = names(MESSAGE_KEY, 'm.')
  const bound = (name: string) => sql`(${joined(MESSAGE_KEY.map((column) => slot(`${name}_${column}`)))})`
  const conditions = [
    sql`m.project = ${slot('project')}`,
    sql`m.run_id = ${slot('run')}`,
    ...naming(d, 'm', 'run_messages_order'),
    // A message that several steps of a run hold stands where it came first. An expression, so that it is looked up by its
    // id, and not among all that came before it.
    sql`not exists (select 1 from run_messages as e where e.project = ${slot('project')} and e.run_id = ${slot('run')} and e.id = m.id
      and (+${names(MESSAGE_KEY, 'e.')}) < (${key}))`,
    ...(shape.includes('<') ? [sql`(${key}) < ${bound('upper')}`] : []),
    ...(shape.includes('>') ? [sql`(${key}) > ${bound('lower')}`] : []),
  ]
  const direction = shape.startsWith('asc') ? sql`asc` : sql`desc`
  const order = joined(MESSAGE_KEY.map((column) => sql`${raw(`m.${column}`)} ${direction}`))
  return statement(
    sql`select m.step_id, m.position, m.id from ${walking(d, 'run_messages', 'm', 'run_messages_order')}
      where ${conjunction(conditions)} order by ${order} limit ${slot('limit')}`,
    d,
  )
}

/**
 * A page of a run's internal messages by (created_at, step, position).
 * @throws LedgerError `not_found` for a cursor that is not a message of this run
 */
export async function listRunMessages(
  x: Executor,
  statements: RunStatements,
  getStep: KeyedStatement,
  project: string,
  run: string,
  page: Page,
): Promise<RunMessage[]> {
  const bound = async (id: string | undefined, name: string): Promise<Values | undefined> => {
    if (id === undefined) return undefined
    const [found] = await x.all<MessagePosition>(statements.messagePosition, { project, run, id })
    if (!found) throw notFound('Message', id)
    return Object.fromEntries(MESSAGE_KEY.map((column) => [`${name}_${column}`, found[column]]))
  }
  const reversed = page.before !== undefined
  const ascending = page.order === 'asc'
  const lower = await bound(ascending ? page.after : page.before, 'lower')
  const upper = await bound(ascending ? page.before : page.after, 'upper')
  const shape = `${ascending === reversed ? 'desc' : 'asc'}${upper ? '<' : ''}${lower ? '>' : ''}`
  const values = { project, run, limit: page.limit, ...lower, ...upper }
  const found = await x.all<{ step_id: string; position: number; id: string }>(statements.messages(shape), values)
  const ids = [...new Set(found.map(({ step_id }) => step_id))]
  const steps = await x.forKeysUpTo<StepRow>(getStep, { project }, ids, LARGEST_PAGE_TEXT)
  const byId = new Map(steps.map((step) => [step.id, step]))
  // The page ends before the first step that was not read for its size; one deleted in between is left out.
  const read = new Set(ids.slice(0, ids.findLastIndex((id) => byId.has(id)) + 1))
  const end = found.findIndex(({ step_id }) => !read.has(step_id))
  const messages = found.slice(0, end < 0 ? undefined : end).flatMap(({ step_id, position, id }): RunMessage[] => {
    const step = byId.get(step_id)
    const index = step ? indexOfMessage(step, id, position) : -1
    return step && index >= 0 ? [{ step, index }] : []
  })
  return reversed ? messages.reverse() : messages
}

/** Where the message stands in a step that may have got others since its place was read. */
function indexOfMessage({ messages }: StepRow, id: string, position: number): number {
  const lines = messages.split('\n')
  const isIt = (line: string | undefined) => line?.includes(`"id":"${id}"`) === true
  if (isIt(lines[position])) return position
  return lines.findIndex((line) => isIt(line) && (JSON.parse(line) as { id: string }).id === id)
}
