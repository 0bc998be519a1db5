/** Runs shared SQL on one connection, or on any of a pool. */
import type { ClientBase, Pool, QueryConfig, QueryResult } from 'pg'
import { columnType } from '../sql/columns.ts'
import type { Executor } from '../sql/engine.ts'
import { STEP_COLUMNS } from '../step-row.ts'
import type { KeyedStatement, RowsStatement, Values } from '../sql/sql.ts'
import { encodeArray } from './arrays.ts'

type Queryable = Pick<Pool | ClientBase, 'query'>

/** Statements that a connection keeps prepared; others are planned each time, so that a server's memory has an end. */
const PREPARED = 300

/** Names for prepared statements: the same text has the same name on every connection. */
const preparedNames = new Map<string, string>()

function nameOf(text: string): { name?: string } {
  const known = preparedNames.get(text)
  if (known !== undefined) return { name: known }
  if (preparedNames.size >= PREPARED) return {}
  const name = `s${preparedNames.size}`
  preparedNames.set(text, name)
  return { name }
}

export function executor(queryable: Queryable): Executor {
  const run = async (text: string, values: unknown[]): Promise<Pick<QueryResult, 'rows' | 'rowCount'>> => {
    const config: QueryConfig = { ...nameOf(text), text, values }
    const result = await queryable.query(config)
    const { rows, rowCount } = result
    // What the driver made for this query stays reachable for V8's collections of young objects until one of the whole heap:
    // without these the rows and parameters of all queries would pile up there meanwhile.
    result.rows = []
    values.length = 0
    return { rows, rowCount }
  }
  const query = async <R>(text: string, values: unknown[]): Promise<R[]> => (await run(text, values)).rows as R[]
  const forKeys = async <R>(
    statement: KeyedStatement,
    values: Values,
    keys: readonly (string | number | Buffer)[],
  ): Promise<R[]> => {
    if (keys.length === 0) return []
    const of = (key: unknown) => query<R>(statement.sql, statement.bind({ ...values, [statement.key]: key }))
    if (statement.atOnce) return of(encodeArray(columnType(statement.key), keys))
    const rows: R[] = []
    for (const key of keys) rows.push(...(await of(key)))
    return rows
  }
  return {
    all: (statement, values) => query(statement.sql, statement.bind(values)),
    upTo: (statement, values, budget) => {
      const parameters = statement.bind(values)
      return query(weighed(statement.sql, parameters.length + 1), [...parameters, budget])
    },
    forKeys,
    async forKeysUpTo<R>(statement: KeyedStatement, values: Values, keys: readonly string[], budget: number) {
      if (keys.length === 0) return []
      const parameters = statement.bind({ ...values, [statement.key]: encodeArray('text', keys) })
      const [n, order] = [
        parameters.length + 1,
        `array_position($${parameters.length + 2}::text[], q.${statement.key})`,
      ]
      return query<R>(weighed(statement.sql, n, order), [...parameters, budget, encodeArray('text', keys)])
    },
    async forRows({ sql, columns, atOnce }: RowsStatement, rows: readonly Values[]): Promise<number> {
      if (rows.length === 0) return 0
      if (atOnce) {
        const arrays = columns.map((name) => encodeArray(columnType(name), rows.map((row) => row[name]))) // prettier-ignore
        return (await run(sql, arrays)).rowCount ?? 0
      }
      let written = 0
      for (const row of rows) written += (await run(sql, columns.map((name) => row[name]))).rowCount ?? 0 // prettier-ignore
      return written
    },
  }
}

const STEP = STEP_COLUMNS.join(', ')

/**
 * The first rows of a selection of steps, until the bytes of their messages come to the budget in parameter `n`. The
 * server reads the sizes without unpacking the messages, so that what is not sent is not read either.
 */
const weighed = cachedText((text: string, n: number, order?: string) => {
  const over = order === undefined ? 'rows' : `order by ${order} rows`
  const sorted = order === undefined ? '' : ` order by ${order.replace('q.', 'w.')}`
  return (
    `with q as materialized (${text}) select ${STEP} from (select q.*, coalesce(sum(octet_length(q.messages)) over ` +
    `(${over} between unbounded preceding and 1 preceding), 0) as bytes_before from q) as w ` +
    `where bytes_before < $${n}${sorted}`
  )
})

function cachedText(make: (text: string, n: number, order?: string) => string): typeof make {
  const made = new Map<string, string>()
  return (text, n, order) => {
    const known = made.get(text) ?? make(text, n, order)
    if (made.size < PREPARED) made.set(text, known)
    return known
  }
}
