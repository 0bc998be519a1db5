/**
 * OTLP requests that are alike for everybody: the agent runs of `otlp-workload.ts`, no two of the same text, in two forms.
 * Every span says its model, tokens and messages in each of them, in words that both sides document.
 */
import { toProtobuf } from '../../test/otlp/support.ts'
import { agentRun } from '../otlp-workload.ts'

/** `gen_ai`: the convention of OpenTelemetry. `openinference`: Phoenix's own, flattened, without the raw JSON beside it. */
export const FORMS = ['gen_ai', 'openinference'] as const
export type Form = (typeof FORMS)[number]

/** So many agents take turns; each has a project of its own in Phoenix. */
const AGENTS = 7
/** With 12 spans each, about what a batch processor sends at once by default (512). */
const RUNS_IN_REQUEST = 6 * AGENTS
export const SPANS_IN_REQUEST = 12 * RUNS_IN_REQUEST
/** Model calls; each is a step. */
export const CALLS_IN_REQUEST = 6 * RUNS_IN_REQUEST
/** One of the agents: what is listed. */
export const AGENT = 'support-3'

interface Value {
  stringValue?: string
  intValue?: string
}
interface Attribute {
  key: string
  value: Value & { arrayValue?: { values: Value[] } }
}
interface Span {
  traceId: string
  spanId: string
  name: string
  attributes: Attribute[]
}

/** A request as protobuf: the runs of each agent under a resource that names it, and its project. */
export function bodyOf(index: number, form: Form): Buffer {
  const first = index * RUNS_IN_REQUEST
  const resourceSpans = Array.from({ length: AGENTS }, (_, agent) => {
    const runs = Array.from({ length: RUNS_IN_REQUEST / AGENTS }, (__, i) => first + i * AGENTS + agent)
    const spans = runs.flatMap((run) => agentRun(run) as Span[])
    const name = `support-${agent}`
    const attributes = [text('service.name', name), text('openinference.project.name', name)]
    const scope = { name: 'agent-instrumentation', version: '1.4.0' }
    return {
      resource: { attributes },
      scopeSpans: [{ scope, spans: spans.map(form === 'gen_ai' ? finished : translated) }],
    }
  })
  return toProtobuf('traces', { resourceSpans })
}

/** Requests from this number on; never ends. */
export function* bodiesFrom(index: number, form: Form): Generator<Buffer> {
  for (let next = index; ; next++) yield bodyOf(next, form)
}

/** With the reason beside the answer, which the convention requires there and without which Phoenix does not show it. */
function finished(span: Span): Span {
  const reason = span.attributes.find(({ key }) => key === 'gen_ai.response.finish_reasons')?.value
  const attributes = span.attributes.map((attribute) => {
    if (attribute.key !== 'gen_ai.output.messages') return attribute
    const messages = JSON.parse(attribute.value.stringValue ?? '[]') as Message[]
    const finish_reason = reason?.arrayValue?.values[0]?.stringValue
    return text(attribute.key, JSON.stringify(messages.map((message) => ({ ...message, finish_reason }))))
  })
  return { ...span, attributes }
}

const text = (key: string, value: string): Attribute => ({ key, value: { stringValue: value } })
const KINDS: Readonly<Record<string, string>> = { chat: 'LLM', execute_tool: 'TOOL', invoke_agent: 'AGENT' }
/** What has another name and the same value. */
const RENAMED: Readonly<Record<string, string>> = {
  'gen_ai.request.model': 'llm.model_name',
  'gen_ai.provider.name': 'llm.provider',
  'gen_ai.usage.input_tokens': 'llm.token_count.prompt',
  'gen_ai.usage.output_tokens': 'llm.token_count.completion',
  'gen_ai.usage.cache_read.input_tokens': 'llm.token_count.prompt_details.cache_read',
  'gen_ai.conversation.id': 'session.id',
  'gen_ai.tool.name': 'tool.name',
  'gen_ai.tool.call.id': 'tool_call.id',
  'gen_ai.tool.call.result': 'output.value',
  'gen_ai.agent.name': 'agent.name',
  'user.id': 'user.id',
}

/** The span in OpenInference's words. */
function translated(span: Span): Span {
  const value = (key: string) => span.attributes.find((attribute) => attribute.key === key)?.value
  const list = (key: string) => JSON.parse(value(key)?.stringValue ?? '[]') as unknown[]
  const instructions = list('gen_ai.system_instructions') as Part[]
  const system: Message[] = instructions.length > 0 ? [{ role: 'system', parts: instructions }] : []
  const input = list('gen_ai.input.messages') as Message[]
  const output = list('gen_ai.output.messages') as Message[]
  const attributes = [
    text('openinference.span.kind', KINDS[value('gen_ai.operation.name')?.stringValue ?? ''] ?? 'CHAIN'),
    ...span.attributes.flatMap(({ key, value }) => (RENAMED[key] ? [{ key: RENAMED[key], value }] : [])),
    ...flattened('llm.input_messages', [...system, ...input]),
    ...flattened('llm.output_messages', output),
  ]
  const tokens = ['gen_ai.usage.input_tokens', 'gen_ai.usage.output_tokens'].map((key) => Number(value(key)?.intValue))
  if (output.length > 0) {
    attributes.push({ key: 'llm.token_count.total', value: { intValue: String((tokens[0] ?? 0) + (tokens[1] ?? 0)) } })
    attributes.push(
      text('llm.finish_reason', value('gen_ai.response.finish_reasons')?.arrayValue?.values[0]?.stringValue ?? ''),
    )
  }
  return { ...span, attributes }
}

interface Part {
  type: string
  content?: string
  id?: string
  name?: string
  arguments?: unknown
  response?: string
}
interface Message {
  role: string
  parts: Part[]
}

function flattened(prefix: string, messages: Message[]): Attribute[] {
  return messages.flatMap(({ role, parts }, i) => {
    const at = `${prefix}.${i}.message`
    return [text(`${at}.role`, role), ...parts.flatMap((part, j) => partOf(at, part, j))]
  })
}

function partOf(at: string, part: Part, index: number): Attribute[] {
  const call = `${at}.tool_calls.${index}.tool_call`
  switch (part.type) {
    case 'tool_call':
      return [
        text(`${call}.id`, part.id ?? ''),
        text(`${call}.function.name`, part.name ?? ''),
        text(`${call}.function.arguments`, JSON.stringify(part.arguments)),
      ]
    case 'tool_call_response':
      return [text(`${at}.tool_call_id`, part.id ?? ''), text(`${at}.content`, part.response ?? '')]
    default:
      return [text(`${at}.content`, part.content ?? '')]
  }
}
