import { expect, test } from 'vitest'
import { temporary } from '../support/temporary.ts'
import { cli } from './support.ts'

const dir = temporary()
const own = ['--data-dir', dir]

const WRONG: [args: string[], says: RegExp][] = [
  [['stpes'], /unknown command 'stpes'.*Did you mean steps\?/s],
  [['keys'], /Usage: stepledger keys/],
  [['steps', 'list', '--sttus', 'x'], /unknown option '--sttus'.*Did you mean --status\?/s],
  [['steps', 'list', ...own, '--start-date', 'soon'], /--start-date: "soon" is not an ISO 8601 date/],
  [['export', ...own, '--start-date', '2026-02-01', '--end-date', '2026-01-01'], /--start-date must not be later/],
  [['steps', 'list', ...own, '--status', 'done'], /'done' is invalid.*pending, success, failed, cancelled/s],
  [['runs', 'list', ...own, '--statuses', 'done'], /--statuses: must be one of created, running/],
  [['steps', 'list', ...own, '--tags', ''], /--tags .*It is empty/],
  [['steps', 'list', ...own, '--limit', '-1'], /must be a whole number/],
  [['steps', 'list', ...own, '--limit', '2', '--all'], /--all.* cannot be used with .*--limit/],
  [['steps', 'list', ...own, '--after', 'nonsense'], /--after: must be step-<uuid>/],
  [['steps', 'list', '--url', 'http://localhost:9', ...own], /--url.* cannot be used with .*--data-dir/],
  [['steps', 'list', '--url', 'localhost'], /--url: must be an address/],
  [['steps', 'get', 'nonsense', ...own], /ID: must be step-<uuid>/],
  [['import', ...own], /missing required argument 'path'/],
  [['import', '--format', 'xml', '/dev/null', ...own], /--format: 'xml' is none of stepledger/],
  [['keys', 'create', 'ci', ...own], /required option '--role <role>' not specified/],
  [['keys', 'create', 'ci', '--role', 'owner', ...own], /'owner' is invalid.*read, write, admin/s],
  [['projects', 'create', 'Big', ...own], /SLUG: must be 1 to 63 small letters/],
  [['projects', 'create', 'default', ...own], /'default' is always there/],
  [['serve', '--port', 'high', ...own], /--port: must be a port from 0 to 65535, got 'high'/],
  [['serve', '--otlp-port', 'on', ...own], /--otlp-port: must be a port from 0 to 65535, or off, got 'on'/],
]

test.concurrent.each(WRONG)('%j is wrong usage', async (args, says) => {
  const { code, stdout, stderr } = await cli(args)
  expect(stderr).toMatch(says)
  expect(stderr).not.toMatch(/^\s+at /m)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
})

test('a wrong setting of the environment is named by its variable', async () => {
  const { code, stderr } = await cli(['serve', ...own], { STEPLEDGER_PORT: '70000' })
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: "error: STEPLEDGER_PORT: must be a port from 0 to 65535, got '70000'\n",
  })
})
