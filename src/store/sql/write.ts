/** Writing steps: the one algorithm of every SQL store, inside a transaction that the engine opened. */
import { notFound } from '../../domain/errors.ts'
import { parseExact } from '../../domain/exact-json.ts'
import { correctStep, isProvisional, mergeSteps, unite, type StepCorrection } from '../../domain/merge.ts'
import { DETAIL_SUMS } from '../../domain/run.ts'
import type { ProviderTrace, Step } from '../../domain/step.ts'
import { decodeStep, encodeStep, STEP_COLUMNS, type StepRow } from '../step-row.ts'
import type { StepOutcome } from '../store.ts'
import { keepParts, releaseParts, type CutDocument } from './contents.ts'
import { Effects } from './effects.ts'
import type { Executor } from './engine.ts'
import { indexOfStep, type PreparedChange } from './prepare.ts'
import { deltaBetween, deltaOf } from './run-sums.ts'
import { cutTraces, decodeTraces, encodeTraces, mergeTraces, readTraces } from './traces.ts'
import type { WriteStatements } from './write-statements.ts'

/**
 * Applies changes to a project's steps, all or none (the caller rolls back on an error).
 * @throws LedgerError `not_found`, `invalid`
 */
export async function applyChanges(
  x: Executor,
  s: WriteStatements,
  project: string,
  changes: readonly PreparedChange[],
  now: number,
): Promise<StepOutcome[]> {
  const effects = new Effects(project)
  const firsts = firstRecords(changes)
  const documents = new Map<number, CutDocument>()
  const rows = firsts.map((i) => {
    const { row, tracesText } = changes[i] as RecordChange
    const document = tracesText === null ? undefined : cutTraces(tracesText)
    if (document) documents.set(i, document)
    return { ...row, project, updated_at: now, traces: document?.skeleton ?? null }
  })
  const isNew = await x.insertMissing(s.insertStep, rows)
  const created = new Set(firsts.filter((_, n) => isNew[n]))
  for (const i of created) {
    const { row, index } = changes[i] as RecordChange
    effects.index(row, index)
    if (index.run !== null) effects.add(index.run, index.delta)
    const document = documents.get(i)
    if (document) effects.documents.push(document)
  }
  // New steps stand whole before a change reads what stands beside them.
  await effects.flush(x, s)
  const outcomes: StepOutcome[] = []
  for (const [i, change] of changes.entries()) {
    if (created.has(i)) {
      outcomes.push({ created: true, row: (change as RecordChange).row })
    } else {
      outcomes.push({ created: false, row: await changeStep(x, s, project, change, now, effects) })
      await effects.flush(x, s)
    }
  }
  return outcomes
}

type RecordChange = Extract<PreparedChange, { kind: 'record' }>

/** Which changes record an id for the first time here. */
function firstRecords(changes: readonly PreparedChange[]): number[] {
  const seen = new Set<string>()
  return changes.flatMap((change, i) => {
    if (change.kind !== 'record' || seen.has(change.row.id)) return []
    seen.add(change.row.id)
    return [i]
  })
}

async function changeStep(
  x: Executor,
  s: WriteStatements,
  project: string,
  change: PreparedChange,
  now: number,
  effects: Effects,
): Promise<StepRow> {
  const id = change.kind === 'record' ? change.row.id : change.id
  const [row] = await x.all<StepRow>(s.lockStep, { project, id })
  if (!row) throw notFound('Step', id)
  const before = decodeStep(row)
  const after = changed(before, change)
  const next = encodeStep(after)
  if ((change.kind === 'record' || change.kind === 'correct') && change.tracesText !== null) {
    const replace = change.kind === 'correct' || (isProvisional(before) && !isProvisional(after))
    await changeTraces(x, s, project, before, decodeTraces(change.tracesText, before), replace)
  }
  if (STEP_COLUMNS.every((name) => next[name] === row[name])) return row
  await x.runEach(s.updateStep, [{ ...next, project, updated_at: now }])
  await reindex(x, s, project, before, after, effects)
  return next
}

function changed(before: Step, change: PreparedChange): Step {
  switch (change.kind) {
    case 'record':
      return mergeSteps(before, decodeStep(change.row))
    case 'correct':
      return correctStep(before, parseExact(change.correctionText) as StepCorrection)
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

/** Unites the step's traces with the given ones and lets go of content that is no longer referred to. */
async function changeTraces(
  x: Executor,
  s: WriteStatements,
  project: string,
  step: Step,
  given: ProviderTrace[],
  replace: boolean,
): Promise<void> {
  const { skeleton, traces } = await readTraces(x, s.traces, project, step.id)
  const before = encodeTraces(traces, step)
  const after = encodeTraces(mergeTraces(traces, given, replace), step)
  if (after === null || after === before) return
  const document = cutTraces(after)
  // The new references first: what both hold is never without one.
  await keepParts(x, s.traces.contents, project, document)
  await x.runEach(s.setTraces, [{ project, id: step.id, traces: document.skeleton }])
  if (skeleton) await releaseParts(x, s.traces.contents, project, skeleton)
}

async function reindex(
  x: Executor,
  s: WriteStatements,
  project: string,
  before: Step,
  after: Step,
  effects: Effects,
): Promise<void> {
  const { id, created_at } = before
  const gone = before.tags.filter((tag) => !after.tags.includes(tag))
  await x.runEach(s.removeTags, gone.map((tag) => ({ project, tag, created_at, id }))) // prettier-ignore
  if (before.run_id !== after.run_id && before.run_id !== null) {
    const run = before.run_id
    await x.runEach(s.removeMessages, before.messages.map((message) => ({ project, run, id: message.id, step_id: id }))) // prettier-ignore
    effects.recount.add(run)
  }
  effects.index(after, indexOfStep(after))
  if (after.run_id === null) return
  if (before.run_id !== after.run_id) effects.add(after.run_id, deltaOf(after))
  else if (lostSomething(before, after)) effects.recount.add(after.run_id)
  else effects.add(after.run_id, deltaBetween(before, after))
}

/** Whether a change took something away that sums, extremes and the run's tools cannot give back. */
function lostSomething(before: Step, after: Step): boolean {
  const was = deltaOf(before)
  const is = deltaOf(after)
  const cleared = DETAIL_SUMS.some((name) => was.details[name] !== null && is.details[name] === null)
  const tools = indexOfStep(after).tools
  return (
    cleared ||
    is.ended_at < was.ended_at ||
    (was.agent_id !== null && is.agent_id !== was.agent_id) ||
    (was.start_ns !== null && (is.start_ns === null || is.start_ns > was.start_ns)) ||
    indexOfStep(before).tools.some((tool) => !tools.includes(tool))
  )
}
