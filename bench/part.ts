/** What a part of the bench is. */
import type { Ledgers } from './ledgers.ts'
import type { Engine, Places } from './places.ts'
import type { Figure } from './report.ts'

export interface Context {
  readonly engine: Engine
  /** New, empty ledgers. */
  readonly places: Places
  /** Filled ones, which are only read. */
  readonly ledgers: Ledgers
  /** How many steps they hold, ascending. */
  readonly sizes: readonly number[]
  /** How often each read is asked for. */
  readonly rounds: number
  readonly seed: number
  /** Files or directories of recordings. */
  readonly recordings: readonly string[]
}

export interface Part {
  readonly about: string
  /** Only when it is named: it takes long. */
  readonly onlyNamed?: true
  run(context: Context): Promise<Figure[]>
  /** The figures as text, where lines of them would be too many. */
  show?(figures: readonly Figure[]): string
}
