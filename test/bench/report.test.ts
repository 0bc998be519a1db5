/** What the bench tells: goals are judged, tables are Markdown, and no filter is forgotten. */
import { expect, test } from 'vitest'
import { FILTERS } from '../../bench/filters.ts'
import { figureTable, meets, toJson, type Figure } from '../../bench/report.ts'
import { STEP_FILTERS } from '../../src/domain/step-query.ts'

const figure = (more: Partial<Figure>): Figure => ({ name: 'x', value: 4, unit: 'ms', ...more })

test('a goal is judged by the ratio, or by the value', () => {
  expect(meets(figure({ goal: 'at least 4' }))).toBe(true)
  expect(meets(figure({ goal: 'under 4' }))).toBe(false)
  expect(meets(figure({ goal: 'at most 1.5', ratio: 1.6 }))).toBe(false)
  expect(meets(figure({ goal: 'at least 10,000', value: 12_000, ratio: 0.1, judged: 'value' }))).toBe(true)
  expect(meets(figure({}))).toBeUndefined()
})

test('columns that nobody fills are left out, and few requests have no p99', () => {
  const many = Array.from({ length: 1000 }, (_, i) => i + 1)
  const text = figureTable([figure({ latencies: [1, 2, 9] }), figure({ latencies: many, goal: 'under 5' })])
  expect(text.split('\n')).toEqual([
    '| what | figure | median, ms | p99, ms |      goal |',
    '|------|-------:|-----------:|--------:|----------:|',
    '| x    |   4 ms |          2 |   max 9 |           |',
    '| x    |   4 ms |        501 |     991 | under 5 ✓ |',
  ])
})

test('the file holds quantiles, not requests', () => {
  const limit = { name: 'bare', latencies: [1, 2, 3] }
  expect(toJson(figure({ latencies: [1, 2, 9], limit, ratio: 3, goal: 'under 20' }))).toEqual({
    name: 'x',
    value: 4,
    unit: 'ms',
    median_ms: 2,
    p99_ms: 9,
    samples: 3,
    limit: { name: 'bare', median_ms: 2, p99_ms: 3, samples: 3 },
    ratio: 3,
    goal: 'under 20',
    met: true,
  })
})

test('every filter of lists is measured', () => {
  const measured = FILTERS.map(({ name }) => name).join(', ')
  for (const name of Object.keys(STEP_FILTERS)) expect(measured).toContain(name)
})
