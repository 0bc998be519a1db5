/** Plans of SQLite, in its own words. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Executor } from '../../../src/store/sql/engine.ts'
import type { KeyedStatement, Statement, Values } from '../../../src/store/sql/sql.ts'
import { connect, executor, type Connection } from '../../../src/store/sqlite/connection.ts'
import { SQLITE } from '../../../src/store/sqlite/differences.ts'
import { openSqlite } from '../../../src/store/sqlite/open.ts'
import type { Executed, PlanEngine } from './engine.ts'

/** The lines of a plan. */
export function explain(connection: Connection, { sql, values }: Executed): string[] {
  const rows = connection.prepare(`explain query plan ${sql}`).all(...values) as { detail: string }[]
  return rows.map(({ detail }) => detail)
}

/** What of a plan reads or sorts more than a page. */
export function faultsOf(lines: readonly string[], sql: string): string[] {
  const tables = tablesIn(sql)
  const isScan = (line: string) => tables.has(/^SCAN (\S+)/.exec(line)?.[1] ?? '')
  const perRow = new Set([...sql.matchAll(/\bexists \(select 1 from \w+ as (\w+)/g)].map(([, alias]) => alias))
  const isWalk = (line: string) => perRow.has(/^SEARCH (\S+) .*[<>]/.exec(line)?.[1] ?? '')
  return lines.filter((line) => line.includes('USE TEMP B-TREE') || isScan(line) || isWalk(line))
}

/** The tables of a statement by the names in its plan; what else it scans are subqueries, cut to a limit. */
function tablesIn(sql: string): Set<string> {
  const mentioned = [...sql.matchAll(/\b(?:from|join) (\w+)(?: as (\w+))?/g)]
  return new Set(mentioned.map(([, table = '', alias]) => alias ?? table))
}

/** Runs as before and remembers what was run. */
export function recording(inner: Executor, executed: Executed[]): Executor {
  const note = ({ sql, bind }: Statement, values: Values) => executed.push({ sql, values: bind(values) })
  const noteKeys = (statement: KeyedStatement, values: Values, keys: readonly unknown[]) => {
    for (const key of keys.slice(0, 1)) note(statement, { ...values, [statement.key]: key })
  }
  return {
    all(statement, values) {
      note(statement, values)
      return inner.all(statement, values)
    },
    upTo(statement, values, budget) {
      note(statement, values)
      return inner.upTo(statement, values, budget)
    },
    forKeys(statement, values, keys) {
      noteKeys(statement, values, keys)
      return inner.forKeys(statement, values, keys)
    },
    forKeysUpTo(statement, values, keys, budget) {
      noteKeys(statement, values, keys)
      return inner.forKeysUpTo(statement, values, keys, budget)
    },
    forRows(statement, rows) {
      const { sql, columns } = statement
      for (const row of rows.slice(0, 1)) executed.push({ sql, values: columns.map((name) => row[name]) })
      return inner.forRows(statement, rows)
    },
  }
}

/** Its plans do not depend on what the tables hold: nothing ever analyses them, and indexes are named. */
export const sqlite: PlanEngine = {
  name: 'SQLite',
  knowledge: ['as it is'],
  async open() {
    const dir = mkdtempSync(join(tmpdir(), 'stepledger-plans-'))
    const file = join(dir, 'ledger.db')
    const store = await openSqlite(file)
    const connection = connect(file, { readonly: false })
    connection.pragma('synchronous = OFF')
    const executed: Executed[] = []
    return {
      differences: SQLITE,
      store,
      executor: recording(executor(connection), executed),
      learn: async () => {},
      run: async (sql) => void connection.exec(sql),
      count: async (table) => (connection.prepare(`select count(*) as n from ${table}`).get() as { n: number }).n,
      executed: () => executed.splice(0),
      async faults(statements) {
        const once = new Map(statements.map((one) => [one.sql, one]))
        return [...once.values()].flatMap((one) =>
          faultsOf(explain(connection, one), one.sql).map((fault) => `${fault}\n  ${one.sql}`),
        )
      },
      async destroy() {
        connection.close()
        await store.close()
        rmSync(dir, { recursive: true, force: true })
      },
    }
  },
}
