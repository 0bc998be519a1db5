/** The servers and databases that other tests stand on are what they say. */
import { existsSync } from 'node:fs'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { freshDatabase, startPostgres, type FreshDatabase, type PostgresServer } from '../support/postgres.ts'

async function fresh(): Promise<FreshDatabase> {
  const database = await freshDatabase()
  onTestFinished(() => database.drop())
  return database
}

async function rows(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

describe('a fresh database', () => {
  test('is empty and its own, also through its url', async () => {
    const [one, other] = [await fresh(), await fresh()]
    await one.query('create table notes (text text)')
    await rows(one.url, `insert into notes values ('here')`)
    expect(await one.query('select text from notes where text = $1', ['here'])).toEqual([{ text: 'here' }])
    await expect(other.query('select text from notes')).rejects.toThrow('relation "notes" does not exist')
  })

  test('is made for many at once', async () => {
    const databases = await Promise.all(Array.from({ length: 5 }, fresh))
    const answers = await Promise.all(databases.map(({ query }) => query('select 1 as one')))
    expect(answers).toEqual(databases.map(() => [{ one: 1 }]))
  })

  test('is gone after drop, with what it held and who used it', async () => {
    const database = await freshDatabase()
    await database.query('create table notes (text text)')
    const session = new Client({ connectionString: database.url })
    session.on('error', () => undefined)
    await session.connect()
    await database.drop()
    await expect(session.query('select * from notes')).rejects.toThrow()
    await session.end().catch(() => undefined)
  })

  test('sorts text as people do unless told otherwise', async ({ skip }) => {
    skip(Boolean(process.env.TEST_DATABASE_URL), 'the database of TEST_DATABASE_URL has an order of its own')
    const { query } = await fresh()
    const sorted = async (collation: string) =>
      (await query<{ t: string }>(`select t from (values ('B'), ('a'), ('c'), ('ä')) v (t) order by t ${collation}`))
        .map(({ t }) => t)
        .join('')
    expect(await sorted('')).toBe('aäBc')
    expect(await sorted('collate "C"')).toBe('Bacä')
  })

  test('is a schema where TEST_DATABASE_URL says so, with the other parameters of that url', async () => {
    const url = new URL((await fresh()).url)
    url.searchParams.set('application_name', 'a b')
    url.searchParams.set('options', '-c work_mem=5MB')
    vi.stubEnv('TEST_DATABASE_URL', url.href)
    onTestFinished(() => void vi.unstubAllEnvs())
    const [one, other] = [await freshDatabase(), await freshDatabase()]
    await one.query('create table notes (text text)')
    await expect(other.query('select text from notes')).rejects.toThrow('relation "notes" does not exist')
    const names = `current_setting('work_mem') as mem, current_setting('application_name') as app`
    expect(one.url).not.toContain('+')
    expect(await rows(one.url, `select current_schema, ${names}`)).toEqual([
      { current_schema: expect.stringMatching(/^stepledger_test_/) as string, mem: '5MB', app: 'a b' },
    ])
    await one.drop()
    await other.drop()
  })
})

describe('a server of our own', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
    await rows(server.url, 'create table notes (text text)')
  })
  afterAll(() => server.destroy())

  const notes = async () => (await rows(server.url, 'select text from notes')).map(({ text }) => text)

  test('is durable unless told otherwise', async () => {
    const [settings] = await rows(
      server.url,
      `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit`,
    )
    expect(settings).toEqual({ fsync: 'on', commit: 'on' })
  })

  test.each(['fast', 'immediate', 'kill'] as const)('stopped (%s), it comes back with what was there', async (mode) => {
    const before = await notes()
    await rows(server.url, `insert into notes values ('${mode}')`)
    const session = new Client({ connectionString: server.url })
    const lost = new Promise<Error>((resolve) => session.on('error', resolve))
    await session.connect()
    await server.stop(mode)
    await lost
    await expect(notes()).rejects.toThrow('ECONNREFUSED')
    await server.start()
    expect(await notes()).toEqual([...before, mode])
  })

  test('leaves nothing behind', async () => {
    const own = await startPostgres({ settings: { fsync: 'off' } })
    const [directory] = await rows(own.url, `select current_setting('data_directory') as path`)
    expect(existsSync(String(directory?.path))).toBe(true)
    await own.destroy()
    expect(existsSync(String(directory?.path))).toBe(false)
    await expect(rows(own.url, 'select')).rejects.toThrow('ECONNREFUSED')
  })
})
