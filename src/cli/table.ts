/** Tables for people: they fit the terminal, and come page by page. */
import Table from 'cli-table3'
import type { JsonObject } from '../domain/exact-json.ts'
import { oneLine, type Colors } from './output.ts'

export interface Column<T = JsonObject> {
  title: string
  /** The cell's text; of others, so not to be trusted. */
  text(item: T): string
  paint?(text: string, colors: Colors): string
  align?: 'right'
  /** Narrower than this it says nothing; a column without may not be cut. */
  min?: number
  /** No wider than this on a terminal, however much room there is. */
  max?: number
  /** Left out of narrow terminals, the highest first. */
  spare?: number
}

const GAP = 2

export class TablePrinter<T> {
  private readonly columns: readonly Column<T>[]
  private readonly width: number | undefined
  private readonly colors: Colors
  private layout: { column: Column<T>; width: number }[] | undefined

  /** @param width of the terminal; undefined = none */
  constructor(columns: readonly Column<T>[], width: number | undefined, colors: Colors) {
    this.columns = columns
    this.width = width
    this.colors = colors
  }

  /** A page as text, the titles above the first one. The first page decides how wide the columns are. */
  page(items: readonly T[]): string {
    const isFirst = this.layout === undefined
    this.layout ??= layoutOf(this.columns, items, this.width)
    const table = new Table({
      chars: BORDERLESS,
      style: { 'padding-left': 0, 'padding-right': 0, compact: true, head: [], border: [] },
      colWidths: this.layout.map(({ width }) => width),
      colAligns: this.layout.map(({ column }) => column.align ?? 'left'),
    })
    if (isFirst) table.push(this.layout.map(({ column }) => this.colors.bold(column.title)))
    for (const item of items) table.push(this.layout.map(({ column }) => this.cell(column, item)))
    const lines = table.toString().split('\n')
    return lines.map((line) => `${line.trimEnd()}\n`).join('')
  }

  private cell(column: Column<T>, item: T): string {
    const text = cellText(column, item)
    return text === '' || !column.paint ? text : column.paint(text, this.colors)
  }
}

const BORDERLESS = Object.fromEntries(
  ['top', 'bottom', 'mid', 'left', 'right'].flatMap((edge) =>
    ['', '-mid', '-left', '-right'].map((part) => [`${edge}${part}`, '']),
  ),
)
BORDERLESS.middle = ' '.repeat(GAP)

function cellText<T>(column: Column<T>, item: T): string {
  return oneLine(column.text(item))
}

/** Leaves out what there is no room for, then shares the rest out among the columns that may be cut. */
function layoutOf<T>(columns: readonly Column<T>[], items: readonly T[], width: number | undefined) {
  let shown = columns.map((column) => ({ column, width: naturalWidth(column, items) }))
  if (width === undefined) return shown
  for (const each of shown) each.width = Math.min(each.width, each.column.max ?? Infinity)
  const least = () => shown.reduce((sum, each) => sum + Math.min(each.column.min ?? each.width, each.width) + GAP, -GAP)
  while (least() > width) {
    const spare = Math.max(...shown.map(({ column }) => column.spare ?? 0))
    if (spare === 0) break
    shown = shown.filter(({ column }) => column.spare !== spare)
  }
  shrink(shown, width)
  return shown
}

function naturalWidth<T>(column: Column<T>, items: readonly T[]): number {
  return items.reduce((most, item) => Math.max(most, cellText(column, item).length), column.title.length)
}

/** Takes a column's breadth from the widest first, so that short ones stay whole. */
function shrink<T>(shown: { column: Column<T>; width: number }[], width: number): void {
  const total = () => shown.reduce((sum, each) => sum + each.width + GAP, -GAP)
  for (let over = total() - width; over > 0; over = total() - width) {
    const cuttable = shown.filter((each) => each.column.min !== undefined && each.width > each.column.min)
    const widest = cuttable.toSorted((a, b) => b.width - a.width)[0]
    if (!widest) return
    widest.width--
  }
}
