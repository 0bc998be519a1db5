/** Comparisons as tables. */
import Table from 'cli-table3'

export interface Row {
  what: string
  unit: string
  ours: number
  /** Null: it cannot do that. */
  theirs: number | null
  /** How many times better ours is; below 1 theirs is. */
  ratio: number | null
  /** The least that the ratio should be. */
  goal?: number
  note?: string
}

export interface Comparison {
  peer: string
  /** What was measured: versions of both, settings, where they differ from a default. */
  versions: string[]
  settings: Record<string, string>
  rows: Row[]
  notes: string[]
}

/** A figure of which more is better. */
export function more(what: string, unit: string, ours: number, theirs: number | null, rest: Partial<Row> = {}): Row {
  return { what, unit, ours, theirs, ratio: theirs === null ? null : ours / theirs, ...rest }
}

/** A figure of which less is better. */
export function less(what: string, unit: string, ours: number, theirs: number | null, rest: Partial<Row> = {}): Row {
  return { what, unit, ours, theirs, ratio: theirs === null ? null : theirs / ours, ...rest }
}

export function print({ peer, versions, rows, notes }: Comparison): void {
  const table = new Table({ head: ['', 'Stepledger', peer, 'ratio', 'goal'], style: { head: [], border: [] } })
  for (const { what, unit, ours, theirs, ratio, goal, note } of rows) {
    const wanted = goal === undefined ? '' : `≥ ${goal}${(ratio ?? 0) < goal ? ', missed' : ''}`
    const their = theirs === null ? 'cannot' : `${readable(theirs)} ${unit}`
    const name = note ? `${what} (${note})` : what
    table.push([name, `${readable(ours)} ${unit}`, their, ratio === null ? '–' : readable(ratio), wanted])
  }
  console.log(`\n${table.toString()}\n${[versions.join(', '), ...notes].join('\n')}`)
}

function readable(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en')
  return value.toFixed(value >= 10 ? 1 : 2)
}
