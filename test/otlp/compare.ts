/**
 * One assembled step against what really happened: every value that can be known from the telemetry must be there, and
 * what cannot be known must be left open or be what the telemetry says (`recoverable`, `telemetry_differs`).
 */
import { isDeepStrictEqual } from 'node:util'
import type { JsonValue } from '../../src/domain/exact-json.ts'
import type { AssembledStep } from '../../src/in/otlp/assemble/index.ts'
import type { Said, SaidPart } from '../../src/in/otlp/reading/said.ts'
import { normaliseFinish } from '../../src/in/otlp/reading/finish.ts'
import type { ExpectedCall, ExpectedMessage, Part } from './captures.ts'

type Trace = { request_json: Record<string, JsonValue>; response_json: Record<string, JsonValue> }

export function traceOf(step: AssembledStep): Trace {
  return step.input.provider_trace as unknown as Trace
}

export function telemetryOf(step: AssembledStep): Record<string, JsonValue> {
  return traceOf(step).response_json.telemetry as Record<string, JsonValue>
}

/** The differences, in words; none = the step is what happened. */
export function differences(call: ExpectedCall, step: AssembledStep): string[] {
  const found: string[] = []
  const { input } = step
  const telemetry = telemetryOf(step)
  const { response_json } = traceOf(step)
  const is = (name: string, actual: unknown, expected: unknown) => {
    if (!isDeepStrictEqual(actual ?? null, expected ?? null)) {
      found.push(`${name}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`)
    }
  }
  const canKnow = (name: string) => call.recoverable[name] !== undefined && call.recoverable[name] !== false

  is('trace_id', input.trace_id, call.span.trace_id)
  if (canKnow('model_requested')) is('model', input.model, call.model_requested)
  if (canKnow('model_served')) is('served model', telemetry.served_model ?? input.model, call.model_served)
  // Where the provider is not told it is inferred from the model.
  if (canKnow('provider') || input.provider_name !== null) is('provider', input.provider_name, call.provider)
  found.push(...usageDifferences(call, step))
  found.push(...outcomeDifferences(call, step))
  if (canKnow('finish_reason')) {
    const told = normaliseFinish(String(telemetry.finish_reason ?? ''))
    // Without a word for it, tool calls say it themselves; the stop reason is compared anyway.
    const isTold = told !== '' || !hasToolCalls(step)
    if (isTold && !sameFinish(told, call.finish_reason)) found.push(`finish: ${told} instead of ${call.finish_reason}`)
  }
  if (call.response_id !== null && telemetry.provider_response_id !== undefined) {
    is('response id', telemetry.provider_response_id, call.response_id)
    is('request_id', input.request_id, call.response_id)
  }
  if (telemetry.is_streaming !== undefined) is('streaming', telemetry.is_streaming, call.streaming)

  if (canKnow('session_id')) is('session', telemetry.session_id, call.session_id)
  if (canKnow('user_id')) is('user', telemetry.user_id, call.user_id)
  if (canKnow('agent_name')) is('agent name', telemetry.agent_name, call.parent?.agent_name)
  if (canKnow('agent_id')) is('agent_id', input.agent_id, call.parent?.agent_id)
  else if (canKnow('agent_name')) is('agent_id', input.agent_id, call.parent?.agent_name)
  const own = (input.tags ?? []).filter((tag) => !/^(?:session|user):/.test(tag))
  const tags = call.tags.filter((tag) => canKnow(`tag:${tag}`))
  is('tags', [...own].sort(), [...tags].sort())
  for (const [key, value] of Object.entries(call.metadata)) {
    if (canKnow(`metadata.${key}`)) is(`metadata.${key}`, (telemetry.metadata as Record<string, unknown>)?.[key], value)
  }

  const { messages: asked } = traceOf(step).request_json as unknown as { messages: Said[] }
  const answered = (response_json as unknown as { messages: Said[] }).messages
  if (canKnow('input_messages')) found.push(...messageDifferences('input', asked, call.input_messages))
  else found.push(...contradictions('input', asked, call.input_messages))
  if (canKnow('output_messages')) found.push(...messageDifferences('output', answered, call.output_messages))
  else found.push(...contradictions('output', answered, call.output_messages))
  return found
}

const USAGE = [
  'prompt_tokens',
  'completion_tokens',
  'total_tokens',
  'cached_input_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
] as const

function usageDifferences(call: ExpectedCall, { input }: AssembledStep): string[] {
  return USAGE.flatMap((name) => {
    const truth = call.usage?.[name] ?? null
    const known = call.recoverable[`usage.${name}`]
    const actual = input[name] ?? null
    const told = call.telemetry_differs?.[`usage.${name}`]
    const accepted: unknown[] = told === undefined ? [truth] : [told]
    // A zero may be left out, and what cannot be known may only be told wrongly, never be guessed.
    if (known === false || known === undefined || String(known).startsWith('zero')) accepted.push(null)
    return accepted.includes(actual) ? [] : [`${name}: ${actual} instead of ${accepted.join(' or ')}`]
  })
}

function outcomeDifferences(call: ExpectedCall, { input }: AssembledStep): string[] {
  const found: string[] = []
  const { status, stop_reason, also_acceptable = [] } = call.expected_step
  const accepted = [{ status, stop_reason }, ...also_acceptable]
  if (!accepted.some((each) => each.status === input.status && each.stop_reason === input.stop_reason)) {
    found.push(`outcome: ${input.status}/${input.stop_reason} instead of ${status}/${stop_reason}`)
  }
  if (call.error === null) {
    if (input.error_data != null || input.error_type != null) found.push(`error: ${JSON.stringify(input.error_data)}`)
    return found
  }
  if (call.recoverable['error_flag'] === true && input.error_type == null) found.push('no error_type')
  if (call.recoverable['error.message'] === true) {
    const message = String(input.error_data?.message)
    if (!message.includes(String(call.error.message))) found.push(`error: ${message} instead of ${call.error.message}`)
    if (/\n\s+at /.test(message)) found.push('a stack trace in the error message')
    const httpStatus = (input.error_data?.details as { http_status?: number } | null)?.http_status
    if (httpStatus !== undefined && httpStatus !== call.error.http_status) found.push(`http status: ${httpStatus}`)
  }
  return found
}

function hasToolCalls(step: AssembledStep): boolean {
  return (step.input.messages ?? []).some((message) => (message.tool_calls ?? []).length > 0)
}

/** The provider's own words and the dialects' words for the same. */
const SAME_FINISH = [
  ['stop', 'end_turn', 'stop_sequence', 'completed'],
  ['tool_calls', 'tool_call', 'tool_use'],
  ['length', 'max_tokens', 'max_output_tokens', 'incomplete'],
]

function sameFinish(told: string, truth: string | null): boolean {
  const word = normaliseFinish((truth ?? '').split(':')[0] ?? '')
  const groups = SAME_FINISH.filter((words) => words.includes(word))
  // A Responses answer that asks for tools is `completed`.
  const tools = word === 'completed' && ['tool_calls', 'tool_call', 'tool_use'].includes(told)
  return told === word || tools || groups.some((words) => words.includes(told))
}

function messageDifferences(side: string, actual: Said[] | MessageLike[], expected: ExpectedMessage[]): string[] {
  const [a, b] = [flat(actual as MessageLike[]), flat(expected)]
  return isDeepStrictEqual(a, b) ? [] : [`${side}: ${JSON.stringify(a)} instead of ${JSON.stringify(b)}`]
}

/** Messages that cannot be known whole may be missing or poorer, but what is there was said. */
function contradictions(side: string, actual: Said[] | MessageLike[], expected: ExpectedMessage[]): string[] {
  const truth = new Set(flat(expected).map((each) => JSON.stringify(each)))
  const texts = JSON.stringify(expected)
  return flat(actual as MessageLike[])
    .filter((each) => !truth.has(JSON.stringify(each)) && !isSaid(each.part, texts))
    .map((each) => `${side}: nobody said ${JSON.stringify(each)}`)
}

function isSaid(part: Flat['part'], texts: string): boolean {
  const said = Object.values(part).filter((value) => typeof value === 'string')
  // Placeholders that an instrumentation writes instead of what was said.
  if (said.some((value) => /\[tool(?:-result)?: /.test(value))) return true
  return said.every((value) => texts.includes(JSON.stringify(value).slice(1, -1)))
}

interface MessageLike {
  role: string
  content: (Part | SaidPart)[]
}

interface Flat {
  role: string
  part: Record<string, unknown>
}

/** Parts one by one: how they are divided into messages differs between dialects and means nothing. */
function flat(messages: readonly MessageLike[]): Flat[] {
  return messages.flatMap(({ role, content }) => content.map((part) => ({ role, part: essence(part as Part) })))
}

/** What of a part must be the same. Signatures and ids of reasoning are lost by most; reasoning is reasoning. */
function essence(part: Part): Record<string, unknown> {
  switch (part.type) {
    case 'tool_call':
      return { call: part.id, name: part.name, input: part.input }
    case 'tool_return':
      return { return: part.tool_call_id, content: opened(part.content ?? ''), error: part.is_error ?? false }
    case 'reasoning':
      return { reasoning: part.reasoning }
    case 'summarized_reasoning':
      return { reasoning: part.summary?.map(({ text }) => text).join('\n') }
    case 'redacted_reasoning':
      return { redacted: part.data }
    case 'image':
      return { image: part.source }
    default:
      return { text: part.text ?? part }
  }
}

/** Results are compared as JSON where they are JSON. */
function opened(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
