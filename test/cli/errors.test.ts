import { expect, test } from 'vitest'
import { reportOf, UsageError } from '../../src/cli/errors.ts'
import { LedgerError } from '../../src/domain/errors.ts'

const withCode = (code: string) => Object.assign(new Error('of the system'), { code })

test.each([
  ['wrong usage', new UsageError('no'), 2, /^no$/],
  ['a refusal', new LedgerError('not_found', 'gone'), 1, /^gone$/],
  ['a file that is not there', withCode('ENOENT'), 1, /^of the system$/],
  [
    'a fault of ours',
    new TypeError('x is undefined'),
    1,
    /^x is undefined\nThis is a bug in stepledger .*\n.*LOG_LEVEL=debug/,
  ],
  ['something thrown that is no error', 'text', 1, /^text\nThis is a bug/],
])('%s', (_, error, exitCode, text) => {
  expect(reportOf(error, false)).toEqual({ exitCode, text: expect.stringMatching(text) })
})

test('a reader that went away is no failure', () => {
  expect(reportOf(withCode('EPIPE'), false)).toEqual({ exitCode: 0 })
})

test('verbose shows where it happened, with causes', () => {
  const error = new LedgerError('unavailable', 'later', { cause: new Error('disk') })
  const { text } = reportOf(error, true)
  expect(text).toMatch(/^LedgerError: later\n\s+at .*caused by: Error: disk\n\s+at /s)
})
