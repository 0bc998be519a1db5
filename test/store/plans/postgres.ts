/**
 * Plans of PostgreSQL. The driver prepares statements, so each has a plan made for its values and a generic one, made
 * once for all values; both are looked at.
 */
import type { ClientBase, QueryConfig } from 'pg'
import { POSTGRES } from '../../../src/store/postgres/differences.ts'
import { Connections } from '../../../src/store/postgres/connection.ts'
import { executor } from '../../../src/store/postgres/executor.ts'
import { openPostgres } from '../../../src/store/postgres/open.ts'
import { POSTGRES_DEFAULTS } from '../../../src/store/postgres/options.ts'
import { freshDatabase, type FreshDatabase } from '../../support/postgres.ts'
import { TABLES } from '../../support/stores.ts'
import type { Executed, PlanEngine } from './engine.ts'
import { ALIKE } from './fill.ts'
import { faultsOf, type PlanNode, type Schema } from './plan-tree.ts'

/** Names the index that the shared SQL means, as it does for SQLite; taken out again before the statement is run. */
const HINTED = { ...POSTGRES, indexHints: true }
const HINT = / as (\w+) indexed by (\w+)/g

/**
 * Without statistics a project is taken for a 200th of its table, and reading that for cheaper than many look-ups. No
 * SQL tells the planner more; autovacuum does, within a minute after the first steps.
 */
const MANY_KEYS = /= any\(\$\d+\)/

const KNOWLEDGE = {
  never: 'never analyzed',
  analyzed: 'analyzed',
  alike: 'analyzed long ago, when all steps were alike',
}

export const postgres: PlanEngine = {
  name: 'PostgreSQL',
  knowledge: Object.values(KNOWLEDGE),
  async open() {
    const database = await freshDatabase()
    const store = await openPostgres({ url: database.url })
    const { client: own, end } = await session(database.url)
    for (const table of TABLES) await own.query(`alter table ${table} set (autovacuum_enabled = false)`)
    const schema = await schemaOf(database)
    const executed: Executed[] = []
    const recording = {
      query(config: QueryConfig) {
        executed.push({ sql: config.text, values: [...(config.values ?? [])] })
        return own.query({ text: config.text.replaceAll(HINT, ' as $1'), values: config.values ?? [] })
      },
    }
    let knowledge = KNOWLEDGE.never
    const explain = explaining(own)
    /** What was found already, since something was learnt. */
    const known = new Map<string, string[]>()
    return {
      differences: HINTED,
      store,
      executor: executor(recording as ClientBase),
      async learn(what) {
        knowledge = what
        known.clear()
        await own.query('rollback')
        if (what === KNOWLEDGE.analyzed) await own.query('analyze')
        if (what !== KNOWLEDGE.alike) return
        // Statistics belong to the transaction; the table stays as large as it is.
        await own.query(`begin; delete from steps where not (${ALIKE}); analyze steps`)
      },
      run: async (sql) => void (await own.query(sql)),
      count: async (table) => Number((await database.query<{ n: string }>(`select count(*) as n from ${table}`))[0]?.n),
      executed: () => executed.splice(0),
      async faults(statements) {
        const faults: string[] = []
        const look = async (key: string, { sql, values }: Executed, mode: 'custom' | 'generic') => {
          const meant = new Map([...sql.matchAll(HINT)].map(([, alias = '', index = '']) => [alias, index]))
          const plan = known.has(key) ? undefined : await explain(sql.replaceAll(HINT, ' as $1'), values, mode)
          if (plan) known.set(key, faultsOf(plan, meant, schema).map((fault) => `${fault} (${mode} plan)\n  ${sql}`)) // prettier-ignore
          faults.push(...(known.get(key) ?? []))
        }
        for (const one of statements) {
          if (knowledge === KNOWLEDGE.never && MANY_KEYS.test(one.sql)) continue
          // A generic plan is the same for all values.
          await look(one.sql, one, 'generic')
          await look(JSON.stringify(one), one, 'custom')
        }
        return [...new Set(faults)]
      },
      async destroy() {
        await own.query('rollback')
        await end()
        await store.close()
        await database.drop()
      },
    }
  },
}

/** A session set up as those of the store are. */
async function session(url: string) {
  const connections = new Connections({ ...POSTGRES_DEFAULTS, url })
  const client = await connections.pool.connect()
  const end = async () => {
    client.release()
    await connections.close()
  }
  return { client, end }
}

type Explain = (sql: string, values: readonly unknown[], mode: 'custom' | 'generic') => Promise<PlanNode>

function explaining(client: ClientBase): Explain {
  const prepared = new Map<string, { name: string; types: string[] }>()
  const prepare = async (sql: string) => {
    const name = `explained_${prepared.size}`
    await client.query(`prepare ${name} as ${sql}`)
    const { rows } = await client.query<{ types: string[] }>(
      `select array_to_json(parameter_types::text[]) as types from pg_prepared_statements where name = '${name}'`,
    )
    const statement = { name, types: rows[0]?.types ?? [] }
    prepared.set(sql, statement)
    return statement
  }
  /** `execute` takes no parameters: the server itself writes the values as text. */
  const literals = async (types: string[], values: readonly unknown[]): Promise<string> => {
    if (types.length === 0) return ''
    const texts = types.map((type, i) => `$${i + 1}::${type}::text`)
    const query = { text: `select ${texts.join(', ')}`, values: [...values], rowMode: 'array' as const }
    const [row] = (await client.query<(string | null)[]>(query)).rows
    return `(${row?.map((text) => (text === null ? 'null' : client.escapeLiteral(text))).join(', ')})`
  }
  return async (sql, values, mode) => {
    const { name, types } = prepared.get(sql) ?? (await prepare(sql))
    const given = await literals(types, values)
    await client.query(`set plan_cache_mode = force_${mode}_plan`)
    const text = `explain (format json) execute ${name}${given}`
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(text)
    return (rows[0] as (typeof rows)[0])['QUERY PLAN'][0].Plan
  }
}

async function schemaOf(database: FreshDatabase): Promise<Schema> {
  const rows = await database.query<{ name: string; unique: boolean; columns: string[] }>(
    `select i.indexrelid::regclass::text as name, i.indisunique as unique,
        (select array_agg(a.attname::text order by a.attnum) from pg_attribute as a where a.attrelid = i.indexrelid) as columns
      from pg_index as i where i.indrelid = any($1::regclass[])`,
    [TABLES],
  )
  return { tables: new Set(TABLES), indexes: new Map(rows.map(({ name, ...facts }) => [name, facts])) }
}
