/** A picture of lists: latency against the size of the ledger, a panel for each filter, the same axes in all. */
import type { Machine } from './machine.ts'
import type { Engine } from './places.ts'
import { p99, type Figure } from './report.ts'

type Listed = Figure & { part: string; engine: Engine }

const COLUMNS = 6
const PANEL = { width: 168, height: 128 }
/** Of a panel, around what is drawn in it. */
const INSET = { left: 10, right: 14, top: 24, bottom: 22 }
const MARGIN = { left: 58, right: 16, top: 78, bottom: 26 }
const SECTION = 34

const INK = { title: '#1a1a19', text: '#52514e', faint: '#8a8984', grid: '#e4e3df', paper: '#fcfcfb' }
const ENGINES: Readonly<Record<Engine, { name: string; color: string }>> = {
  sqlite: { name: 'SQLite', color: '#2a78d6' },
  postgres: { name: 'PostgreSQL', color: '#d95926' },
}
const SECTIONS = [
  { page: 'first page', direction: 'desc', title: 'First page of 50, newest first' },
  { page: 'page 1,000', direction: 'desc', title: 'Page 1,000, or the last full one, newest first' },
] as const

interface Point {
  steps: number
  ms: number
}

/** Positions of values on a logarithmic axis. */
function axis(values: readonly number[], from: number, to: number): (value: number) => number {
  const [low, high] = [Math.log(Math.min(...values)), Math.log(Math.max(...values))]
  return (value) => (high === low ? (from + to) / 2 : from + ((Math.log(value) - low) / (high - low)) * (to - from))
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
const at = (value: number) => value.toFixed(1)

function label(
  x: number,
  y: number,
  text: string,
  style: { size?: number; color?: string; anchor?: string; weight?: number } = {},
): string {
  // prettier-ignore
  const { size = 11, color = INK.text, anchor = 'start', weight = 400 } = style
  return `<text x="${at(x)}" y="${at(y)}" font-size="${size}" fill="${color}" text-anchor="${anchor}" font-weight="${weight}">${escaped(text)}</text>`
}

function line(x1: number, y1: number, x2: number, y2: number, color: string, more = ''): string {
  return `<line x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}" stroke="${color}" ${more}/>`
}

const shortSteps = (steps: number) => (steps >= 1e6 ? `${steps / 1e6} M` : `${steps / 1e3} k`)

/** @param machine as in the report: under what the figures were taken */
export function drawLists(figures: readonly Listed[], machine: Machine): string {
  const lists = figures.filter(({ part, labels, limit }) => part === 'list' && labels && limit)
  const sizes = [...new Set(lists.map(({ labels }) => labels?.steps as number))].toSorted((a, b) => a - b)
  const all = lists.flatMap(({ latencies, limit }) => [p99(latencies ?? []), p99(limit?.latencies ?? [])])
  const powers = [0.01, 0.1, 1, 10, 100, 1000, 10_000]
  const first = powers.findLastIndex((ms) => ms <= Math.min(...all))
  const last = powers.findIndex((ms) => ms >= Math.max(...all))
  const ticks = powers.slice(Math.max(0, first), last < 0 ? undefined : last + 1)
  const inner = { right: PANEL.width - INSET.right, bottom: PANEL.height - INSET.bottom }
  const x = axis(sizes, INSET.left + 6, inner.right - 6)
  const y = axis(ticks, inner.bottom, INSET.top)

  /** Everywhere in the same order. */
  const order = [...new Set(lists.map(({ labels }) => labels?.filter as string))]
  const parts: string[] = []
  let top = MARGIN.top
  for (const { page, direction, title } of SECTIONS) {
    const shown = lists.filter(({ labels }) => labels?.page === page && labels.order === direction)
    const filters = order.filter((filter) => shown.some(({ labels }) => labels?.filter === filter))
    if (filters.length === 0) continue
    parts.push(label(MARGIN.left, top + 16, title, { size: 13, color: INK.title, weight: 600 }))
    top += SECTION
    filters.forEach((filter, i) => {
      const [column, row] = [i % COLUMNS, Math.floor(i / COLUMNS)]
      const own = shown.filter(({ labels }) => labels?.filter === filter)
      const panel = [
        ...frame(filter, column === 0),
        ...Object.keys(ENGINES).flatMap((engine) => series(own, engine as Engine)),
      ]
      parts.push(
        `<g transform="translate(${MARGIN.left + column * PANEL.width} ${top + row * PANEL.height})">${panel.join('')}</g>`,
      )
    })
    top += Math.ceil(filters.length / COLUMNS) * PANEL.height + 8
  }

  function frame(filter: string, isLeft: boolean): string[] {
    const grid = ticks.flatMap((ms) => [
      line(INSET.left, y(ms), inner.right, y(ms), INK.grid),
      ...(isLeft
        ? [label(INSET.left - 6, y(ms) + 3.5, `${ms} ms`, { size: 10, color: INK.faint, anchor: 'end' })]
        : []),
    ])
    const below = sizes.map((steps) => label(x(steps), inner.bottom + 14, shortSteps(steps), { size: 10, color: INK.faint, anchor: 'middle' })) // prettier-ignore
    return [...grid, ...below, label(INSET.left, INSET.top - 8, filter, { color: INK.title, weight: 500 })]
  }

  function series(own: readonly Listed[], engine: Engine): string[] {
    const { color, name } = ENGINES[engine]
    const points = (of: (figure: Listed) => number[]): Point[] =>
      own
        .filter((figure) => figure.engine === engine)
        .map((figure) => ({ steps: figure.labels?.steps as number, ms: p99(of(figure)) }))
        .toSorted((a, b) => a.steps - b.steps)
    const ours = points(({ latencies }) => latencies ?? [])
    const bare = points(({ limit }) => limit?.latencies ?? [])
    const path = (all: readonly Point[], more: string) =>
      `<polyline points="${all.map(({ steps, ms }) => `${at(x(steps))},${at(y(ms))}`).join(' ')}" fill="none" stroke="${color}" ${more}/>`
    if (ours.length === 0) return []
    return [
      ...bare.map(({ steps, ms }) => `<circle cx="${at(x(steps))}" cy="${at(y(ms))}" r="2" fill="${INK.paper}" stroke="${color}"/>`), // prettier-ignore
      path(bare, 'stroke-width="1.25" stroke-dasharray="3 3" stroke-opacity="0.8"'),
      path(ours, 'stroke-width="2" stroke-linejoin="round"'),
      ...ours.map(({ steps, ms }) => `<circle cx="${at(x(steps))}" cy="${at(y(ms))}" r="3" fill="${color}" stroke="${INK.paper}"><title>${name}, ${shortSteps(steps)} steps: p99 ${ms.toFixed(2)} ms</title></circle>`), // prettier-ignore
    ]
  }

  const width = MARGIN.left + COLUMNS * PANEL.width + MARGIN.right
  const height = top + MARGIN.bottom
  const taken = `${machine.processors} processors, Node ${machine.node.slice(1)}, ${machine.taken_at.slice(0, 10)}` // prettier-ignore
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, 'Segoe UI', Helvetica, Arial, sans-serif" role="img">`,
    `<title>Latency of lists against the size of the ledger</title>`,
    `<rect width="${width}" height="${height}" fill="${INK.paper}"/>`,
    label(MARGIN.left, 30, 'p99 of a page against steps in the ledger', { size: 16, color: INK.title, weight: 600 }),
    ...legend(MARGIN.left, 54, [...new Set(lists.map(({ engine }) => engine))]),
    ...parts,
    label(width - MARGIN.right, height - 10, taken, { size: 10, color: INK.faint, anchor: 'end' }),
    '</svg>\n',
  ].join('\n')
}

function legend(left: number, y: number, engines: readonly Engine[]): string[] {
  let x = left
  const entry = (text: string, color: string, more: string) => {
    const drawn = line(x, y - 4, x + 24, y - 4, color, more) + label(x + 30, y, text)
    x += 48 + text.length * 6.2
    return drawn
  }
  return engines.flatMap((engine) => [
    entry(`${ENGINES[engine].name}, over HTTP`, ENGINES[engine].color, 'stroke-width="2"'),
    entry('its bare prepared statement', ENGINES[engine].color, 'stroke-width="1.25" stroke-dasharray="3 3"'),
  ])
}
