/** From filter flags to the API's query, checked as the API checks it. */
import { LedgerError } from '../domain/errors.ts'
import type { ParamSpec } from '../domain/step-query.ts'
import { QueryReader, type PageSpec, type QueryValues } from '../http/params.ts'
import { UsageError } from './errors.ts'
import { attributeOf, flagOf, type FilterOptions, type ListOptions } from './options.ts'

type Filters = Readonly<Record<string, ParamSpec>>

/** The given filters as query parameters. */
export function filterQuery(filters: Filters, options: FilterOptions): URLSearchParams {
  const query = new URLSearchParams()
  for (const name of Object.keys(filters)) {
    const value = options[attributeOf(name)]
    if (value === undefined) continue
    for (const text of Array.isArray(value) ? value : [value]) query.append(name, String(text))
  }
  return query
}

/**
 * Reads the query as the server would, so that a wrong value is told by its flag and before anything is opened.
 * @throws UsageError
 */
export function checkedFilters<F extends Filters>(filters: F, query: URLSearchParams, page?: PageSpec): QueryValues<F> {
  try {
    const reader = new QueryReader(query.toString())
    const values = reader.values(filters)
    if (page) reader.page(page)
    reader.finish()
    refuseCrossedDates(values)
    return values
  } catch (error) {
    throw error instanceof LedgerError ? new UsageError(inFlags(error, Object.keys(filters)), { cause: error }) : error
  }
}

/** The query of a list: filters, order and cursors; how many is the walk's business. */
export function listQuery(filters: Filters, options: FilterOptions & ListOptions, page: PageSpec): URLSearchParams {
  const query = filterQuery(filters, options)
  for (const name of ['order', 'before', 'after'] as const) {
    const value = options[name]
    if (value !== undefined) query.set(name, value)
  }
  checkedFilters(filters, query, page)
  return query
}

function refuseCrossedDates({ start_date, end_date }: Record<string, unknown>): void {
  if (typeof start_date !== 'number' || typeof end_date !== 'number' || start_date <= end_date) return
  throw new UsageError('--start-date must not be later than --end-date')
}

/** The error's words with flags instead of parameters. */
function inFlags(error: LedgerError, names: string[]): string {
  if (error.issues.length > 0) {
    return error.issues.map(({ loc, msg }) => `${flagOf(String(loc.at(-1)))}: ${msg}`).join('\n')
  }
  const name = names.find((each) => error.message.startsWith(`${each}: `))
  return name === undefined ? error.message : `${flagOf(name)}${error.message.slice(name.length)}`
}
