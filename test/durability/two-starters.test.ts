/** Several processes on one ledger, and a ledger from the future. */
import { createHash } from 'node:crypto'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openStore, LEDGER_FILE } from '../../src/store/open.ts'
import { serve } from './process.ts'
import { verify } from './verify.ts'
import { Recorder } from './workload.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'stepledger-starters-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

test(
  'processes that start at once on a fresh directory make one ledger, and all of them record',
  { timeout: 60_000 },
  async () => {
    for (let round = 0; round < 3; round++) {
      const dataDir = join(dir, `fresh-${round}`, 'deeper')
      const servers = await Promise.all(Array.from({ length: 3 }, () => serve({ dataDir })))
      const until = Date.now() + 700
      const recorders = servers.flatMap((_, s) => [0, 1].map((i) => new Recorder(`run-${s}-${i}`)))
      const refused = await Promise.all(
        recorders.map((recorder, i) =>
          recorder.record(servers[i % servers.length]?.url ?? '', () => Date.now() > until),
        ),
      )
      expect(refused.flat()).toEqual([])
      expect(await Promise.all(servers.map((server) => server.end('SIGTERM')))).toEqual([0, 0, 0])
      for (const recorder of recorders) recorder.close()
      const batches = recorders.map((recorder) => recorder.batches)
      expect(batches.flat().every((batch) => batch.acknowledged)).toBe(true)
      await verify({ dataDir }, batches)
    }
  },
)

test('processes that record into the same run count every step once', { timeout: 30_000 }, async () => {
  const servers = await Promise.all([serve({ dataDir: dir }), serve({ dataDir: dir })])
  const steps = Array.from({ length: 300 }, (_, i) => ({
    id: `step-00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
    run_id: 'shared',
    prompt_tokens: 1,
  }))
  const headers = { 'Content-Type': 'application/json' }
  const chunks = Array.from({ length: 30 }, (_, i) => JSON.stringify(steps.slice(i * 10, i * 10 + 10)))
  const answers = await Promise.all(
    servers.flatMap(({ url }) => chunks.map((body) => fetch(`${url}/v1/steps`, { method: 'POST', headers, body }))),
  )
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 201]))
  const created = answers.reduce((sum, answer) => sum + Number(answer.headers.get('Stepledger-Created')), 0)
  expect(created).toBe(300)
  for (const { url } of servers) {
    const usage = (await (await fetch(`${url}/v1/runs/shared/usage`)).json()) as { prompt_tokens: number }
    expect(usage.prompt_tokens).toBe(300)
  }
  await Promise.all(servers.map((server) => server.end('SIGTERM')))
})

describe('a ledger of a newer schema', () => {
  const file = () => join(dir, LEDGER_FILE)
  const hash = () => createHash('sha256').update(readFileSync(file())).digest('hex')

  /** Makes the ledger one that a newer program wrote; its pages are all in the one file afterwards. */
  async function makeNewer(journal: 'wal' | 'delete'): Promise<void> {
    await (await openStore({ dataDir: dir })).close()
    const connection = new Database(file())
    connection.exec('create table from_the_future (id text); drop table step_tags')
    connection.pragma('user_version = 999')
    connection.pragma(`journal_mode = ${journal}`)
    connection.pragma('wal_checkpoint(TRUNCATE)')
    connection.close()
  }

  test.each(['wal', 'delete'] as const)('is refused kindly and left as it was (journal %s)', async (journal) => {
    await makeNewer(journal)
    const before = hash()
    copyFileSync(file(), join(dir, 'copy.db'))
    const refusal = {
      code: 'unusable',
      message: expect.stringMatching(/newer Stepledger .*999.*another data directory/s) as string,
    }
    await expect(openStore({ dataDir: dir })).rejects.toMatchObject(refusal)
    expect(hash()).toBe(before)
    expect(readdirSync(dir).filter((name) => name.startsWith(LEDGER_FILE))).toEqual([LEDGER_FILE])
    const connection = new Database(file(), { readonly: true })
    expect(connection.pragma('user_version', { simple: true })).toBe(999)
    connection.close()
  })

  test('ends the server with a message and no stack trace', async () => {
    await makeNewer('wal')
    const failure = await serve({ dataDir: dir }).catch((error: Error) => error.message)
    expect(failure).toMatch(/newer Stepledger/)
    expect(failure).not.toMatch(/\n\s+at /)
  })
})

test('a file that is no ledger is refused and left as it was', async () => {
  const { writeFileSync } = await import('node:fs')
  writeFileSync(join(dir, LEDGER_FILE), 'this is not a database, but somebody may need it'.repeat(100))
  await expect(openStore({ dataDir: dir })).rejects.toMatchObject({
    code: 'unusable',
    message: expect.stringContaining(LEDGER_FILE) as string,
  })
  expect(readFileSync(join(dir, LEDGER_FILE), 'utf8')).toMatch(/^this is not a database/)
})
