/** What becomes of a step when a second record with its id arrives (design 4). Pure: no clock, no store. */
import { isDeepStrictEqual as isSame } from 'node:util'
import { invalid } from './errors.ts'
import type { Message } from './message.ts'
import { METRIC_FIELD_NAMES, STEP_FIELD_NAMES, type Step, type StepFields, type StepMetrics } from './step.ts'
import { parseMicros } from './time.ts'

/** The error type of a step that was recorded as pending and never completed (design 5). */
export const ABANDONED = 'abandoned'

/** Whether what is known of a step is only what was known before it ended. */
export function isProvisional(step: Pick<Step, 'status' | 'error_type'>): boolean {
  return step.status === 'pending' || (step.status === 'failed' && step.error_type === ABANDONED)
}

/**
 * The step that two records of one id make together.
 *
 * - A given value replaces an absent one; between two given values the first one stays,
 *   unless it was provisional and the other record completes the step: then the completing record wins.
 * - A final status never becomes pending again. `id` and `created_at` never change.
 * - Tags are united in first-seen order; messages are united by id; feedback stays as it is.
 */
export function mergeSteps(existing: Step, incoming: Step): Step {
  const gain = standing(incoming) - standing(existing)
  const completes = gain > 0
  const [first, second] = completes ? [incoming, existing] : [existing, incoming]
  const fields: Record<string, unknown> = {}
  for (const name of STEP_FIELD_NAMES) fields[name] = first[name] ?? second[name]
  if (existing.status !== null && incoming.status !== null && existing.status !== incoming.status) {
    // What the record whose status gave way says about an error is not true of how the step ended.
    fields.error_type = first.error_type
    fields.error_data = first.error_data
  }
  return {
    ...(fields as unknown as StepFields),
    feedback: existing.feedback,
    id: existing.id,
    created_at: existing.created_at,
    tags: unite(existing.tags, incoming.tags),
    messages: mergeMessages(existing.messages, incoming.messages, completes),
    metrics: mergeMetrics(first.metrics, second.metrics),
  }
}

/**
 * What telemetry says of a step now, put where it said something else before: what somebody corrected in between stays
 * (mapping, section 11.3 and 11.5).
 *
 * - Plain fields and metrics: `after`'s value where `existing` has that of `before`; else that of `existing`.
 *   Feedback, `tid`, `id` and `created_at` stay as they are.
 * - Tags: those of `after`, without those that somebody removed, then those that telemetry did not give.
 * - Messages, by id: those of `after`, and those that telemetry did not give; one that somebody changed stays so.
 * - A step that was given up, or that somebody set to pending, ends as `after` says.
 */
export function rederive(existing: Step, before: Step, after: Step): Step {
  const fields: Record<string, unknown> = {}
  for (const name of STEP_FIELD_NAMES) fields[name] = unlessChanged(existing[name], before[name], after[name])
  const completes = isProvisional(existing) && standing(after) === 2
  if (completes) fields.status = after.status
  // About an error, whoever says how the step ended says all.
  const says = completes ? after : existing
  if ((completes && existing.status === 'failed') || fields.status !== after.status) {
    fields.error_type = says.error_type
    fields.error_data = says.error_data
  }
  return {
    ...(fields as unknown as StepFields),
    feedback: existing.feedback,
    tid: existing.tid,
    id: existing.id,
    created_at: existing.created_at,
    tags: unite(
      after.tags.filter((tag) => existing.tags.includes(tag) || !before.tags.includes(tag)),
      existing.tags.filter((tag) => !before.tags.includes(tag)),
    ),
    messages: rederiveMessages(existing.messages, before.messages, after.messages),
    metrics: rederiveMetrics(existing.metrics, before.metrics, after.metrics),
  }
}

/** A correction: keys that are given replace what is there, null clears. Values are checked before. */
export type StepCorrection = Partial<StepFields> & {
  tags?: string[]
  messages?: Message[]
  metrics?: StepMetrics | null
}

/**
 * Applies a correction (`PATCH /v1/steps/{id}`). Messages are united by id, the given ones win; metrics field by field.
 * @throws LedgerError `invalid` when a final status would become pending again
 */
export function correctStep(existing: Step, correction: StepCorrection): Step {
  if (correction.status === 'pending' && existing.status !== null && existing.status !== 'pending') {
    throw invalid(['body', 'status'], `a step that has ended as '${existing.status}' cannot become 'pending' again`)
  }
  if (correction.status === null && existing.status !== null && !isProvisional(existing)) {
    throw invalid(['body', 'status'], `a step that has ended as '${existing.status}' stays ended`)
  }
  const { tags, messages, metrics, ...fields } = correction
  return {
    ...existing,
    ...fields,
    tags: tags ?? existing.tags,
    messages: messages === undefined ? existing.messages : mergeMessages(existing.messages, messages, true),
    metrics: metrics === undefined ? existing.metrics : metrics && mergeMetrics(metrics, existing.metrics),
  }
}

/** How final a record is: pending, given up, ended. NaN when it does not say: it neither completes nor is completed. */
function standing(step: Step): number {
  if (step.status === null) return Number.NaN
  if (step.status === 'pending') return 0
  return isProvisional(step) ? 1 : 2
}

/** What both lists hold, in the order first seen, each once. */
export function unite<T>(first: readonly T[], second: readonly T[]): T[] {
  return [...new Set([...first, ...second])]
}

/** United by id and chronological, ties as they came; where both have one, the incoming one wins if it is `preferred`. */
function mergeMessages(existing: readonly Message[], incoming: readonly Message[], preferred: boolean): Message[] {
  const byId = new Map(existing.map((message) => [message.id, message]))
  for (const message of incoming) if (preferred || !byId.has(message.id)) byId.set(message.id, message)
  return chronological([...byId.values()])
}

/** Sorted by time; messages of the same time stay as they stand. */
export function chronological(messages: readonly Message[]): Message[] {
  const time = (message: Message) => parseMicros(message.created_at) ?? 0
  return messages.toSorted((a, b) => time(a) - time(b))
}

function mergeMetrics(preferred: StepMetrics | null, other: StepMetrics | null): StepMetrics | null {
  if (!preferred || !other) return preferred ?? other
  const merged: StepMetrics = {}
  for (const name of METRIC_FIELD_NAMES) {
    const value = preferred[name] ?? other[name]
    if (value !== undefined) merged[name] = value
  }
  return merged
}

function unlessChanged<T>(existing: T, before: T, after: T): T {
  return isSame(existing, before) ? after : existing
}

/** Nobody can remove a message, so one that is not there was never written. */
function rederiveMessages(existing: Message[], before: Message[], after: Message[]): Message[] {
  const byId = (messages: readonly Message[]) => new Map(messages.map((message) => [message.id, message]))
  const [own, old, said] = [byId(existing), byId(before), byId(after)]
  const kept = existing.filter(({ id }) => !said.has(id) && !isSame(own.get(id), old.get(id)))
  const known = after.map((message) => {
    const there = own.get(message.id)
    return there === undefined || isSame(there, old.get(message.id)) ? message : there
  })
  return chronological([...known, ...kept])
}

function rederiveMetrics(
  existing: StepMetrics | null,
  before: StepMetrics | null,
  after: StepMetrics | null,
): StepMetrics | null {
  if (isSame(existing, before)) return after
  const merged: StepMetrics = {}
  for (const name of METRIC_FIELD_NAMES) {
    const value = unlessChanged(existing?.[name], before?.[name], after?.[name])
    if (value !== undefined) merged[name] = value
  }
  return existing === null && Object.keys(merged).length === 0 ? null : merged
}
