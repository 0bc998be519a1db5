/** A step while a group of requests is applied to it: as it stands in the table, and as it will. */
import { notFound } from '../../domain/errors.ts'
import { parseExact } from '../../domain/exact-json.ts'
import { ABANDONED, correctStep, isProvisional, mergeSteps, unite, type StepCorrection } from '../../domain/merge.ts'
import type { Step } from '../../domain/step.ts'
import { decodeStep, encodeStep, type StepRow } from '../step-row.ts'
import type { PreparedChange, StepIndex } from './prepare.ts'
import { decodeTraces, encodeTraces, mergeTraces } from './traces.ts'

/** A step as a table holds it. */
export type StoredStep = StepRow & { updated_at: number; traces: Uint8Array | null }

/** A step's traces as JSON text; undefined = as they are stored. */
type TracesText = string | null | undefined

export interface Draft {
  /** Undefined = a new step. */
  readonly stored: StoredStep | undefined
  readonly row: StepRow
  /** What stands beside the row, when it is known without looking. */
  readonly index?: StepIndex
  readonly tracesText: TracesText
}

export function draftOf(stored: StoredStep): Draft {
  return { stored, row: stored, tracesText: undefined }
}

/**
 * @param storedTraces the text of the stored traces, where the change needs it
 * @throws LedgerError `not_found` for a change of a step that is not there, `invalid` for a refused correction
 */
export function applyChange(before: Draft | undefined, change: PreparedChange, storedTraces: StoredTraces): Draft {
  if (!before) {
    if (change.kind !== 'record') throw notFound('Step', change.id)
    const { row, index, tracesText } = change
    return { stored: undefined, row, index, tracesText }
  }
  if (change.kind === 'abandon' && !isAbandoned(before, change.cutoff)) return before
  const step = decodeStep(before.row)
  const after = changed(step, change)
  const tracesText = changedTraces(before, step, after, change, storedTraces)
  return { stored: before.stored, row: encodeStep(after), tracesText }
}

/** The text of a step's stored traces; undefined when what a change says of them is just what is stored. */
export type StoredTraces = (id: string) => TracesText

function isAbandoned({ stored, row }: Draft, cutoff: number): boolean {
  return stored !== undefined && row.status === 'pending' && stored.updated_at < cutoff
}

const GIVEN_UP: StepCorrection = {
  status: 'failed',
  error_type: ABANDONED,
  error_data: { message: 'The step was recorded as pending and never completed.' },
}

function changed(before: Step, change: PreparedChange): Step {
  switch (change.kind) {
    case 'record':
      return mergeSteps(before, decodeStep(change.row))
    case 'correct':
      return correctStep(before, parseExact(change.correctionText) as StepCorrection)
    case 'abandon':
      return correctStep(before, GIVEN_UP)
    case 'feedback':
      return {
        ...before,
        feedback: change.feedback === undefined ? before.feedback : change.feedback,
        tags: unite(before.tags, change.addTags),
      }
    case 'transaction':
      return { ...before, tid: change.tid }
  }
}

/** The step's traces united with the given ones. */
function changedTraces(
  draft: Draft,
  before: Step,
  after: Step,
  change: PreparedChange,
  storedTraces: StoredTraces,
): TracesText {
  if ((change.kind !== 'record' && change.kind !== 'correct') || change.tracesText === null) return draft.tracesText
  const known = draft.tracesText === undefined ? storedTraces(before.id) : draft.tracesText
  if (known === undefined) return undefined
  const replace = change.kind === 'correct' || (isProvisional(before) && !isProvisional(after))
  const traces = known === null ? [] : decodeTraces(known, before)
  return encodeTraces(mergeTraces(traces, decodeTraces(change.tracesText, before), replace), before)
}
