/** From a planned step and the contents it shows to what `POST /v1/steps` accepts (mapping, sections 5 and 9). Pure. */
import { derivedId, isOpaqueId } from '../../../domain/id.ts'
import type { JsonObject, JsonValue } from '../../../domain/exact-json.ts'
import type { MessageInput, ToolCall, ToolReturn } from '../../../domain/message.ts'
import type { ProviderTraceInput, StepInput } from '../../../domain/step.ts'
import { formatMicros } from '../../../domain/time.ts'
import type { CallFacts, Content, Context } from '../facts.ts'
import { isAbort } from '../reading/errors.ts'
import { joined, type Said, type SaidPart } from '../reading/said.ts'
import { compareTexts, compareVersions, microsOf, type Node } from './forest.ts'
import { factsOf, fieldsOf } from './fields.ts'
import { callIdAt, tellersOf, type StepPlan } from './plan.ts'
import { settled } from './settle.ts'
import { telemetryOf, withoutUnknown } from './telemetry.ts'
import { isDetails } from './voices.ts'
import { whoOf } from './who.ts'

export interface AssembledStep {
  readonly id: string
  readonly input: StepInput & { id: string }
  /** Steps that this one takes the place of. */
  readonly folded: readonly string[]
  readonly fingerprint: string
}

/** The content kept with a context; null when there is none, or when it is gone. */
export type ContentOf = (context: Context) => Content | null

/** A step's messages hold so many values at most, below what the API accepts; the provider trace has all of them. */
const MOST_VALUES = 20_000
/** Larger arguments of a tool call are shown as the text that they are in `tool_calls`, too. */
const LARGE_INPUT = 2_000
const MOST_PARTS = 1_000
/** What the answer is known by among the messages of its step. */
const ANSWER = 'answer'

export function render(plan: StepPlan, contentOf: ContentOf): AssembledStep {
  const contents = new Map<Node, Content>()
  const content = (node: Node): Content => {
    let found = contents.get(node)
    if (!found) contents.set(node, (found = united(node, contentOf)))
    return found
  }
  const request = requestOf(plan, content)
  const answer = answerOf(plan, content)
  const facts = factsOf(plan)
  const who = whoOf(plan.call)
  const fields = fieldsOf(plan, who, facts)
  const { startNs } = plan.call.primary.context
  const { endNs } = plan.call
  const startAt = instant(startNs)
  const endAt = endNs === '0' ? startAt : instant(endNs)
  const write = new Writer(plan.id)
  const fresh = settled(plan, request).flatMap((said, i) =>
    (plan.isNew[i] ?? true) ? [{ said: untold(said, plan.told.get(i)), key: plan.keys[i] ?? '' }] : [],
  )
  // A provider's own tools answer within the answer.
  const returns = answer.slice(1).filter(({ role }) => role === 'tool')
  const messages = [
    ...latest(fresh).map(({ said, key }) => write.message(said, startAt, key)),
    ...answer.slice(0, 1).map((said) => write.message(said, endAt, ANSWER)),
    ...returns.map((said, i) => write.message(said, endAt, `${ANSWER} ${i}`)),
    ...resultsOf(plan, returns, content, endAt, write),
  ]
  const telemetry = telemetryOf(plan.call, who, facts)
  const trace = traceOf(plan, { fields, facts, telemetry, request, answer, content })
  const input = { ...fields, id: plan.id, messages, provider_trace: trace }
  return { id: plan.id, input, folded: plan.folded, fingerprint: plan.fingerprint }
}

/** A message of results without those that were told. */
function untold(said: Said, told: ReadonlySet<number> | undefined): Said {
  return told ? { ...said, parts: said.parts.filter((_, place) => !told.has(place)) } : said
}

/** Of a request with a longer history, its end. */
function latest<T extends { said: Said }>(messages: readonly T[]): readonly T[] {
  let left = MOST_VALUES
  let from = messages.length
  while (from > 0) {
    left -= 8 + (messages[from - 1] as T).said.parts.reduce((sum, part) => sum + 10 + valuesIn(part, left), 0)
    if (left < 0) break
    from--
  }
  return messages.slice(from)
}

/** How many values a value holds; counting ends at `most`. */
function valuesIn(value: unknown, most: number): number {
  if (typeof value !== 'object' || value === null) return 1
  let count = 1
  for (const inner of Object.values(value)) {
    if (count > most) break
    count += valuesIn(inner, most - count)
  }
  return count
}

/** Contents of all versions of a span, what the best of them lacks filled from the others. */
function united(node: Node, contentOf: ContentOf): Content {
  const found = node.versions.map((version) => ({ version, content: contentOf(version) }))
  if (found.length === 1) return found[0]?.content ?? {}
  // Versions that differ in content only are told apart by it, so that their order of arrival means nothing.
  found.sort((a, b) => compareVersions(a.version, b.version) || compareTexts(textOf(a.content), textOf(b.content)))
  return Object.assign({}, ...found.map(({ content }) => content ?? {}).toReversed())
}

function textOf(content: Content | null): string {
  return JSON.stringify(content)
}

type Contents = (node: Node) => Content

function requestOf(plan: StepPlan, content: Contents): Said[] {
  const system = plan.hasOwnSystem ? [] : plan.voices.system.flatMap((node) => content(node).system ?? [])
  return [...system, ...plan.voices.input.flatMap((node) => content(node).input ?? [])]
}

/** The step's own answer first, then further choices. */
function answerOf(plan: StepPlan, content: Contents): Said[] {
  const { output, calls } = plan.voices
  const told = output.flatMap((node) => content(node).output ?? [])
  // Choices come in records of one message each; records of whole answers are pieces of one.
  const own = output.every(isDetails) ? joined(told) : told
  const lent = calls
    .flatMap((node) => content(node).output ?? [])
    .flatMap((said) => said.parts.filter((part) => part.type === 'tool_call'))
  const others = output.flatMap((node) => content(node).others ?? [])
  const [first, ...rest] = own
  if (lent.length === 0) return [...own, ...others]
  return [
    first ? { ...first, parts: [...first.parts, ...lent] } : { role: 'assistant', parts: lent },
    ...rest,
    ...others,
  ]
}

/** Results of tools that the step asked for, as their spans tell them; they end after the answer. */
function resultsOf(
  plan: StepPlan,
  returns: readonly Said[],
  content: Contents,
  endAt: string,
  write: Writer,
): MessageInput[] {
  const told = new Set<string>()
  const within = new Set(
    returns.flatMap(({ parts }) => parts.map((part) => (part.type === 'tool_return' ? part.tool_call_id : ''))),
  )
  return plan.tools.flatMap(({ node, callId, place }) => {
    if (callId !== '' && within.has(callId)) return []
    const { result = plan.isLast ? errorOf(node) : undefined } = content(node)
    const id = callId === '' && place !== undefined ? callIdAt(plan.id, place) : callId
    const said = `${id} ${result?.text}`
    // Some instrumentations tell one execution by several spans.
    if (!result || (id !== '' && told.has(said))) return []
    told.add(said)
    const ended = node.context.endNs === '0' ? endAt : instant(node.context.endNs)
    const part: SaidPart = { type: 'tool_return', tool_call_id: id, content: result.text, is_error: result.isError }
    const name = node.context.tool?.name
    const message: Said = { role: 'tool', parts: [part], ...(name === undefined ? {} : { name }) }
    return [write.message(message, ended > endAt ? ended : endAt, node.context.tool?.resultKey ?? node.key)]
  })
}

/** Texts of one form, so that they can be compared as such. */
function instant(ns: string): string {
  return formatMicros(microsOf(ns))
}

/** What a tool that failed said, where no later request holds what became of it. */
function errorOf({ context: { failure, tool } }: Node): Content['result'] {
  if (failure?.message === undefined || tool?.isDenied || isAbort(failure)) return undefined
  return { text: failure.message, isError: true }
}

/** Turns messages into a step's own, with ids that follow from what they are, so that they are the same each time. */
class Writer {
  private readonly stepId: string
  private readonly seen = new Map<string, number>()

  constructor(stepId: string) {
    this.stepId = stepId
  }

  /** @param key what the message is known by among those of its step */
  message({ role, parts, name }: Said, at: string, key: string): MessageInput {
    let place = 0
    const content = parts
      .slice(0, MOST_PARTS)
      .map((part) => (part.type === 'tool_call' ? withId(part, callIdAt(this.stepId, place++)) : part))
    const toolCalls = content.filter((part) => part.type === 'tool_call').map(toolCall)
    const returns = content.filter((part) => part.type === 'tool_return')
    const answered = returns[0]?.tool_call_id
    return {
      id: this.idOf(`${role} ${key}`),
      role,
      content,
      ...(toolCalls.length > 0 && { tool_calls: toolCalls }),
      ...(returns.length > 0 && { tool_returns: returns.map(toolReturn) }),
      ...(answered !== undefined && answered !== '' && { tool_call_id: answered }),
      ...(name !== undefined && isOpaqueId(name) && { name }),
      created_at: at,
    }
  }

  private idOf(key: string): string {
    const nth = this.seen.get(key) ?? 0
    this.seen.set(key, nth + 1)
    return derivedId('message', this.stepId, key, nth)
  }
}

/** Results name the call they answer, so a call whose id nobody told still needs one of its own. */
function withId(part: Extract<SaidPart, { type: 'tool_call' }>, otherwise: string): SaidPart {
  const isLarge = valuesIn(part.input, LARGE_INPUT) > LARGE_INPUT
  const input = isLarge ? { _raw: JSON.stringify(part.input) } : part.input
  return { ...part, input, id: part.id === '' ? otherwise : part.id }
}

function toolCall(part: Extract<SaidPart, { type: 'tool_call' }>): ToolCall {
  const raw = Object.keys(part.input).length === 1 && typeof part.input._raw === 'string' ? part.input._raw : undefined
  return { id: part.id, type: 'function', function: { name: part.name, arguments: raw ?? JSON.stringify(part.input) } }
}

function toolReturn(part: Extract<SaidPart, { type: 'tool_return' }>): ToolReturn {
  const status = part.is_error ? 'error' : 'success'
  const result: ToolReturn = { status, func_response: packed(part.content, status) }
  return part.tool_call_id === '' ? result : { ...result, tool_call_id: part.tool_call_id }
}

/** Readers take text of Letta's form `{"status", "message"}` apart; a foreign result of that form is wrapped once more. */
function packed(text: string, status: 'success' | 'error'): string {
  if (!/^\s*\{/.test(text) || !text.includes('"status"') || !text.includes('"message"')) return text
  return JSON.stringify({ status: status === 'error' ? 'Failed' : 'OK', message: text })
}

interface Rendered {
  readonly fields: StepInput
  readonly facts: CallFacts
  readonly telemetry: JsonObject
  readonly request: readonly Said[]
  readonly answer: readonly Said[]
  readonly content: Contents
}

/** Request and answer whole, whatever the run held before. */
function traceOf(plan: StepPlan, rendered: Rendered): ProviderTraceInput {
  const { fields, facts, telemetry, request, answer, content } = rendered
  const { startNs } = plan.call.primary.context
  const { endNs } = plan.call
  const own = tellersOf(plan.call).map(content)
  const known = (key: 'request' | 'response' | 'attributes' | 'resource'): JsonObject =>
    Object.assign({}, ...own.map((each) => each[key] ?? {}).toReversed())
  const attributes = known('attributes')
  const resource = known('resource')
  return {
    id: plan.id.replace('step-', 'provider_trace-'),
    created_at: fields.created_at,
    call_type: 'agent_step',
    source: 'otlp',
    ...(endNs !== '0' && { latency_ms: Math.max(0, Math.round((microsOf(endNs) - microsOf(startNs)) / 1000)) }),
    ...(fields.tags && fields.tags.length > 0 && { agent_tags: fields.tags }),
    request_json: withoutUnknown({
      model: facts.model,
      stream: facts.isStreaming,
      ...known('request'),
      messages: request.map(plain),
    }),
    response_json: withoutUnknown({
      id: facts.responseId,
      model: facts.servedModel,
      finish_reason: telemetry.finish_reason,
      messages: answer.map(plain),
      error: fields.error_data ?? undefined,
      error_type: fields.error_type ?? undefined,
      ...known('response'),
      telemetry: {
        ...telemetry,
        ...(Object.keys(attributes).length > 0 && { attributes }),
        ...(Object.keys(resource).length > 0 && { resource }),
      },
    }),
  }
}

function plain({ role, parts, name, finish }: Said): JsonValue {
  return withoutUnknown({ role, name, content: parts as unknown as JsonValue, finish_reason: finish })
}
