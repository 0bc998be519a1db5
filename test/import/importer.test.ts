/** The engine: two passes, batches, reports, broken files. */
import { readFileSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { derivedId } from '../../src/domain/id.ts'
import { importFiles, type ImportProgress } from '../../src/in/import/importer.ts'
import { openSourceFile } from '../../src/in/import/source-file.ts'
import { temporary } from '../support/temporary.ts'
import { FakeLedger, fileWith, read } from './support.ts'

const demo = join(import.meta.dirname, '../../demo/recordings')
const demoFile = (path: string): string => readFileSync(join(demo, path), 'utf8')
const EVALS = 'letta-evals/programmatic-inventory.stream.jsonl'
const TAU2 = 'tau2-bench/gpt-4.1-2025-04-14_telecom_no-user_4trials_5tasks.json'
const MINI = 'mini-swe-agent/deepseek-reasoner.pvlib-1606.traj.json'

describe('a gzip-compressed file', () => {
  test.each([EVALS, TAU2, MINI])('is read as what it holds: %s', async (path) => {
    const packed = gzipSync(demoFile(path))
    expect(await read(fileWith(`${basename(path)}.gz`, packed))).toEqual(await read(join(demo, path)))
  })

  test('may be larger than memory where it has lines: they are unpacked as they are read', async () => {
    const line = JSON.stringify({ id: derivedId('step', 'long'), agent_id: 'a', model: 'm'.repeat(200) })
    const lines = Array.from({ length: 20_000 }, () => line).join('\n')
    const path = fileWith('lines.jsonl.gz', gzipSync(lines))
    const file = openSourceFile(path)
    let [count, last] = [0, 0]
    for await (const each of file.lines()) [count, last] = [count + 1, each.line]
    expect([count, last, file.position]).toEqual([20_000, 20_000, file.size])
  })

  test.each([
    ['lines', EVALS],
    ['one document', MINI],
  ])('that is cut off is an error, and nothing of it is kept: %s', async (_, path) => {
    const packed = gzipSync(demoFile(path))
    const ledger = new FakeLedger()
    const report = await ledger.import(fileWith(`${basename(path)}.gz`, packed.subarray(0, packed.length - 20)))
    expect([report.failed, ledger.steps.size]).toEqual([1, 0])
    expect(report.files[0]?.error).toMatch(/not gzip, as which it begins: unexpected end of file/)
  })
})

describe('importFiles', () => {
  test('a directory is walked, what is unknown is skipped, a second import changes nothing', async () => {
    const ledger = new FakeLedger()
    const first = await ledger.import(demo)
    expect(first.failed).toBe(0)
    expect(first.files.map((file) => file.format)).toEqual([
      'inspect',
      'inspect',
      'letta-evals',
      'mini-swe-agent',
      'tau2-bench',
    ])
    expect(first.steps).toBe(10 + 6 + 10 + 4 + 212)
    expect(first.created).toBe(first.steps)
    expect(first.skipped.map((path) => path.slice(demo.length + 1))).toContain('README.md')
    expect(first.files[4]).toMatchObject({
      runs: 20,
      steps: 212,
      toolCalls: 192,
      models: { 'gpt-4.1-2025-04-14': 212 },
    })
    const kept = structuredClone([...ledger.steps])
    const second = await ledger.import(demo)
    expect([second.created, second.merged]).toEqual([0, first.steps])
    expect([...ledger.steps]).toEqual(kept)
  })

  test('batches are bounded in steps and in bytes', async () => {
    const small = Array.from({ length: 1203 }, (_, index) => ({ id: derivedId('step', index), agent_id: 'a' }))
    const ledger = new FakeLedger()
    await ledger.import(fileWith('small.jsonl', small.map((step) => JSON.stringify(step)).join('\n')))
    expect(ledger.batches).toEqual([500, 500, 203])
    const big = [1, 2, 3].map((index) => ({
      id: derivedId('step', index),
      error_data: { text: 'x'.repeat(3_000_000) },
    }))
    const other = new FakeLedger()
    await other.import(fileWith('big.jsonl', big.map((step) => JSON.stringify(step)).join('\n')))
    expect(other.batches).toEqual([1, 1, 1])
  })

  test('progress tells the file, the phase and the bytes', async () => {
    const told: ImportProgress[] = []
    const ledger = new FakeLedger()
    await importFiles([join(demo, TAU2)], { ...ledger.options(), onProgress: (progress) => told.push(progress) })
    expect(new Set(told.map((each) => each.phase))).toEqual(new Set(['check', 'record']))
    expect(told.at(-1)).toMatchObject({
      fileIndex: 0,
      files: 1,
      phase: 'record',
      count: 212,
      bytes: 455531,
      size: 455531,
    })
  })

  test('a file that is named and not known is an error, and so is one that is not there', async () => {
    const report = await new FakeLedger().import(fileWith('notes.txt', 'hello'), '/nowhere/at/all.json')
    expect(report.failed).toBe(2)
    expect(report.files[0]?.error).toContain('not a recording of a known format (stepledger, letta-evals,')
    expect(report.files[1]?.error).toContain('ENOENT')
  })

  test('a format can be given by name', async () => {
    const ledger = new FakeLedger()
    const path = fileWith('steps.txt', '{"agent_id": "a"}\n')
    expect((await importFiles([path], { ...ledger.options(), format: 'stepledger' })).steps).toBe(1)
    await expect(importFiles([path], { ...ledger.options(), format: 'csv' })).rejects.toThrow(
      "'csv' is none of stepledger",
    )
  })

  test('a link that leads in a circle ends', async () => {
    const folder = temporary()
    fileWith('a.jsonl', '{"agent_id": "a"}', folder)
    symlinkSync(folder, join(folder, 'again'))
    expect((await new FakeLedger().import(folder)).steps).toBe(1)
  })
})

describe('a broken file names the place and records nothing, the others go on', () => {
  type Results = { simulations: { messages: Record<string, unknown>[] }[] }
  const tau2 = JSON.parse(demoFile(TAU2)) as Results
  const messageAt = (copy: Results, simulation: number, message: number): Record<string, unknown> =>
    copy.simulations[simulation]?.messages[message] ?? {}
  const broken = <T>(value: T, change: (copy: T) => void): T => {
    const copy = structuredClone(value)
    change(copy)
    return copy
  }
  const [first = '', second = '', ...rest] = demoFile(EVALS).split('\n')
  const cases: [string, string, unknown, RegExp][] = [
    ['cut off JSON', 'cut.json', demoFile(TAU2).slice(0, 300_000), /not JSON: .*position \d+/],
    ['cut off trajectory', 'cut.traj.json', demoFile(MINI).slice(0, -200), /not JSON: .*(position|at the end)/],
    [
      'line 3 broken',
      'results.jsonl',
      [first, second, '{"type": "result", oops', ...rest].join('\n'),
      /^line 3: not JSON: .*position 19/,
    ],
    [
      'line 2 of a wrong type',
      'results.jsonl',
      [first, second.replace(/"trajectory": \[\[/, '"trajectory": [["hello", '), ...rest].join('\n'),
      /^line 2: result\.trajectory\[0\]\[0\]\.message_type: expected a Letta message type, found nothing/,
    ],
    [
      'content of a wrong type',
      'results.json',
      broken(tau2, (copy) => (messageAt(copy, 3, 7)['content'] = 42)),
      /^simulations\[3\]\.messages\[7\]\.content: expected a text or a list of parts, found 42/,
    ],
    [
      'a count that is none',
      'results.json',
      broken(tau2, (copy) => (messageAt(copy, 0, 0)['usage'] = { prompt_tokens: -4 })),
      /^simulations\[0\]\.messages\[0\]\.usage\.prompt_tokens: expected a whole number from 0, found -4/,
    ],
    [
      'a time that is none',
      'results.json',
      broken(tau2, (copy) => (messageAt(copy, 1, 2)['timestamp'] = 'yesterday')),
      /^simulations\[1\]\.messages\[2\]\.timestamp: expected an ISO 8601 date and time or .*, found "yesterday"/,
    ],
    [
      'simulations no list',
      'results.json',
      { info: { agent_info: {} }, tasks: [], simulations: {} },
      /^simulations: expected a list/,
    ],
    [
      'agent file',
      'a.af',
      { agent_type: 'x', llm_config: {}, messages: [{ role: 'oracle' }] },
      /^messages\[0\]\.role: expected system,/,
    ],
    [
      'cut off archive',
      'a.eval',
      readFileSync(join(demo, 'inspect-ai/2025-02-11T15-18-04-05-00_popularity.eval')).subarray(0, 9000),
      /zip/,
    ],
    [
      'own line of a wrong type',
      'own.jsonl',
      '{"stepledger_export": 1}\n{"agent_id": "a"}\n{"agent_id": 7}\n',
      /^line 3: .*agent_id.*got 7/,
    ],
    [
      'own export of the future',
      'own.jsonl',
      '{"stepledger_export": 9}\n',
      /^line 1: stepledger_export: expected 1,.* found 9/,
    ],
  ]
  test.each(cases)('%s', async (_, name, content, message) => {
    const ledger = new FakeLedger()
    const report = await ledger.import(fileWith(name, content), join(demo, MINI))
    expect(report.files[0]?.error).toMatch(message)
    expect(report.files[0]?.format).not.toBeNull()
    expect(report.failed).toBe(1)
    expect([...ledger.steps.values()].every((step) => step.agent_id === 'mini-swe-agent')).toBe(true)
    expect(ledger.steps.size).toBe(4)
  })
})

describe('own JSONL', () => {
  test('what was exported comes back equal, exact numbers and U+2028 included', async () => {
    const { steps } = await read(join(demo, TAU2))
    const lines = ['{"stepledger_export": 1, "made_by": "test"}', ...steps.map((step) => JSON.stringify(step)), '']
    const again = await read(fileWith('export.jsonl', lines.join('\n')))
    expect(again.format).toBe('stepledger')
    expect(again.steps).toEqual(steps)
    const line =
      '{"agent_id": "a", "metrics": {"step_start_ns": 1769012345678901234}, "messages": [{"role": "user", "content": "a\u2028b"}]}'
    const exact = await read(fileWith('exact.jsonl', `\uFEFF${line}\r\n\r\n`))
    expect(exact.steps[0]?.metrics).toEqual({ step_start_ns: '1769012345678901234' })
    expect(exact.steps[0]?.messages?.[0]?.content).toBe('a\u2028b')
    expect(exact.steps[0]?.id).toMatch(/^step-/)
  })

  test('lines longer than what is read at once, with characters across the border', async () => {
    const text = '€'.repeat(300_000)
    const path = fileWith(
      'long.jsonl',
      [1, 2].map((n) => JSON.stringify({ agent_id: `a${n}`, error_data: { text } })).join('\n'),
    )
    const lines: number[] = []
    for await (const { line, text: read } of openSourceFile(path).lines()) {
      lines.push(line)
      expect(JSON.parse(read)).toMatchObject({ error_data: { text } })
    }
    expect(lines).toEqual([1, 2])
  })
})
