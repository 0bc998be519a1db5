/** Figures: as tables for people, as JSON for programs. */

export interface Figure {
  name: string
  value: number
  unit: string
  /** Milliseconds, one for each request. */
  latencies?: number[]
  /** Requests per second, where `value` is something else. */
  perSecond?: number
  /** Resident memory of the server in MiB. */
  memory?: number
  /** What the machine could do at best, measured in the same run. */
  limit?: Limit
  /** `value` over the limit's, or p99 over the limit's p99 where both are latencies. */
  ratio?: number
  /** What is asked for, when something is: of the ratio, or of the value where there is none or `judged` says so. */
  goal?: string
  judged?: 'value'
  /** By what a program finds it: steps of the ledger, filter, order, page, … */
  labels?: Readonly<Record<string, string | number>>
}

export interface Limit {
  name: string
  value?: number
  unit?: string
  latencies?: number[]
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)
export const p99 = (values: readonly number[]): number => quantile(values, 0.99)

/** How long one side's requests took beside the limit's in the same rounds. */
export function latency(name: string, ours: number[], limit: Limit & { latencies: number[] }): Figure {
  const mean = ours.reduce((sum, ms) => sum + ms, 0) / ours.length
  const ratio = p99(ours) / p99(limit.latencies)
  return { name, value: median(ours), unit: 'ms', latencies: ours, perSecond: 1000 / mean, limit, ratio }
}

/** Whether the goal is reached; undefined when there is none, or none that can be told from a number. */
export function meets({ goal, ratio, value, judged }: Figure): boolean | undefined {
  const [, word, number] = /(at least|at most|under) ([\d.,]+)/.exec(goal ?? '') ?? []
  if (word === undefined || number === undefined) return undefined
  const bound = Number(number.replaceAll(',', ''))
  const found = judged === 'value' ? value : (ratio ?? value)
  return word === 'at least' ? found >= bound : word === 'at most' ? found <= bound : found < bound
}

/** Three digits that count. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (Math.abs(value) >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString('en')
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2)
}

/** Aligned, and Markdown: what is printed can be pasted. The first column is text, the others are numbers. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(title.length, 3, ...rows.map((row) => (row[i] ?? '').length)))
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, i) => (i === 0 ? (cells[i] ?? '').padEnd(width) : (cells[i] ?? '').padStart(width))).join(' | ')} |`
  const rule = `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  return [line(head), rule, ...rows.map(line)].join('\n')
}

type Column = readonly [title: string, cell: (figure: Figure) => string]

const COLUMNS: readonly Column[] = [
  ['what', ({ name }) => name],
  ['figure', ({ value, unit }) => `${digits(value)}${unit === '' ? '' : ` ${unit}`}`],
  ['median, ms', ({ latencies }) => (latencies ? digits(median(latencies)) : '')],
  ['p99, ms', ({ latencies }) => (latencies ? tailOf(latencies) : '')],
  ['requests/s', ({ perSecond }) => (perSecond === undefined ? '' : digits(perSecond))],
  ['memory, MiB', ({ memory }) => (memory === undefined ? '' : digits(memory))],
  ['limit', ({ limit }) => (limit ? `${limit.name}: ${limitOf(limit)}` : '')],
  ['ratio', ({ ratio }) => (ratio === undefined ? '' : digits(ratio))],
  ['goal', (figure) => (figure.goal === undefined ? '' : `${figure.goal}${mark(figure)}`)],
]

/** Fewer have no p99 to speak of. */
export const ENOUGH = 250

function tailOf(latencies: readonly number[]): string {
  return latencies.length < ENOUGH ? `max ${digits(Math.max(...latencies))}` : digits(p99(latencies))
}

function limitOf({ value, unit = '', latencies }: Limit): string {
  if (latencies) return `${digits(median(latencies))} / ${digits(p99(latencies))} ms`
  return `${digits(value ?? Number.NaN)} ${unit}`.trim()
}

export function mark(figure: Figure): string {
  const met = meets(figure)
  return met === undefined ? '' : met ? ' ✓' : ' ✗'
}

/** One part's figures, a line each; columns that nobody fills are left out. */
export function figureTable(figures: readonly Figure[]): string {
  const columns = COLUMNS.filter(([, cell]) => figures.some((figure) => cell(figure) !== ''))
  return table(
    columns.map(([title]) => title),
    figures.map((figure) => columns.map(([, cell]) => cell(figure))),
  )
}

/** Prints one part's figures, and returns what was printed. */
export function print(part: string, figures: readonly Figure[], show = figureTable): string {
  const text = `### ${part}\n\n${show(figures)}\n`
  console.log(`\n${text}`)
  return text
}

/** As it is written into a file: quantiles instead of single requests. */
export function toJson(figure: Figure): Record<string, unknown> {
  const { latencies, limit, ...rest } = figure
  const told = (ms: number[] | undefined) =>
    ms && { median_ms: rounded(median(ms)), p99_ms: rounded(p99(ms)), samples: ms.length }
  const { latencies: beside, ...plain } = limit ?? {}
  return { ...rest, ...told(latencies), ...(limit && { limit: { ...plain, ...told(beside) } }), met: meets(figure) }
}

const rounded = (ms: number) => Math.round(ms * 1000) / 1000
