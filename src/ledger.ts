/** What the product does: record, correct, rate, find, forget. Every way in and every way out passes here. */
import { invalid, LedgerError, notFound } from './domain/errors.ts'
import { normalise, normaliseCorrection, type StepRecord } from './domain/normalise.ts'
import type { Feedback, StepInput } from './domain/step.ts'
import { nowMicros, parseMicros } from './domain/time.ts'
import { checkStepInput } from './schema/step-input.ts'
import type {
  AccessReader,
  AccessWriter,
  Finding,
  ReadyChange,
  StepMade,
  StepChange,
  StepOutcome,
  StepReader,
  Store,
  TelemetryWrite,
} from './store/store.ts'
import type { StepRow } from './store/step-row.ts'

/** The project that a caller acts in. */
export interface Scope {
  /** The project's slug, by which the store keeps tenants apart. */
  project: string
  /** What a step's `project_id` says when its recorder did not; null in the default project. */
  projectId: string | null
}

export interface Ledger {
  readonly read: StepReader
  readonly access: AccessReader & AccessWriter
  /**
   * Records steps; resolves when they are on disk, with each one as stored and whether it was new (design 3, 4).
   * @param loc where the inputs stand, for errors: `['body']`; the position is added when `isArray`
   * @throws LedgerError `invalid` naming element and field: then nothing was recorded
   */
  record(scope: Scope, inputs: readonly unknown[], loc: readonly string[], isArray?: boolean): Promise<StepOutcome[]>
  /** Takes over steps just as another ledger holds them: all or none, merged where they are there already. */
  adopt(project: string, changes: StepChange[]): Promise<StepOutcome[]>
  /**
   * What telemetry says of a step, for {@link derive}. What our own code made of it is of the right form already;
   * checking it again costs as much as making it, so that is for when something went wrong.
   * @throws LedgerError `invalid` when it is checked
   */
  derived(scope: Scope, input: StepInput, check: boolean): StepRecord
  /** A change as {@link derive} takes it. Made as soon as the change is known: what it was made of is larger. */
  ready(change: StepChange): ReadyChange
  /**
   * Writes what telemetry says of steps now, with what is kept of it and counted; all or none.
   * @throws LedgerError `conflict` when somebody else kept telemetry of the same group: read again and try again
   */
  derive(scope: Scope, changes: ReadyChange[], telemetry: TelemetryWrite): Promise<StepMade[]>
  /** Forgets telemetry that is older than this, and the oldest beyond so many bytes; returns how many parts. */
  forgetTelemetry(olderThanSeconds: number, maxBytes: number): Promise<number>
  /** Completes or corrects one step: given keys replace, null clears. */
  correct(scope: Scope, id: string, input: unknown): Promise<StepRow>
  /** Sets, clears (null) or leaves (undefined) the feedback and adds tags (contract, section 1.5). */
  rate(scope: Scope, id: string, feedback: Feedback | null | undefined, addTags: string[]): Promise<StepRow>
  setTransaction(scope: Scope, id: string, tid: string): Promise<StepRow>
  deleteRun(scope: Scope, runId: string): Promise<void>
  /** Ends steps that are pending for longer than this as abandoned (design 5); returns how many. */
  abandonPending(olderThanSeconds: number): Promise<number>
  ping(): Promise<void>
  diagnose(): Promise<Finding[]>
  close(): Promise<void>
}

/** How many of the recorded steps were new, and how many were there and were merged. */
export function countOutcomes(outcomes: readonly StepOutcome[]): { created: number; merged: number } {
  const created = outcomes.filter((outcome) => outcome.created).length
  return { created, merged: outcomes.length - created }
}

/** How many abandoned steps one transaction ends. */
const ABANDON_BATCH = 500

type OneChange = Extract<StepChange, { kind: 'correct' | 'feedback' | 'transaction' }>

export function makeLedger(store: Store): Ledger {
  const write = async (scope: Scope, change: OneChange): Promise<StepRow> => {
    const [outcome] = await store.write.write(scope.project, [change])
    if (!outcome) throw new Error('the store answered for no change')
    return outcome.row
  }
  /** Changes a step, or the one that it became part of (mapping, section 11.6). */
  const one = async (scope: Scope, change: OneChange): Promise<StepRow> => {
    try {
      return await write(scope, change)
    } catch (error) {
      if (!(error instanceof LedgerError) || error.code !== 'not_found') throw error
      const row = await store.read.getStep(scope.project, change.id)
      if (!row || row.id === change.id) throw error
      return write(scope, { ...change, id: row.id })
    }
  }
  return {
    read: store.read,
    access: { ...store.read, ...store.write },

    async record(scope, inputs, loc, isArray = false) {
      const checked = inputs.map((input, i) => checkStepInput(input, isArray ? [...loc, i] : loc))
      const records = checked.map((input) => normalise(input, scope.projectId))
      return store.write.write(scope.project, records.map((record) => ({ kind: 'record', ...record }))) // prettier-ignore
    },

    adopt: (project, changes) => store.write.write(project, changes),

    async correct(scope, id, input) {
      const row = await store.read.getStep(scope.project, id)
      if (!row) throw notFound('Step', id)
      const checked = checkStepInput(input, ['body'], row)
      for (const field of ['messages', 'provider_trace', 'job_id'] as const) {
        if (checked[field] === null) throw invalid(['body', field], 'null clears plain fields, tags and metrics only')
      }
      if (checked.feedback !== undefined) {
        throw invalid(['body', 'feedback'], 'feedback is given by PATCH /v1/steps/{step_id}/feedback, not here')
      }
      if (checked.id !== id) refuseChange('id', checked.id, row.id)
      refuseChange('created_at', checked.created_at == null ? null : parseMicros(checked.created_at), row.created_at)
      return one(scope, { kind: 'correct', id: row.id, ...normaliseCorrection(checked, row.id, row.created_at) })
    },

    derived: (scope, input, check) => normalise(check ? checkStepInput(input, []) : input, scope.projectId),

    ready: store.write.ready,

    derive: (scope, changes, telemetry) => store.write.derive(scope.project, changes, telemetry),

    forgetTelemetry: (olderThanSeconds, maxBytes) =>
      store.write.forgetTelemetry(nowMicros() - olderThanSeconds * 1e6, maxBytes),

    rate: (scope, id, feedback, addTags) =>
      one(scope, { kind: 'feedback', id, addTags, ...(feedback !== undefined && { feedback }) }),

    setTransaction: (scope, id, tid) => one(scope, { kind: 'transaction', id, tid }),

    async deleteRun(scope, runId) {
      if (!(await store.write.deleteRun(scope.project, runId))) throw notFound('Run', runId)
    },

    async abandonPending(olderThanSeconds) {
      const cutoff = nowMicros() - olderThanSeconds * 1e6
      let total = 0
      for (;;) {
        const ended = await store.write.abandonPending(cutoff, ABANDON_BATCH)
        total += ended
        if (ended < ABANDON_BATCH) return total
      }
    },

    ping: () => store.ping(),
    diagnose: () => store.diagnose(),
    close: () => store.close(),
  }
}

function refuseChange<T>(field: string, given: T | null | undefined, kept: T): void {
  if (given != null && given !== kept) throw invalid(['body', field], `a step's ${field} never changes`)
}
