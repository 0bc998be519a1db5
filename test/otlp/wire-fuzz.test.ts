/** At least 100,000 broken bodies: nothing crashes, nothing is the server's fault, no memory is kept. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { FuzzReport } from './fuzz-process.ts'

const BODIES = 104_000
const OVER_HTTP = 4000
/** Another seed finds other bodies; a failure names the one that did it. */
const SEED = process.env['STEPLEDGER_FUZZ_SEED'] ?? '20260129'

test('broken bodies are refused or taken, and leave nothing behind', { timeout: 120_000 }, async () => {
  const script = join(import.meta.dirname, 'fuzz-process.ts')
  const options = ['--expose-gc', '--disable-warning=ExperimentalWarning', script, `${BODIES}`, `${OVER_HTTP}`, SEED]
  const { stdout } = await promisify(execFile)(process.execPath, options, { maxBuffer: 2 ** 26 })
  const report = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as FuzzReport
  console.info(JSON.stringify({ ...report, unexpected: report.unexpected.length }))
  expect(report.unexpected).toEqual([])
  const total = (counts: Record<string, number>) => Object.values(counts).reduce((sum, count) => sum + count, 0)
  expect(total(report.decoded)).toBeGreaterThanOrEqual(100_000)
  // Bodies that are all refused at the first byte would try nothing.
  expect(report.decoded['taken']).toBeGreaterThan(BODIES / 5)
  expect(report.decoded['invalid']).toBeGreaterThan(BODIES / 5)
  expect(Object.keys(report.answered).toSorted()).toEqual(['200', '400', '415'])
  expect(report.bombs).toEqual({
    ...fromNames(413, 'envelopes', 'spans', 'attributes', 'events', 'values', 'brackets', 'objects', 'keys', 'numbers'),
    ...fromNames(413, 'gzip', 'deflate', 'zstd'),
    ...fromNames(400, 'groups', 'varints', 'one number', 'backslashes'),
    // One span is refused for its depth; the body is good.
    nesting: 200,
  })
  expect(report.heapGrowth).toBeLessThan(10)
  // Bodies of 32 MiB, each in this process as made, as sent and as received, and what decoding takes of them.
  expect(report.rssPeak).toBeLessThan(1200)
})

function fromNames(status: number, ...names: string[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, status]))
}
