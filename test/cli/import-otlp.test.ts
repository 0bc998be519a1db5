/** `stepledger import` of telemetry: files as exporters and collectors leave them, into ledgers here and over HTTP. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { capturedRequests, logs, span, toProtobuf, traces, type Json } from '../otlp/support.ts'
import { temporary } from '../support/temporary.ts'
import { cli, linesFile, ok, serve } from './support.ts'

const dir = temporary()
const CHAT = [
  { key: 'gen_ai.operation.name', value: { stringValue: 'chat' } },
  { key: 'gen_ai.request.model', value: { stringValue: 'gpt-5' } },
]
const call = (n: number, fields: Json = {}) => span(n, { attributes: CHAT, ...fields })
const metrics = { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'tokens', sum: { dataPoints: [] } }] }] }] }
const record = { timeUnixNano: '1795226339562000001', body: { stringValue: 'hello' } }

interface Report {
  files: {
    format: string | null
    runs: number | null
    steps: number
    error: string | null
    telemetry: Record<string, unknown> | null
  }[]
  steps: number
  created: number
  merged: number
  failed: number
}

let ledgers = 0
const aLedger = () => ['--data-dir', join(dir, `ledger-${(ledgers += 1)}`)]
const write = (name: string, content: string | Buffer) => {
  const path = join(dir, name)
  writeFileSync(path, content)
  return path
}
const importInto = async (ledger: string[], ...paths: string[]) =>
  JSON.parse(await ok(['import', ...paths, '--json', ...ledger])) as Report
const stepsIn = (ledger: string[]) => ok(['steps', 'list', '--all', '--jsonl', ...ledger])

const two = traces(call(1), call(2))
/** The same two calls in every form. */
const FORMS: [what: string, path: string][] = [
  ['JSON in one line', write('one-line.json', JSON.stringify(two))],
  ['JSON for people', write('pretty.json', JSON.stringify(two, null, 2))],
  ['JSON for people, with a byte order mark', write('mark.json', `\uFEFF${JSON.stringify(two, null, 2)}`)],
  [
    'JSON lines',
    linesFile(
      dir,
      'lines.jsonl',
      [call(1), call(2)].map((each) => JSON.stringify(traces(each))),
    ),
  ],
  ['protobuf', write('request.bin', toProtobuf('traces', two))],
  ['compressed protobuf', write('zipped.bin', gzipSync(toProtobuf('traces', two)))],
  ['compressed JSON', write('zipped.json.gz', gzipSync(JSON.stringify(two, null, 2)))],
  [
    'compressed JSON lines',
    write('lines.gz', gzipSync([call(1), call(2)].map((each) => JSON.stringify(traces(each))).join('\n'))),
  ],
]

describe('forms of a file', () => {
  test('all forms tell the same: what the first one tells, the others only repeat', async () => {
    const ledger = aLedger()
    const paths = FORMS.map(([, path]) => path)
    const report = await importInto(ledger, ...paths)
    expect(report).toMatchObject({ steps: 2, created: 2, merged: 0, failed: 0 })
    for (const [i, { format, runs, telemetry }] of report.files.entries()) {
      const [what] = FORMS[i] as [string, string]
      expect([what, format, runs]).toEqual([what, 'otlp', null])
      const [created, duplicates] = i === 0 ? [2, 0] : [0, 2]
      const told = { received: 2, created, updated: 0, duplicates, rejected: 0, refused: null, metrics: 0 }
      expect([what, telemetry]).toMatchObject([what, told])
    }
    expect((await stepsIn(ledger)).trimEnd().split('\n')).toHaveLength(2)
  })

  test('lines of all signals, as a collector writes them: metrics are told and not kept', async () => {
    const lines = [traces(call(1)), metrics, logs(record), {}, { ...traces(call(2)), ...logs(record) }]
    const file = linesFile(dir, 'all.jsonl', lines.map((line) => JSON.stringify(line))) // prettier-ignore
    const { code, stdout, stderr } = await cli(['import', file, ...aLedger()])
    expect({ code, stderr }).toEqual({ code: 0, stderr: `${file}: metrics are not kept (1 request)\n` })
    expect(stdout.replaceAll(dir, '…').replaceAll(/ {2,}/g, '  ')).toMatchInlineSnapshot(`
      "TELEMETRY  REQUESTS  RECEIVED  STEPS MADE  UPDATED  FOLDED  DUPLICATES  REJECTED
      …/all.jsonl  5  4  2  0  0  0  0
      "
    `)
  })

  test('logs and metrics in protobuf are known from traces', async () => {
    const [log] = [write('logs.bin', toProtobuf('logs', logs(record)))]
    expect((await importInto(aLedger(), log)).files[0]).toMatchObject({ telemetry: { received: 1, metrics: 0 } })
    // Metric 5 = gauge, inside of scope 2, envelope 1.
    const metric = Buffer.from([0x0a, 0x0a, 0x12, 0x08, 0x12, 0x06, 0x0a, 0x01, 0x6d, 0x2a, 0x01, 0x00])
    expect((await importInto(aLedger(), write('m.bin', metric))).files[0]).toMatchObject({ telemetry: { metrics: 1 } })
  })

  test('what is none of them is skipped', async () => {
    const folder = join(dir, 'others')
    mkdirSync(folder)
    const others = { 'a.bin': Buffer.from([10, 3, 1, 2, 3]), 'b.gz': gzipSync('text'), 'c.json': '{"spans":[]}' }
    for (const [name, content] of Object.entries({ ...others, 'd.gz': Buffer.from([0x1f, 0x8b, 0, 1]) })) {
      writeFileSync(join(folder, name), content)
    }
    const { code, stderr } = await cli(['import', folder, ...aLedger()])
    expect(code).toBe(1)
    expect(stderr).toContain('Skipped 4 files of no known format')
  })
})

describe('what is wrong', () => {
  test('a line that is broken: nothing of the file is kept, the place is named, the others go on', async () => {
    const ledger = aLedger()
    const line = JSON.stringify(traces(call(1)))
    const broken = linesFile(dir, 'broken.jsonl', [line, line.slice(0, -9)])
    const stranger = linesFile(dir, 'stranger.jsonl', [line, '{"resource":[]}'])
    const good = linesFile(dir, 'good.jsonl', [JSON.stringify(traces(call(3)))])
    const cut = write('cut.bin', toProtobuf('traces', two).subarray(0, -20))
    const zipped = write('cut.gz', gzipSync(toProtobuf('traces', two)).subarray(0, -9))
    const { code, stderr } = await cli(['import', broken, stranger, cut, zipped, good, ...ledger])
    expect(code).toBe(1)
    expect(stderr).toContain(`error: ${broken}: line 2: is not JSON`)
    expect(stderr).toContain(`error: ${stranger}: line 2: expected an object with resourceSpans,`)
    expect(stderr).toMatch(/cut\.gz: not gzip, as which it begins: unexpected end of file/)
    expect(stderr).toMatch(/error: .*cut\.bin/)
    expect((await stepsIn(ledger)).trimEnd().split('\n')).toHaveLength(1)
  })

  test('spans that are refused are counted and told, and doctor knows of them', async () => {
    const ledger = aLedger()
    const file = linesFile(dir, 'refused.jsonl', [
      JSON.stringify(traces(call(1), call(2, { traceId: '' }))),
      JSON.stringify(traces(call(3, { traceId: '' }), call(4, { startTimeUnixNano: '0' }))),
    ])
    const { code, stderr } = await cli(['import', file, ...ledger])
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `${file}: refused: 2 with no trace id, 1 with no start time that can be read\n`,
    })
    const own = await cli(['doctor', ...ledger], { STEPLEDGER_PORT: '0' })
    const told = '4 spans or log records; refused or kept in part: 2 no_trace_id (none), 1 no_start_time (none)'
    expect(own).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ok {5}telemetry +\S/m) })
    expect(own.stdout).toContain(told)
    const served = await serve(ledger[1] as string)
    try {
      expect(await ok(['doctor', '--url', served.url])).toContain(told)
    } finally {
      await served.stop()
    }
  })
})

test('over HTTP it means the same, and again changes nothing', async () => {
  const served = await serve(join(dir, 'served'))
  try {
    const remote = ['--url', served.url]
    const paths = FORMS.map(([, path]) => path)
    const report = await importInto(remote, linesFile(dir, 'm.jsonl', [JSON.stringify(metrics)]), ...paths)
    expect(report).toMatchObject({ steps: 2, created: 2, merged: 0, failed: 0 })
    expect((await importInto(remote, ...paths)).created).toBe(0)
    const local = aLedger()
    await importInto(local, ...paths)
    const there = await stepsIn(remote)
    expect(there).toBe(await stepsIn(local))
    const refused = linesFile(dir, 'refused-there.jsonl', [JSON.stringify(traces(call(7), call(8, { spanId: '' })))])
    expect((await importInto(remote, refused)).files[0]).toMatchObject({ telemetry: { created: 1, rejected: 1 } })
  } finally {
    await served.stop()
  }
})

test('into a project', async () => {
  const ledger = aLedger()
  await ok(['projects', 'create', 'blue', ...ledger])
  const [, path] = FORMS[0] as [string, string]
  await ok(['import', path, '--project', 'blue', ...ledger])
  expect(await stepsIn(ledger)).toBe('')
  expect(await stepsIn([...ledger, '--project', 'blue'])).not.toBe('')
})

const captured = capturedRequests()
test.skipIf(captured.length === 0)('every capture: as many steps as there were calls, twice the same', async () => {
  const root = join(
    process.env['STEPLEDGER_RECORDINGS'] ?? join(import.meta.dirname, '../../../shared/data/trajectories'),
    '../otlp',
  )
  const folders = [...new Set(captured.map(({ name }) => name.split('/')[0] as string))]
  const ledger = aLedger()
  const expected = folders.reduce((sum, folder) => {
    const text = readFileSync(join(root, folder, 'expected.json'), 'utf8')
    return sum + (JSON.parse(text) as { expected_step_count: number }).expected_step_count
  }, 0)
  const report = await importInto(ledger, root)
  expect(report.failed).toBe(0)
  expect(report.files).toHaveLength(captured.length)
  const before = await stepsIn(ledger)
  const steps = before.trimEnd().split('\n').length
  expect([steps, report.steps]).toEqual([expected, expected])
  expect(await importInto(ledger, root)).toMatchObject({ steps: 0, created: 0, merged: 0, failed: 0 })
  expect(await stepsIn(ledger)).toBe(before)
})
