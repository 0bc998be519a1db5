import { spawnSync } from 'node:child_process'
import pc from 'picocolors'
import { describe, expect, test } from 'vitest'
import { oneLine, plain } from '../../src/cli/output.ts'
import { TablePrinter, type Column } from '../../src/cli/table.ts'
import { duration } from '../../src/cli/value-text.ts'
import { MAIN } from './support.ts'

interface Row {
  id: string
  text: string
  tag: string
}
const COLUMNS: Column<Row>[] = [
  { title: 'ID', text: ({ id }) => id },
  { title: 'TEXT', text: ({ text }) => text, min: 6, max: 30, spare: 1 },
  { title: 'TAG', text: ({ tag }) => tag, min: 4, spare: 2, paint: (cell, colors) => colors.red(cell) },
]
const ROWS: Row[] = [
  { id: 'step-1', text: 'a long text with many words that goes on and on', tag: 'production' },
  { id: 'step-2', text: '漢字漢字漢字漢字漢字漢字漢字漢字漢字', tag: '' },
]
const none = pc.createColors(false)
const lines = (width: number | undefined, colors = none) =>
  new TablePrinter(COLUMNS, width, colors).page(ROWS).trimEnd().split('\n')

describe('tables', () => {
  test.each([20, 30, 40, 60])('fit %i columns and keep ids whole', (width) => {
    for (const line of lines(width)) {
      const wide = line.length + (line.match(/[\u2e80-\u9fff]/g)?.length ?? 0)
      expect(wide).toBeLessThanOrEqual(width)
    }
    expect(lines(width)[1]).toMatch(/^step-1/)
  })

  test('leave out what has no room, the least important first', () => {
    expect([8, 15, 40].map((width) => lines(width)[0])).toEqual(['ID', 'ID      TEXT', expect.stringMatching(/TAG$/)])
  })

  test('cut nothing where there is no terminal', () => {
    expect(lines(undefined)[1]).toBe(`step-1  ${ROWS[0]?.text}  production`)
  })

  test('have titles once and the same columns on every page', () => {
    const table = new TablePrinter(COLUMNS, 40, none)
    const [, first] = table.page(ROWS).split('\n')
    expect(table.page(ROWS).split('\n')[0]).toBe(first)
  })

  test('are painted where colours are on', () => {
    expect(lines(60, pc.createColors(true))[1]).toContain('\u001b[31mproduction\u001b[39m')
  })
})

test('text of others moves no cursor', () => {
  expect(plain('a\u001b]52;c;x\u0007b\r\nc\td\u202e')).toBe('a·]52;c;x·b\nc\td·')
  expect(oneLine(' a\r\n\t b ')).toBe('a b')
})

test.each([
  [17, '17 ns'],
  [1_500, '1.5 µs'],
  [829_600_000, '830 ms'],
  [1_234_567_890, '1.23 s'],
  [90e9, '1.5 min'],
  [JSON.rawJSON('9007199254740993'), '2502 h'],
  [null, ''],
])('%j nanoseconds', (nanoseconds, expected) => {
  expect(duration(nanoseconds)).toBe(expected)
})

const script = spawnSync('script', ['--version']).status === 0
test.skipIf(!script)('colours on a terminal, unless NO_COLOR', () => {
  const onTerminal = (env: Record<string, string>) => {
    const run = `"${process.execPath}" "${MAIN}" stpes`
    const options = { env: { PATH: process.env.PATH, TERM: 'xterm-256color', ...env }, encoding: 'utf8' as const }
    return spawnSync('script', ['-qec', run, '/dev/null'], options).stdout
  }
  expect(onTerminal({})).toContain('\u001b[31merror:\u001b[39m unknown command')
  expect(onTerminal({ NO_COLOR: '1' })).toMatch(/^error: unknown command/)
})
