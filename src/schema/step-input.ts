/** What may be recorded: the one check that every way in passes (contract, sections 3, 4.1, 8). */
import { z } from 'zod'
import { LedgerError, type Issue } from '../domain/errors.ts'
import { STEP_ID, TRACE_ROW_ID } from '../domain/id.ts'
import { METRIC_FIELDS, METRIC_FIELD_NAMES, STEP_FIELDS, STEP_FIELD_NAMES } from '../domain/step.ts'
import type { MetricField, StepField, StepInput } from '../domain/step.ts'
import { AnyObject, BY_KIND, Count, DateTime, Nanoseconds, OpaqueId, PlainText, Tag } from './fields.ts'
import { issuesOf, shown } from './issues.ts'
import { MessageInputSchema } from './message-input.ts'

type FieldSchemas = {
  [F in StepField]: z.ZodOptional<z.ZodNullable<(typeof BY_KIND)[(typeof STEP_FIELDS)[F]['kind']]>>
}

const stepFields = Object.fromEntries(
  STEP_FIELD_NAMES.map((name) => [name, BY_KIND[STEP_FIELDS[name].kind].nullish().describe(STEP_FIELDS[name].help)]),
) as unknown as FieldSchemas

type MetricSchemas = {
  [F in MetricField]: z.ZodOptional<
    z.ZodNullable<(typeof METRIC_FIELDS)[F] extends 'id' ? typeof OpaqueId : typeof Nanoseconds>
  >
}

const metricFields = Object.fromEntries(
  METRIC_FIELD_NAMES.map((name) => [name, (METRIC_FIELDS[name] === 'id' ? OpaqueId : Nanoseconds).nullish()]),
) as unknown as MetricSchemas

/** What the step says already (its id, agent, run) may be repeated in metrics and traces, as the API writes it. */
const repeatedFromStep = {
  agent_id: z.unknown().optional(),
  run_id: z.unknown().optional(),
  step_id: z.unknown().optional(),
}

const ProviderTraceInputSchema = z
  .strictObject({
    id: z.string().regex(TRACE_ROW_ID, 'must be provider_trace-<uuid> in lower case').nullish(),
    created_at: DateTime.nullish(),
    call_type: PlainText.nullish().describe('agent_step, summarization or tool_generation'),
    source: PlainText.nullish(),
    latency_ms: Count.nullish(),
    agent_tags: z.array(PlainText).nullish(),
    llm_config: AnyObject.nullish(),
    compaction_settings: AnyObject.nullish(),
    billing_context: AnyObject.nullish(),
    request_json: AnyObject,
    response_json: AnyObject,
    ...repeatedFromStep,
    // Written by the API as null; a ledger keeps no values for them.
    org_id: z.null().optional(),
    updated_at: z.null().optional(),
    created_by_id: z.null().optional(),
    last_updated_by_id: z.null().optional(),
  })
  .meta({ id: 'ProviderTraceInput' })

export const StepInputSchema = z
  .strictObject({
    id: z.string().regex(STEP_ID, 'must be step-<uuid> in lower case').nullish(),
    created_at: DateTime.nullish().describe(
      'When the step began, microseconds kept; the time of recording when absent',
    ),
    job_id: OpaqueId.nullish().describe('Former name of run_id'),
    ...stepFields,
    tags: z.array(Tag).nullish(),
    messages: z.array(MessageInputSchema.meta({ id: 'MessageInput' })).nullish(),
    metrics: z
      .strictObject({
        ...metricFields,
        id: z.unknown().optional(),
        project_id: z.unknown().optional(),
        ...repeatedFromStep,
      })
      .nullish(),
    provider_trace: z.union([ProviderTraceInputSchema, z.array(ProviderTraceInputSchema)]).nullish(),
  })
  .meta({ id: 'StepInput' })

/**
 * Checks one step to record.
 * @param loc where the input stands, for the error: `['body', 3]`
 * @param own what the step is known to say already, when the input corrects it
 * @throws LedgerError `invalid` naming each field, its value and what is accepted
 */
export function checkStepInput(input: unknown, loc: readonly (string | number)[], own: Partial<Own> = {}): StepInput {
  refuseTooMany(input, loc)
  const result = StepInputSchema.safeParse(input)
  if (!result.success) {
    const issues = issuesOf(result.error, input, loc)
    const first = issues[0]
    throw new LedgerError('invalid', first ? `${first.loc.join('.')}: ${first.msg}` : 'not a step', { issues })
  }
  const step = result.data as StepInput
  const contradictions = contradictionsIn(step, own).map((issue) => ({ ...issue, loc: [...loc, ...issue.loc] }))
  const [first] = contradictions
  if (first) throw new LedgerError('invalid', `${first.loc.join('.')}: ${first.msg}`, { issues: contradictions })
  return step
}

/** What a step says of itself, and what its messages, metrics and traces may only repeat. */
interface Own {
  id: string | null
  run_id: string | null
  agent_id: string | null
  project_id: string | null
}

/** Values of a step outside of its free objects; checking many more of them would hold up the server. */
const MOST_VALUES = 50_000

/** Counts before checking: the check itself takes a thousand times as long for each value. */
function refuseTooMany(input: unknown, loc: readonly (string | number)[]): void {
  const { messages, tags } = (input ?? {}) as { messages?: unknown; tags?: unknown }
  const left: unknown[] = [messages, tags]
  for (let values = 0; left.length > 0; values++) {
    if (values + left.length > MOST_VALUES) {
      const msg = `messages and tags hold more than ${MOST_VALUES} values; record the step's own messages, not its history`
      throw new LedgerError('invalid', msg, { issues: [{ loc: [...loc, 'messages'], msg, type: 'too_long' }] })
    }
    const value = left.pop()
    if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) left.push(inner)
  }
}

/** Values that say again what the step says must say the same; what the step does not say is said there. */
function contradictionsIn(step: StepInput, known: Partial<Own>): Issue[] {
  const given = {
    id: step.id,
    run_id: step.run_id ?? step.job_id,
    agent_id: step.agent_id,
    project_id: step.project_id,
  }
  const own: Own = { id: null, run_id: null, agent_id: null, project_id: null, ...known, ...withoutNulls(given) }
  const issues: Issue[] = []
  const repeats = (path: (string | number)[], value: unknown, said: string | null) => {
    if (value == null || value === said) return
    const msg =
      said === null
        ? `${shown(value)} belongs in the step itself, which does not say it`
        : `${shown(value)} differs from the step's own ${shown(said)}`
    issues.push({ loc: path, msg, type: 'value_error' })
  }
  repeats(['job_id'], step.job_id, own.run_id)
  step.messages?.forEach((message, i) => {
    repeats(['messages', i, 'step_id'], message.step_id, own.id)
    repeats(['messages', i, 'run_id'], message.run_id, own.run_id)
    repeats(['messages', i, 'agent_id'], message.agent_id, own.agent_id)
  })
  const repeated = (path: (string | number)[], value: Record<string, unknown>) => {
    repeats([...path, 'step_id'], value.step_id, own.id)
    repeats([...path, 'run_id'], value.run_id, own.run_id)
    repeats([...path, 'agent_id'], value.agent_id, own.agent_id)
  }
  const metrics = step.metrics as Record<string, unknown> | null | undefined
  if (metrics) {
    repeated(['metrics'], metrics)
    repeats(['metrics', 'id'], metrics.id, own.id)
    repeats(['metrics', 'project_id'], metrics.project_id, own.project_id)
  }
  const traces = step.provider_trace == null ? [] : ([] as unknown[]).concat(step.provider_trace)
  traces.forEach((trace, i) => repeated(['provider_trace', i], trace as Record<string, unknown>))
  placesOfRepeats(step.messages?.map((message) => message.id)).forEach((i) => {
    issues.push({ loc: ['messages', i, 'id'], msg: 'the id occurs twice in this step', type: 'value_error' })
  })
  return issues
}

function withoutNulls(values: Record<string, string | null | undefined>): Partial<Own> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value != null))
}

/** The places of ids that stood before already. */
function placesOfRepeats(ids: readonly (string | null | undefined)[] = []): number[] {
  const seen = new Set<string>()
  return ids.flatMap((id, i) => {
    if (id == null) return []
    const again = seen.has(id)
    seen.add(id)
    return again ? [i] : []
  })
}
