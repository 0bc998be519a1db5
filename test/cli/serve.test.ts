import { expect, test } from 'vitest'
import { cli, ok, serve, temporary } from './support.ts'

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
