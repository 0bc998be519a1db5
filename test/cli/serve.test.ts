import { expect, test } from 'vitest'
import { temporary } from '../support/temporary.ts'
import { cli, ok, serve } from './support.ts'

test('SIGTERM ends it with 0; a second server on its port says what to do', async () => {
  const dir = temporary()
  const { url, stop } = await serve(dir)
  expect((await fetch(`${url}/v1/health/`)).status).toBe(200)
  const second = await cli(['serve', '--data-dir', temporary(), '--port', new URL(url).port])
  expect(second.code).toBe(1)
  expect(second.stderr).toMatch(/^error: Cannot listen: 127.0.0.1:\d+ is in use; .*--port\n$/)
  expect(await stop()).toBe(0)
})

test('other machines are let in only once there is a key, and the refusal says how to make one', async () => {
  const dir = temporary()
  const refused = await cli(['serve', '--data-dir', dir, '--host', '0.0.0.0', '--port', '0'])
  expect(refused).toMatchObject({ code: 1, stdout: '' })
  const command = /^ {2}stepledger (keys create .*)$/m.exec(refused.stderr)?.[1]
  await ok(command?.split(' ') ?? [])
  const { stop } = await serve(dir, '--host', '0.0.0.0')
  expect(await stop()).toBe(0)
})

test('an OTLP port is told, served and freed; one that is in use is named, and nothing goes on listening', async () => {
  const dir = temporary()
  const { url, otlp, stop } = await serve(dir, '--otlp-port', '0')
  expect(otlp).not.toBe(url)
  const answer = await fetch(`${otlp}/v1/metrics`, { method: 'POST', headers: { 'Content-Type': 'application/json' } })
  expect([answer.status, await answer.text()]).toEqual([200, '{}'])
  const flags = ['--data-dir', temporary(), '--port', '0', '--otlp-port', new URL(otlp ?? '').port]
  const second = await cli(['serve', ...flags])
  expect(second).toMatchObject({ code: 1, stdout: '' })
  expect(second.stderr).toMatch(/^error: Cannot listen: 127.0.0.1:\d+ is in use; .*--otlp-port\n$/)
  expect(await stop()).toBe(0)
  await expect(fetch(`${otlp}/v1/metrics`, { method: 'POST' })).rejects.toThrow('fetch failed')
})

test('a prefix that is no path is refused', async () => {
  const { code, stderr } = await cli(['serve', '--data-dir', temporary(), '--port', '0', '--otlp-prefixes', '/a b'])
  expect([code, stderr]).toEqual([1, "error: --otlp-prefixes: must be paths such as /my/gateway, got '/a b'\n"])
})
