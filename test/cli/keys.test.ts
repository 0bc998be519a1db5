import { describe, expect, test } from 'vitest'
import { temporary } from '../support/temporary.ts'
import { cli, ok, serve } from './support.ts'

describe('keys', () => {
  test('the first one closes a running server, and revoking the last opens it again', async () => {
    const dir = temporary()
    const own = ['--data-dir', dir]
    const { url, stop } = await serve(dir)
    const status = async (headers = {}) => (await fetch(`${url}/v1/steps/`, { headers })).status
    expect(await status()).toBe(200)

    const made = await cli(['keys', 'create', 'reader', '--role', 'read', ...own])
    expect(made.code).toBe(0)
    expect(made.stdout).toMatch(/^sl_[\w-]{43}\n$/)
    expect(made.stderr).toMatch(/^Key key-\S+ may read in all projects. Keep it now.*\nIt is the first key/)
    const key = made.stdout.trim()
    expect(await status()).toBe(401)
    expect(await status({ Authorization: `Bearer ${key}` })).toBe(200)

    const [denied, allowed] = await Promise.all([
      cli(['steps', 'list', '--url', url]),
      cli(['steps', 'list', '--json', '--url', url], { STEPLEDGER_API_KEY: key }),
    ])
    expect(denied).toMatchObject({ code: 1, stderr: expect.stringContaining('It needs an API key: --api-key') })
    expect(allowed).toEqual({ code: 0, stdout: '[]\n', stderr: '' })

    const listed = await ok(['keys', 'list', '--json', ...own])
    expect(listed).not.toContain(key)
    const [{ id }] = JSON.parse(listed) as [{ id: string }]
    const revoked = await cli(['keys', 'revoke', id, ...own])
    expect(revoked).toMatchObject({ code: 0, stderr: expect.stringContaining(`Revoked ${id}\nNo key is left`) })
    expect(await status({ Authorization: `Bearer ${key}` })).toBe(200)
    const again = await cli(['keys', 'revoke', id, ...own])
    expect(again).toMatchObject({ code: 1, stderr: `error: Key in force with id '${id}' not found\n` })
    expect(await stop()).toBe(0)
  })

  test('of one project, as JSON and as a table', async () => {
    const own = ['--data-dir', temporary()]
    const unknown = await cli(['keys', 'create', 'ci', '--role', 'write', '--project', 'blue', ...own])
    expect(unknown).toMatchObject({ code: 1, stdout: '', stderr: "error: Project with id 'blue' not found\n" })
    await ok(['projects', 'create', 'blue', ...own])
    const json = await ok(['keys', 'create', 'ci', '--role', 'write', '--project', 'blue', '--json', ...own])
    const made = JSON.parse(json) as { id: string; key: string }
    expect(made).toMatchObject({ name: 'ci', role: 'write', project: 'blue', key: expect.stringMatching(/^sl_/) })
    expect(await ok(['keys', 'list', ...own])).toMatch(
      new RegExp(`^ID +NAME +KEY +ROLE +PROJECT .*\n${made.id}  ci +${made.key.slice(0, 9)}…  write  blue `),
    )
  })
})

test('projects', async () => {
  const own = ['--data-dir', temporary()]
  const made = await cli(['projects', 'create', 'blue', ...own])
  expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^project-\S+\n$/) })
  const again = await cli(['projects', 'create', 'blue', ...own])
  expect(again).toMatchObject({ code: 1, stdout: '', stderr: "error: There is a project 'blue' already\n" })
  const [table, json] = await Promise.all([
    ok(['projects', 'list', ...own]),
    ok(['projects', 'list', '--json', ...own]),
  ])
  expect(table).toContain(`blue  ${made.stdout.trim()}`)
  expect(JSON.parse(json)).toEqual([{ id: made.stdout.trim(), slug: 'blue', created_at: expect.any(String) }])
})
