/** A step while a group of requests is applied to it: as it stands in the table, and as it will. */
import { notFound } from '../../domain/errors.ts'
import { parseExact, stringifyExact } from '../../domain/exact-json.ts'
import { ABANDONED, correctStep, isProvisional, mergeSteps, rederive, unite } from '../../domain/merge.ts'
import type { StepCorrection } from '../../domain/merge.ts'
import type { Step } from '../../domain/step.ts'
import { decodeStep, decodeTags, encodeStep, STEP_COLUMNS, type StepRow } from '../step-row.ts'
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
export function applyChange(
  before: Draft | undefined,
  change: Exclude<PreparedChange, { kind: 'forget' }>,
  storedTraces: StoredTraces,
): Draft {
  if (!before) {
    if (!('row' in change)) throw notFound('Step', change.id)
    const { row, index, tracesText } = change
    return { stored: undefined, row, index, tracesText }
  }
  if (change.kind === 'abandon' && !isAbandoned(before, change.cutoff)) return before
  if (change.kind === 'derive' && isUntouched(before.row, change)) {
    const { feedback, tid } = before.row
    const row = { ...change.row, feedback, tid }
    const tracesText = changedTraces(before, before.row, row, change, storedTraces)
    return { stored: before.stored, row, index: change.index, tracesText }
  }
  const step = decodeStep(before.row)
  const after = changed(step, change)
  const tracesText = changedTraces(before, step, after, change, storedTraces)
  return { stored: before.stored, row: encodeStep(after), tracesText }
}

/** Whether a step is just as telemetry said before: then it is what telemetry says now, and nothing has to be decoded. */
function isUntouched(row: StepRow, { before, row: after }: Extract<PreparedChange, { kind: 'derive' }>): boolean {
  const differs = (name: (typeof STEP_COLUMNS)[number]) => !BY_PEOPLE.has(name) && row[name] !== before?.[name]
  return before !== null && after.created_at === row.created_at && !STEP_COLUMNS.some(differs)
}

/** What telemetry never says. */
const BY_PEOPLE = new Set<string>(['feedback', 'tid'])

/** A step that took the place of another one, with what people made of that one: see `ForgetChange`. */
export function inherit(heir: Draft, { feedback, tid, tags }: StepRow, knownTags: readonly string[]): Draft {
  const given = decodeTags(tags).filter((tag) => !knownTags.includes(tag))
  const all = unite(decodeTags(heir.row.tags), given)
  const row = {
    ...heir.row,
    feedback: heir.row.feedback ?? feedback,
    tid: heir.row.tid ?? tid,
    tags: stringifyExact(all),
  }
  const { index } = heir
  return { ...heir, row, ...(index && { index: { ...index, tags: all } }) }
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

function changed(before: Step, change: Exclude<PreparedChange, { kind: 'forget' }>): Step {
  switch (change.kind) {
    case 'record':
      return mergeSteps(before, decodeStep(change.row))
    case 'derive': {
      const after = decodeStep(change.row)
      return change.before ? rederive(before, decodeStep(change.before), after) : mergeSteps(before, after)
    }
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

type Ended = Pick<Step, 'id' | 'created_at' | 'status' | 'error_type'>

/** The step's traces united with the given ones. */
function changedTraces(
  draft: Draft,
  before: Ended,
  after: Ended,
  change: PreparedChange,
  storedTraces: StoredTraces,
): TracesText {
  if (!('tracesText' in change) || change.tracesText === null) return draft.tracesText
  const known = draft.tracesText === undefined ? storedTraces(before.id) : draft.tracesText
  if (known === undefined) return undefined
  const prefers = change.kind === 'correct' || (change.kind === 'derive' && change.before !== null)
  const replace = prefers || (isProvisional(before) && !isProvisional(after))
  const traces = known === null ? [] : decodeTraces(known, before)
  return encodeTraces(mergeTraces(traces, decodeTraces(change.tracesText, before), replace), before)
}
