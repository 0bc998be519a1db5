/** OpenLLMetry (Traceloop), classic and current (mapping, section 12.5). Its current form is GenAI's with extras. */
import type { JsonObject, JsonValue } from '../../../domain/exact-json.ts'
import { branchAt, branchOf, leafAt, numbered, type Branch } from '../reading/flattened.ts'
import { returned } from '../reading/langchain.ts'
import { message, roleOf } from '../reading/messages.ts'
import { metadataOf, tagsOf } from '../reading/metadata.ts'
import { operationKind } from '../reading/operations.ts'
import { joined, type Said, type SaidRole } from '../reading/said.ts'
import { usageOf } from '../reading/usage.ts'
import { asText, looksLikeJson, tryJson } from '../reading/values.ts'
import type { View } from '../reading/view.ts'
import type { Dialect } from './dialect.ts'
import { named, toolRead } from './gen-ai.ts'

const PROPERTIES = 'traceloop.association.properties.'

export const openLlmetry: Dialect = {
  name: 'openllmetry',
  namespaces: ['traceloop', 'llm', 'gen_ai'],

  kind(view) {
    const type = view.text('llm.request.type')?.toLowerCase()
    if (type === 'chat' || type === 'completion') return 'call'
    // LiteLLM has more words for a call.
    if (type !== undefined) return operationKind(type) === 'call' ? 'call' : 'ignore'
    const kind = view.text('traceloop.span.kind')?.toLowerCase()
    if (kind === undefined) return undefined
    return kind === 'agent' || kind === 'tool' ? kind : 'wrapper'
  },

  endpoint: (view) => view.text('llm.openai.api_base'),
  isStreaming: (view) => view.flag('llm.is_streaming'),
  usage: (view) =>
    usageOf({
      prompt: view.count('llm.usage.prompt_tokens'),
      completion: view.count('llm.usage.completion_tokens'),
      total: view.count('llm.usage.total_tokens'),
      cached: undefined,
      cacheWrite: undefined,
      reasoning: undefined,
    }),
  // Versions 0.2x for JavaScript count Anthropic's prompt without its cached parts (6.2), as Bedrock itself does; those for Python do not.
  countsApart({ source: { scope } }) {
    if (scope.name === 'opentelemetry.instrumentation.bedrock') return true
    return scope.name === '@traceloop/instrumentation-anthropic' && !scope.version.startsWith('1.')
  },

  finish: (view) => view.text('gen_ai.completion.0.finish_reason'),
  // Of a streamed answer of the Responses API it tells nothing at all; of a chat that was broken off what had come.
  endedWell: (view) => view.source.scope.name === '@traceloop/instrumentation-openai',

  agent: (view) =>
    view.text('traceloop.span.kind') === 'agent' ? named(undefined, view.text('traceloop.entity.name')) : undefined,
  agentSpanName: (view) => view.text('traceloop.entity.name'),
  alias: (view) => view.text('traceloop.workflow.name'),
  session: (view) => view.text(`${PROPERTIES}session_id`, `${PROPERTIES}thread_id`, `${PROPERTIES}conversation_id`),
  user: (view) => view.text(`${PROPERTIES}user_id`),
  tags: (view) => tagsOf(view.texts(`${PROPERTIES}tags`)),
  metadata: (view) => metadataOf(view.under(PROPERTIES)),

  input: (view) => flattened(view, 'gen_ai.prompt.', 'user'),
  output(view) {
    const said = flattened(view, 'gen_ai.completion.', 'assistant')
    // LiteLLM numbers the tool calls of one answer, not its choices.
    return said && view.has('gen_ai.completion.0.function_call.name') ? joined(said) : said
  },
  request(view) {
    const tools = numbered(branchAt(branchOf(view, 'llm.request.'), 'functions'))
    if (tools.length === 0) return undefined
    return { tools: tools.map(functionOf) }
  },

  tool(view) {
    const { id, name, result, isError } = returned(view.json('traceloop.entity.output'))
    return toolRead(id, name ?? view.text('traceloop.entity.name'), result, isError)
  },
}

function flattened(view: View, prefix: string, fallback: SaidRole): Said[] | undefined {
  const messages = numbered(branchOf(view, prefix))
  if (messages.length === 0) return undefined
  return messages.flatMap((entry) => {
    const role = roleOf(asText(leafAt(entry, 'role'))) ?? fallback
    const said = message(asObject(entry), role)
    return said.length > 0 ? said : [{ role, parts: [] }]
  })
}

function asObject(entry: Branch): JsonObject {
  const value: JsonObject = {
    content: blocks(leafAt(entry, 'content')),
    tool_calls: callsOf(entry).map((call) => ({
      id: leafAt(call, 'id') ?? null,
      name: leafAt(call, 'name') ?? null,
      arguments: leafAt(call, 'arguments') ?? null,
    })),
  }
  for (const key of ['tool_call_id', 'finish_reason'] as const) {
    const told = leafAt(entry, key)
    if (told !== undefined) value[key] = told
  }
  return value
}

/** The older form of a call may repeat the newer one. */
function callsOf(entry: Branch): Branch[] {
  const calls = numbered(entry.get('tool_calls'))
  const older = branchAt(entry, 'function_call')
  return calls.length > 0 || older === undefined ? calls : [older]
}

/** Anthropic's content is the JSON of its list of blocks. */
function blocks(content: JsonValue | undefined): JsonValue {
  if (typeof content !== 'string' || !content.startsWith('[') || !looksLikeJson(content)) return content ?? null
  const parsed = tryJson(content)
  return Array.isArray(parsed) ? parsed : content
}

function functionOf(tool: Branch): JsonObject {
  const schema = leafAt(tool, 'arguments') ?? leafAt(tool, 'parameters')
  return {
    name: leafAt(tool, 'name') ?? null,
    description: leafAt(tool, 'description') ?? null,
    parameters: typeof schema === 'string' ? (tryJson(schema) ?? schema) : (schema ?? null),
  }
}
