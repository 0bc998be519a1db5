/**
 * What Citus asks of tables and statements, as far as plain PostgreSQL can tell: the rules for tables that are spread,
 * and the whole contract with the statements that a cluster is asked.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { normalise } from '../../src/domain/normalise.ts'
import { CITUS, DISTRIBUTION } from '../../src/store/postgres/citus.ts'
import { openPostgres } from '../../src/store/postgres/open.ts'
import { freshDatabase, type FreshDatabase } from '../support/postgres.ts'
import { citusStatements } from '../support/stores.ts'
import { describeStore } from './contract/index.ts'

const SPREAD = Object.entries(DISTRIBUTION).filter(([, column]) => column !== null)
const WHOLE = Object.keys(DISTRIBUTION).filter((table) => DISTRIBUTION[table as keyof typeof DISTRIBUTION] === null)

describe('tables that Citus spreads', () => {
  let database: FreshDatabase
  const ours = `relnamespace = current_schema()::regnamespace`
  const names = async (sql: string) => (await database.query<{ name: string }>(sql)).map(({ name }) => name)

  beforeAll(async () => {
    database = await freshDatabase()
    await (await openPostgres({ url: database.url })).close()
  })
  afterAll(() => database.drop())

  test('are all of them named', async () => {
    const tables = await names(`select relname as name from pg_class where ${ours} and relkind in ('r', 'p')`)
    expect(tables.toSorted()).toEqual(Object.keys(DISTRIBUTION).toSorted())
  })

  test.each(SPREAD)('%s: every unique key contains %s, which is never null', async (table, column) => {
    const keys = await database.query<{ name: string; columns: string[]; plain: boolean }>(
      `select c.relname as name, i.indexprs is null as plain, array(select a.attname::text from pg_attribute as a
          where a.attrelid = i.indrelid and a.attnum = any(i.indkey)) as columns
        from pg_index as i join pg_class as c on c.oid = i.indexrelid
        where i.indrelid = $1::regclass and (i.indisunique or i.indisexclusion)`,
      [table],
    )
    expect(keys.length).toBeGreaterThan(0)
    for (const { name, columns, plain } of keys) {
      expect.soft(columns, name).toContain(column)
      expect.soft(plain, `${name} has no expressions`).toBe(true)
    }
    const [found] = await database.query<{ required: boolean }>(
      `select attnotnull as required from pg_attribute where attrelid = $1::regclass and attname = $2`,
      [table, column],
    )
    expect(found).toEqual({ required: true })
  })

  test('refer to no other table, and have no triggers', async () => {
    const found = await names(
      `select conname as name from pg_constraint as k join pg_class as c on c.oid = k.conrelid
          where c.${ours} and k.contype = 'f'
        union all select tgname from pg_trigger as t join pg_class as c on c.oid = t.tgrelid where c.${ours}`,
    )
    expect(found).toEqual([])
  })

  test('take no value from a sequence or from what differs from server to server', async () => {
    expect(await names(`select relname as name from pg_class where ${ours} and relkind = 'S'`)).toEqual([])
    const computed = await names(
      `select a.attname as name from pg_attribute as a join pg_class as c on c.oid = a.attrelid
        where c.${ours} and (a.attidentity <> '' or (a.atthasdef and a.attgenerated <> 's'))`,
    )
    expect(computed).toEqual([])
  })

  test('join by columns of one kind', async () => {
    const types = await names(
      `select distinct format('%s %s', a.atttypid::regtype, a.attcollation::regcollation) as name from pg_attribute as a
        where ${SPREAD.filter(([table]) => table !== 'contents')
          .map(([table, column]) => `(a.attrelid = '${table}'::regclass and a.attname = '${column}')`)
          .join(' or ')}`,
    )
    expect(types).toEqual(['text "C"'])
  })

  test('are those that grow: the others do not, however much is recorded', async () => {
    const rows = async (table: string) => (await database.query(`select 1 from ${table}`)).length
    const sizes = async () => Promise.all(WHOLE.map(rows))
    const before = await sizes()
    const store = await openPostgres({ url: database.url }, CITUS)
    const one = (n: number) => ({
      run_id: `run-${n}`,
      tags: [`tag-${n}`],
      messages: [{ role: 'assistant' as const, content: 'x' }],
      provider_trace: { request_json: { text: `${n}`.repeat(3000) }, response_json: {} },
    })
    const records = Array.from({ length: 20 }, (_, n) => ({ kind: 'record' as const, ...normalise(one(n), null) }))
    await store.write.write('default', records)
    await store.close()
    expect(await sizes()).toEqual(before)
    expect(await rows('steps')).toBe(20)
  })
})

describeStore(citusStatements)
