import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { temporary } from '../support/temporary.ts'
import { cli, ok, serve } from './support.ts'

interface Report {
  ok: boolean
  findings: { check: string; ok: boolean; detail: string; remedy?: string }[]
}

/** A port that nothing listens on, so that a ledger of whoever runs the tests does not matter. */
const QUIET = { STEPLEDGER_PORT: '0' }

test('a sound ledger, with and without its server', async () => {
  const dir = temporary()
  const { url, stop } = await serve(dir)
  const own = ['doctor', '--data-dir', dir]
  const [table, json, remote] = await Promise.all([
    cli(own, { STEPLEDGER_PORT: new URL(url).port }),
    ok([...own, '--json'], QUIET),
    ok(['doctor', '--url', url, '--json']),
  ])
  expect(table).toMatchObject({ code: 0, stderr: '' })
  expect(table.stdout).toMatch(new RegExp(`^ok {5}server +version \\S+ answers at ${url}$`, 'm'))
  const report = JSON.parse(json) as Report
  expect(report.ok).toBe(true)
  expect(report.findings.map(({ check }) => check)).toEqual(
    expect.arrayContaining(['node', 'ledger', 'schema', 'integrity', 'keys', 'telemetry', 'server']),
  )
  expect((JSON.parse(remote) as Report).findings.map(({ check, ok: good }) => [check, good])).toEqual([
    ['node', true],
    ['server', true],
    ['telemetry', true],
  ])
  await stop()
})

test('no ledger is no fault, and none is made', async () => {
  const dir = `${temporary()}/none`
  const { code, stdout } = await cli(['doctor', '--data-dir', dir], QUIET)
  expect(code).toBe(0)
  expect(stdout).toMatch(/^ok {5}ledger +There is no ledger in \S+none yet. Start one: stepledger serve/m)
  expect(existsSync(dir)).toBe(false)
})

/** Each kind of trouble: how it is made, and what is said of it. */
const TROUBLES: [what: string, make: (dir: string) => void, says: RegExp][] = [
  [
    'a foreign file',
    (dir) => writeFileSync(`${dir}/ledger.db`, 'Dear diary'),
    /ledger.db is not a ledger \(no SQLite file\)/,
  ],
  ['a directory in its place', (dir) => mkdirSync(`${dir}/ledger.db`), /ledger.db is not a file/],
  ['a newer ledger', newer, /written by a newer Stepledger \(schema 99/],
  ['a damaged file', damaged, /Cannot open the ledger .*(malformed|not a database)/],
]

test.each(TROUBLES)('%s is told in a sentence', async (_, make, says) => {
  const dir = temporary()
  make(dir)
  const [doctor, list] = await Promise.all([
    cli(['doctor', '--data-dir', dir], QUIET),
    cli(['steps', 'list', '--data-dir', dir]),
  ])
  expect(doctor.code).toBe(1)
  expect(doctor.stdout).toMatch(/^wrong {2}ledger /m)
  expect(doctor.stdout).toMatch(says)
  expect(list).toMatchObject({ code: 1, stdout: '' })
  expect(list.stderr).toMatch(says)
  expect(list.stderr).not.toMatch(/^\s+at /m)
})

function newer(dir: string): void {
  const database = new Database(`${dir}/ledger.db`)
  database.pragma('user_version = 99')
  database.close()
}

/** The beginning of a database, and then noise. */
function damaged(dir: string): void {
  const noise = Buffer.alloc(8192, 'noise ')
  noise.write('SQLite format 3\0', 'latin1')
  writeFileSync(`${dir}/ledger.db`, noise)
}

test('a data directory that is a file', async () => {
  const file = `${temporary()}/file`
  writeFileSync(file, '')
  const { code, stderr } = await cli(['steps', 'list', '--data-dir', file])
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: `error: ${file} is not a directory. Name another one: --data-dir\n`,
  })
})

test('another program at the port, nobody at the address', async () => {
  const server = createServer((_, response) => response.end('<html>')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = String((server.address() as AddressInfo).port)
  const [taken, nobody, stranger] = await Promise.all([
    cli(['doctor', '--data-dir', temporary()], { STEPLEDGER_PORT: port }),
    cli(['doctor', '--url', 'http://localhost:9399']),
    cli(['doctor', '--url', `http://127.0.0.1:${port}`]),
  ])
  server.close()
  expect(taken.code).toBe(1)
  expect(taken.stdout).toMatch(/port \d+ is taken by another program\n +→ Stop it, or serve on another port/)
  expect(nobody.code).toBe(1)
  expect(nobody.stdout).toContain('http://localhost:9399 does not answer: nothing listens there')
  expect(stranger.code).toBe(1)
  expect(stranger.stdout).toContain('is not a ledger: its answer is not JSON')
})
