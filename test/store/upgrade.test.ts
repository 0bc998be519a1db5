/** A ledger of an older schema is brought up to date when it is opened, with everything that it held. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Client } from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { normalise } from '../../src/domain/normalise.ts'
import type { StepInput } from '../../src/domain/step.ts'
import { POSTGRES } from '../../src/store/postgres/differences.ts'
import { executor as onPostgres } from '../../src/store/postgres/executor.ts'
import { openPostgres } from '../../src/store/postgres/open.ts'
import type { Differences, Executor } from '../../src/store/sql/engine.ts'
import { MIGRATIONS } from '../../src/store/sql/migrations/index.ts'
import { prepare } from '../../src/store/sql/prepare.ts'
import { applyRequests } from '../../src/store/sql/write.ts'
import { writeStatements } from '../../src/store/sql/write-statements.ts'
import { executor as onSqlite } from '../../src/store/sqlite/connection.ts'
import { SQLITE } from '../../src/store/sqlite/differences.ts'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import { decodeStep } from '../../src/store/step-row.ts'
import type { Store } from '../../src/store/store.ts'
import { freshDatabase } from '../support/postgres.ts'

const PROJECT = 'default'
const INPUT: StepInput = {
  id: 'step-00000000-0000-4000-8000-000000000001',
  run_id: 'run',
  tags: ['kept'],
  messages: [{ role: 'user', content: 'hello' }],
  provider_trace: { request_json: { words: 'x'.repeat(5000) }, response_json: {} },
}
const RECORD = normalise(INPUT, null)

const firstSchema = (d: Differences) => MIGRATIONS[0]?.statements(d) ?? []

async function recordOne(x: Executor, d: Differences): Promise<void> {
  const request = { project: PROJECT, changes: [prepare({ kind: 'record', ...RECORD })] }
  expect(await applyRequests(x, writeStatements(d), [request], 1)).toMatchObject([{ outcomes: [{ created: true }] }])
}

async function expectWhole(store: Store): Promise<void> {
  const { read, write } = store
  const row = await read.getStep(PROJECT, RECORD.step.id)
  expect(row && decodeStep(row)).toEqual(RECORD.step)
  expect(await read.getTraces(PROJECT, RECORD.step.id)).toHaveLength(1)
  expect(await read.getRun(PROJECT, 'run')).toMatchObject({ num_steps: 1 })
  const content = Buffer.from('content')
  await write.derive(PROJECT, [], {
    parts: [{ group: 'g', part: 1, contexts: Buffer.from('[]'), content }],
    counts: [],
  })
  expect(await read.getTelemetry(PROJECT, ['g'])).toEqual([{ group: 'g', part: 1, contexts: Buffer.from('[]') }])
  expect(await read.listIngestCounts(PROJECT)).toEqual([])
  const findings = await store.diagnose()
  expect(findings.find(({ check }) => check === 'schema')).toMatchObject({ ok: true, detail: 'version 2' })
}

test('on SQLite', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'stepledger-upgrade-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const file = join(dir, 'ledger.db')
  const old = new Database(file)
  for (const statement of firstSchema(SQLITE)) old.exec(statement)
  old.pragma('user_version = 1')
  await recordOne(onSqlite(old), SQLITE)
  old.close()
  for (let times = 0; times < 2; times++) {
    const store = await openSqlite(file)
    if (times === 0) await expectWhole(store)
    expect(await store.read.getTelemetry(PROJECT, ['g'])).toHaveLength(1)
    await store.close()
  }
})

test('on PostgreSQL', async () => {
  const database = await freshDatabase()
  onTestFinished(() => database.drop())
  const client = new Client({ connectionString: database.url })
  await client.connect()
  for (const statement of firstSchema(POSTGRES)) await client.query(statement)
  await client.query('create table stepledger_schema (version integer not null)')
  await client.query('insert into stepledger_schema (version) values (1)')
  await recordOne(onPostgres(client), POSTGRES)
  await client.end()
  const stores = await Promise.all([openPostgres({ url: database.url }), openPostgres({ url: database.url })])
  await expectWhole(stores[0])
  expect(await stores[1].read.getTelemetry(PROJECT, ['g'])).toHaveLength(1)
  for (const store of stores) await store.close()
})
