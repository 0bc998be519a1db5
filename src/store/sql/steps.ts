/** Lists of steps and single steps. */
import { notFound } from '../../domain/errors.ts'
import { narrow, windowOf, type Page, type Position, type Window } from '../../domain/page.ts'
import { STEP_FILTERS, type StepFilterName, type StepFilters, type StepQuery } from '../../domain/step-query.ts'
import { STEP_COLUMNS, type StepRow } from '../step-row.ts'
import type { Differences, Executor } from './engine.ts'
import { bounds, conjunction, mergedInOrder, windowShape, windowValues, type WindowShape } from './lists.ts'
import { candidates, countingStatement, driverOf, fewest, type ShapedFilter } from './step-driver.ts'
import { filterValues, indexOf, STEP_FILTER_SQL } from './step-filters.ts'
import {
  cached,
  joined,
  keyed,
  raw,
  slot,
  sql,
  statement,
  type KeyedStatement,
  type Sql,
  type Statement,
  type Values,
} from './sql.ts'

/** The largest id there is sorts before this, so a bare time can be a position behind all its steps. */
const AFTER_ALL_IDS = '~'
const BEFORE_ALL_IDS = ''

/**
 * Bytes of messages after which a page ends early, so that steps with large messages neither fill the memory nor
 * hold up others. A short page does not end an SDK's walk (contract, section 2.7).
 */
export const LARGEST_PAGE_TEXT = 16 * 1024 * 1024

/** A list's shape: everything of a query that changes its SQL. */
interface ListShape {
  filters: ShapedFilter[]
  /** The filter whose index is walked; null = none has one. */
  driver: StepFilterName | null
  window: WindowShape
  messages: boolean
}

/** What a list query does, decided before it runs. */
export interface ListPlan {
  statement: Statement
  /** The rows are only positions; the steps are read in a second query. */
  positionsOnly: boolean
}

type CountingShape = [ShapedFilter, WindowShape]

export interface StepStatements {
  list(shape: string): ListPlan
  /** See {@link countingStatement}; the shape is of its last two parameters. */
  counting(shape: string): Statement
  get: KeyedStatement
  getLight: KeyedStatement
  position: Statement
}

export function stepStatements(d: Differences): StepStatements {
  const one = sql`from steps as s where s.project = ${slot('project')} and s.id = ${slot('id')}`
  const get = (messages: boolean) =>
    keyed(
      (id) => sql`select ${columnsOf(messages)} from steps as s where s.project = ${slot('project')} and s.${id}`,
      'id',
      d,
    )
  return {
    list: cached((shape) => planList(d, JSON.parse(shape) as ListShape)),
    counting: cached((shape) => countingStatement(d, ...(JSON.parse(shape) as CountingShape))),
    get: get(true),
    getLight: get(false),
    position: statement(sql`select s.created_at, s.id ${one}`, d),
  }
}

/** Messages are the last column and by far the largest: not named, they are not read. */
function columnsOf(messages: boolean): Sql {
  return joined(
    STEP_COLUMNS.map((column) => (column === 'messages' && !messages ? sql`'' as messages` : raw(`s.${column}`))),
  )
}

/** The query of a shape: walk one index in list order, check what other filters say, stop at the limit. */
function planList(d: Differences, shape: ListShape): ListPlan {
  const { alias, source, branches, residual } = driverOf(d, shape.filters, shape.driver)
  const owned = sql`${raw(`${alias}.project`)} = ${slot('project')}`
  const checks = residual.map(([name, value]) => STEP_FILTER_SQL[name].condition(value, d))
  const positionsOnly = branches.length > 1 || alias === 'w'
  const selected = positionsOnly
    ? sql`${raw(`${alias}.created_at as created_at, ${alias}.id as id`)}`
    : columnsOf(shape.messages)
  const queries = branches.map((branch) => {
    const conditions = [owned, ...branch, ...checks, ...bounds(shape.window, alias)]
    return sql`select ${selected} from ${source} where ${conjunction(conditions)}`
  })
  return { statement: statement(mergedInOrder(d, queries, shape.window, alias), d), positionsOnly }
}

/** The query's filters that have SQL of their own. */
function shapesOf(filters: StepFilters): ShapedFilter[] {
  return (Object.keys(STEP_FILTERS) as StepFilterName[]).flatMap((name) => {
    const shape = STEP_FILTER_SQL[name].shape(filters)
    return shape === undefined ? [] : [[name, shape] as const]
  })
}

/** Whether a list reads only about as many rows as it shows, whatever the ledger holds. */
export function isBounded(query: StepQuery): boolean {
  const shapes = shapesOf(query.filters)
  const [first] = shapes
  const branches = (query.filters.tags?.length ?? 0) + (query.filters.trace_ids?.length ?? 0)
  return query.page.limit <= 200 && branches <= 4 && shapes.length <= 1 && (!first || indexOf(...first) !== undefined)
}

/**
 * A page of steps (contract, section 2.6).
 * @throws LedgerError `not_found` for a cursor that is not a step of this project
 */
export async function listSteps(x: Executor, statements: StepStatements, query: StepQuery): Promise<StepRow[]> {
  const { project, filters, page } = query
  const window = narrow(await resolveWindow(x, statements.position, 'Step', project, page), ...dateBounds(filters))
  if (window.empty) return []
  const shaped = shapesOf(filters)
  const values = { project, limit: page.limit, ...filterValues(filters), ...windowValues(window) }
  const driver = await chooseDriver(x, statements, shaped, windowShape(window), values)
  const shape: ListShape = { filters: shaped, driver, window: windowShape(window), messages: query.messages ?? true }
  const plan = statements.list(JSON.stringify(shape))
  const found = plan.positionsOnly
    ? await x.all<Position>(plan.statement, values)
    : await x.upTo<StepRow>(plan.statement, values, LARGEST_PAGE_TEXT)
  const rows = plan.positionsOnly
    ? await stepsAt(x, shape.messages ? statements.get : statements.getLight, project, found)
    : (found as StepRow[])
  return window.reversed ? rows.reverse() : rows
}

async function chooseDriver(
  x: Executor,
  statements: StepStatements,
  filters: ShapedFilter[],
  window: WindowShape,
  values: Values,
): Promise<StepFilterName | null> {
  const names = candidates(filters)
  if (names.length < 2) return names[0] ?? null
  const counting = filters
    .filter(([name]) => names.includes(name))
    .map((filter): readonly [StepFilterName, Statement] => {
      const shape: CountingShape = [filter, window]
      return [filter[0], statements.counting(JSON.stringify(shape))]
    })
  return fewest(x, new Map(counting), values, names)
}

/** The steps at these positions, in the same order; one deleted in between is left out. */
async function stepsAt(
  x: Executor,
  get: KeyedStatement,
  project: string,
  positions: readonly Position[],
): Promise<StepRow[]> {
  const ids = positions.map(({ id }) => id)
  const found = await x.forKeysUpTo<StepRow>(get, { project }, ids, LARGEST_PAGE_TEXT)
  const byId = new Map(found.map((row) => [row.id, row]))
  return ids.flatMap((id) => byId.get(id) ?? [])
}

function dateBounds({ start_date, end_date }: StepFilters): [Position | undefined, Position | undefined] {
  return [
    start_date === undefined ? undefined : { created_at: start_date, id: AFTER_ALL_IDS },
    end_date === undefined ? undefined : { created_at: end_date, id: BEFORE_ALL_IDS },
  ]
}

/**
 * A page's window with its cursors looked up. A cursor is a position: it need not pass the filters.
 * @throws LedgerError `not_found`, the same for an unknown cursor and one of another project
 */
export async function resolveWindow(
  x: Executor,
  position: Statement,
  what: string,
  project: string,
  page: Page,
): Promise<Window> {
  const resolve = async (id: string | undefined): Promise<Position | undefined> => {
    if (id === undefined) return undefined
    const [found] = await x.all<Position>(position, { project, id })
    if (!found) throw notFound(what, id)
    return found
  }
  const after = await resolve(page.after)
  const before = await resolve(page.before)
  return windowOf(page, { ...(after && { after }), ...(before && { before }) })
}
