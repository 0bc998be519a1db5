/** Random ledgers for property tests: few distinct values, so that ties and matches are frequent. */
import fc from 'fast-check'
import type { JsonValue } from '../../src/domain/exact-json.ts'
import type { Message, ToolCall } from '../../src/domain/message.ts'
import { METRIC_FIELDS, METRIC_FIELD_NAMES, STATUSES, STEP_FIELDS, STEP_FIELD_NAMES } from '../../src/domain/step.ts'
import { STOP_REASONS, type Step, type StepField, type StepFields, type StepMetrics } from '../../src/domain/step.ts'
import { FEEDBACKS, type StopReason } from '../../src/domain/step.ts'
import type { RunFilters, StepFilters } from '../../src/domain/step-query.ts'
import { RUN_STATUSES } from '../../src/domain/run.ts'
import { formatMicros } from '../../src/domain/time.ts'

export const stepId = fc.uuid().map((uuid) => `step-${uuid}`)
export const messageId = fc.uuid().map((uuid) => `message-${uuid}`)

const BASE = Date.UTC(2026, 0, 29, 15, 1, 19) * 1000
/** Few instants, some of them a microsecond apart. */
export const INSTANTS = [0, 1, 2, 999, 1000, 1_000_000, 60_000_000].map((offset) => BASE + offset)
export const instant = fc.constantFrom(...INSTANTS)

const STOP_REASON_NAMES = Object.keys(STOP_REASONS) as StopReason[]

/** Texts that engines, encodings and collations treat differently. */
export const oddText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(
    '',
    ' ',
    'a',
    'A',
    'ä',
    'a,b',
    '+&%',
    '\u2028',
    '😀',
    '\u{10FFFF}',
    '\uFFFD',
    "'; drop table steps --",
  ),
)

/** Text with U+0000, lone halves of surrogate pairs and line breaks: only JSON can hold it. */
export const wildText = fc.oneof(
  oddText,
  fc.string({ unit: fc.constantFrom('\0', '\n', '\r', '"', '\\', '\ud83d', '\ude00', 'x', '{', '}'), maxLength: 8 }),
)

const exactNumber = fc.constantFrom('1769012345678901234', '-9223372036854775808', '1e400', '12345678901234567890')
const leaf: fc.Arbitrary<JsonValue> = fc.oneof(
  wildText,
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  exactNumber.map((text) => JSON.rawJSON(text)),
)

/**
 * A key of a JSON object. Without a backslash: V8 13.6 (Node 24) takes other escapes for it once it has read one,
 * `JSON.parse('{"a":0,"\\\\":1}'); JSON.parse('{"a":0,"\\n":1}')` gives `{ a: 0, '\\': 1 }`.
 */
export const jsonKey = wildText.filter((key) => !key.includes('\\'))

/** A JSON value with everything that JSON can hold. */
export const json = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.constantFrom('a', '__proto__', ''), jsonKey), tie('value'), { maxKeys: 4 }),
  ),
})).value
export const jsonObject = fc.dictionary(fc.constantFrom('a', 'b', 'c'), json, { maxKeys: 3 })

const toolCall: fc.Arbitrary<ToolCall> = fc.record({
  id: fc.constantFrom('call_1', 'call_2'),
  type: fc.constant('function' as const),
  function: fc.record({ name: fc.constantFrom('find', 'send', 'open'), arguments: fc.constant('{}') }),
})

/** A message as a step keeps it. */
export function message(id: fc.Arbitrary<string> = messageId): fc.Arbitrary<Message> {
  return fc
    .record({
      id,
      role: fc.constantFrom('assistant', 'user', 'tool', 'system'),
      created_at: instant.map(formatMicros),
      text: fc.option(wildText, { freq: 3 }),
      calls: fc.array(toolCall, { maxLength: 2 }),
    })
    .map(({ text, calls, ...rest }) => ({
      ...rest,
      ...(text !== null && { content: [{ type: 'text' as const, text }] }),
      ...(calls.length > 0 && { tool_calls: calls }),
    }))
}

/** Messages with distinct ids, in the order of their times. */
export function messages(id: fc.Arbitrary<string> = messageId, maxLength = 3): fc.Arbitrary<Message[]> {
  return fc
    .uniqueArray(message(id), { maxLength, selector: ({ id: own }) => own })
    .map((list) => list.toSorted((a, b) => (a.created_at < b.created_at ? -1 : a.created_at > b.created_at ? 1 : 0)))
}

const startNs = fc.integer({ min: 0, max: 3 }).map((n) => String(1_769_012_345_678_901_234n + BigInt(n)))

export const metrics: fc.Arbitrary<StepMetrics | null> = fc.option(
  fc.record(
    Object.fromEntries(
      METRIC_FIELD_NAMES.map((name) => [
        name,
        METRIC_FIELDS[name] === 'id'
          ? fc.constantFrom('p1', 'p2')
          : name === 'step_start_ns'
            ? startNs
            : fc.constantFrom('0', '5000', '1999999', '3000000000'),
      ]),
    ),
    { requiredKeys: [] },
  ),
  { freq: 2 },
)

export const TAGS = ['a', 'A', 'b', 'ä', '😀', 'a,b', 'x y'] as const
export const tags = fc.uniqueArray(fc.constantFrom(...TAGS), { maxLength: 3 })

/** The values of the fields that lists filter by; the rest are rarely given. */
const FEW: Partial<Record<StepField, readonly string[]>> = {
  agent_id: ['agent-1', 'agent-2'],
  run_id: ['run-1', 'run-2', 'run-ä'],
  model: ['m', 'M'],
  model_handle: ['p/m', 'p/M'],
  provider_name: ['openai', 'anthropic'],
  trace_id: ['t1', 't2', 't3'],
  project_id: ['p1', 'p2'],
  error_type: ['Timeout', 'abandoned'],
  stop_reason: ['end_turn', 'cancelled', 'error'],
  status: STATUSES,
  feedback: FEEDBACKS,
}

function fieldValue(name: StepField): fc.Arbitrary<unknown> {
  const few = FEW[name]
  if (few) return fc.constantFrom(...few)
  const { kind } = STEP_FIELDS[name]
  if (kind === 'count') return fc.integer({ min: 0, max: 5 })
  if (kind === 'object') {
    return fc.record(
      {
        cached_tokens: fc.integer({ min: 0, max: 5 }),
        cache_read_tokens: fc.integer({ min: 0, max: 5 }),
        cache_creation_tokens: fc.integer({ min: 0, max: 5 }),
        reasoning_tokens: fc.integer({ min: 0, max: 5 }),
        other: json,
      },
      { requiredKeys: [] },
    )
  }
  return fc.constantFrom('x', 'y')
}

/** The plain fields, each null about every third time. */
export const fields: fc.Arbitrary<StepFields> = fc.record(
  Object.fromEntries(STEP_FIELD_NAMES.map((name) => [name, fc.option(fieldValue(name), { freq: 2 })])),
) as unknown as fc.Arbitrary<StepFields>

/** A step as the ledger means it. */
export function step(
  ids: fc.Arbitrary<string> = stepId,
  messageIds: fc.Arbitrary<string> = messageId,
): fc.Arbitrary<Step> {
  return fc
    .record({ fields, id: ids, created_at: instant, tags, messages: messages(messageIds), metrics })
    .map(({ fields: plain, ...rest }) => ({ ...plain, ...rest }))
}

/** Steps with distinct ids. */
export function steps(maxLength: number): fc.Arbitrary<Step[]> {
  return fc.uniqueArray(step(), { maxLength, selector: ({ id }) => id })
}

const filterValues: { [F in keyof Required<StepFilters>]: fc.Arbitrary<NonNullable<StepFilters[F]>> } = {
  start_date: fc.oneof(
    instant,
    instant.map((at) => at - 1),
  ),
  end_date: fc.oneof(
    instant,
    instant.map((at) => at + 1),
  ),
  model: fc.constantFrom('m', 'M', 'none'),
  agent_id: fc.constantFrom('agent-1', 'agent-2', 'none'),
  trace_ids: fc.uniqueArray(fc.constantFrom('t1', 't2', 't3', 'none'), { minLength: 1, maxLength: 4 }),
  feedback: fc.constantFrom(...FEEDBACKS),
  has_feedback: fc.boolean(),
  tags: fc.uniqueArray(fc.constantFrom(...TAGS, 'none'), { minLength: 1, maxLength: 3 }),
  project_id: fc.constantFrom('p1', 'p2'),
  match_all_tags: fc.boolean(),
  run_id: fc.constantFrom('run-1', 'run-2', 'run-ä'),
  status: fc.constantFrom(...STATUSES),
  stop_reason: fc.constantFrom('end_turn', 'cancelled', 'error'),
  provider_name: fc.constantFrom('openai', 'anthropic'),
  model_handle: fc.constantFrom('p/m', 'p/M'),
  error_type: fc.constantFrom('Timeout', 'abandoned'),
}

/** Some of the keys of a record, no more than `max`. */
function someOf<T extends object>(values: { [K in keyof T]-?: fc.Arbitrary<unknown> }, max: number): fc.Arbitrary<T> {
  const names = Object.keys(values) as (keyof T & string)[]
  return fc
    .subarray(names, { maxLength: max })
    .chain((chosen) =>
      fc.record(Object.fromEntries(chosen.map((name) => [name, values[name]]))),
    ) as unknown as fc.Arbitrary<T>
}

/** Any filters together, mostly few so that something passes. */
export const stepFilters: fc.Arbitrary<StepFilters> = fc.oneof(
  { weight: 4, arbitrary: someOf<StepFilters>(filterValues, 2) },
  { weight: 1, arbitrary: someOf<StepFilters>(filterValues, 5) },
)

export const runFilters: fc.Arbitrary<RunFilters> = someOf<RunFilters>(
  {
    agent_id: fc.constantFrom('agent-1', 'agent-2', 'none'),
    agent_ids: fc.uniqueArray(fc.constantFrom('agent-1', 'agent-2', 'none'), { minLength: 1 }),
    statuses: fc.uniqueArray(fc.constantFrom(...RUN_STATUSES), { minLength: 1 }),
    active: fc.boolean(),
    background: fc.boolean(),
    stop_reason: fc.constantFrom(...STOP_REASON_NAMES),
    conversation_id: fc.constant('conv-1'),
  },
  3,
)

export const order = fc.constantFrom('asc' as const, 'desc' as const)
