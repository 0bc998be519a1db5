/** What the check of plans needs of an engine. An engine is one more file beside this one and a test file that names it. */
import type { Differences, Executor } from '../../../src/store/sql/engine.ts'
import type { Store } from '../../../src/store/store.ts'

/** A statement as it was run. */
export interface Executed {
  readonly sql: string
  readonly values: unknown[]
}

/** A ledger whose statements can be explained. */
export interface PlanLedger {
  readonly differences: Differences
  /** The real one, with which the ledger is filled; then it is closed. */
  readonly store: Store
  /** Runs statements and remembers them as they were run. */
  readonly executor: Executor
  /** Makes the planner know what this entry of {@link PlanEngine.knowledge} says. */
  learn(knowledge: string): Promise<void>
  /** Runs SQL that is no query. */
  run(sql: string): Promise<void>
  count(table: string): Promise<number>
  /** What was run since this was called last. */
  executed(): Executed[]
  /** What the plans of these statements read or sort that is more than a page, each with its statement. */
  faults(executed: readonly Executed[]): Promise<string[]>
  destroy(): Promise<void>
}

export interface PlanEngine {
  readonly name: string
  /** What the planner may know of the ledger when it makes a plan, in the order in which it can be learnt. */
  readonly knowledge: readonly string[]
  open(): Promise<PlanLedger>
}
