/** OpenTelemetry GenAI semantic conventions, current and as far back as 1.27 (mapping, sections 12.1 and 12.2). */
import { DETAILS } from '../reading/events.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../../domain/exact-json.ts'
import { normaliseProvider } from '../reading/provider.ts'
import { returned } from '../reading/langchain.ts'
import { messagesIn, systemMessage } from '../reading/messages.ts'
import { operationKind } from '../reading/operations.ts'
import { joined, type Said } from '../reading/said.ts'
import { cacheCreation, usageOf } from '../reading/usage.ts'
import { asTexts, at, textOf, tryJson } from '../reading/values.ts'
import type { View } from '../reading/view.ts'
import type { Dialect, ToolRead } from './dialect.ts'

/** Strands puts the application's own name where the provider's belongs. */
function providerIn(view: View, key: string): string | undefined {
  const text = view.text(key)
  return text === view.source.resource['service.name'] ? undefined : normaliseProvider(text)
}

export const genAi: Dialect = {
  name: 'gen_ai',
  namespaces: ['gen_ai', 'server', 'anthropic', 'user', 'enduser', 'session', 'http', 'url', 'event:gen_ai'],

  kind(view) {
    const operation = view.text('gen_ai.operation.name')
    if (operation === undefined) return undefined
    const kind = operationKind(operation)
    if (kind === undefined && view.has('gen_ai.usage.input_tokens')) view.note('unknown_operation', operation)
    return kind ?? 'wrapper'
  },

  provider: (view) => providerIn(view, 'gen_ai.provider.name') ?? providerIn(view, 'gen_ai.system'),
  model: (view) => view.text('gen_ai.request.model'),
  servedModel: (view) => view.text('gen_ai.response.model'),
  endpoint: (view) => {
    const base = view.text('gen_ai.openai.api_base')
    if (base !== undefined) return base
    const address = view.text('server.address')
    return address === undefined ? undefined : originOf(address, view.count('server.port'), view.text('url.scheme'))
  },
  responseId: (view) => view.text('gen_ai.response.id'),
  requestId: (view) => view.text('anthropic.request.id'),
  isStreaming(view) {
    const told = view.flag('gen_ai.request.stream') ?? view.flag('gen_ai.response.streaming')
    return told ?? (firstChunk(view) === undefined ? undefined : true)
  },

  usage(view) {
    const input = view.object('gen_ai.usage.input_token_details')
    const output = view.object('gen_ai.usage.output_token_details')
    return usageOf({
      prompt: view.count('gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens'),
      completion: view.count('gen_ai.usage.output_tokens', 'gen_ai.usage.completion_tokens'),
      total: view.count('gen_ai.usage.total_tokens'),
      cached:
        view.count(
          'gen_ai.usage.cache_read.input_tokens',
          'gen_ai.usage.cache_read_input_tokens',
          'gen_ai.usage.cached_tokens',
          'gen_ai.usage.details.cache_read_tokens',
        ) ?? countIn(input, 'cache_read'),
      cacheWrite:
        view.count(
          'gen_ai.usage.cache_write.input_tokens',
          'gen_ai.usage.cache_creation.input_tokens',
          'gen_ai.usage.cache_creation_input_tokens',
          'gen_ai.usage.cache_write_input_tokens',
          'gen_ai.usage.details.cache_write_tokens',
        ) ?? cacheCreation(input),
      reasoning:
        view.count(
          'gen_ai.usage.reasoning.output_tokens',
          'gen_ai.usage.reasoning_tokens',
          'gen_ai.usage.details.reasoning_tokens',
          'gen_ai.usage.details.thoughts_tokens',
        ) ?? countIn(output, 'reasoning'),
    })
  },
  // OpenLIT writes the convention's names, but Anthropic's own counts.
  countsApart: (view) => view.source.scope.name === 'openlit.instrumentation.anthropic',
  firstTokenMs: (view) => {
    const seconds = firstChunk(view)
    return seconds === undefined ? undefined : seconds * 1000
  },

  finish(view) {
    const [reason] = asTexts(view.raw('gen_ai.response.finish_reasons'))
    return reason ?? view.text('gen_ai.response.finish_reason', 'anthropic.message.stop_reason')
  },
  failure: (view) => (view.text('gen_ai.response.finish_reasons') === 'error' ? {} : undefined),

  agent: (view) => named(view.text('gen_ai.agent.id'), view.text('gen_ai.agent.name')),
  agentSpanName(view) {
    const name = withoutOperation(view.name)
    // The AI SDK names an agent's span by its model where nobody named the agent.
    return name === view.text('gen_ai.request.model') ? undefined : name
  },
  run: (view) => view.text('gen_ai.agent.call.id'),
  session(view) {
    const id = view.text('gen_ai.conversation.id')
    // The Agent Framework puts the last response's id there, another one with each turn.
    return id?.startsWith('resp_') ? view.text('session.id') : (id ?? view.text('session.id'))
  },
  user: (view) => view.text('user.id', 'enduser.id'),

  system: (view) => contentFrom(view, 'gen_ai.system_instructions', systemMessage),
  input: (view) => contentFrom(view, 'gen_ai.input.messages', (value) => messagesIn(value, 'user')),
  output(view) {
    const said = contentFrom(view, 'gen_ai.output.messages', (value) => messagesIn(value, 'assistant'))
    // Each choice has its reason; messages that share one are the items of a single answer.
    const isOneChoice = (view.count('gen_ai.request.choice.count') ?? 1) === 1
    const areItems = isOneChoice && asTexts(view.raw('gen_ai.response.finish_reasons')).length <= 1
    return said &&
      areItems &&
      said.every(({ finish }) => finish === undefined || /^(?:completed|incomplete)$/.test(finish))
      ? joined(said)
      : said
  },
  request(view) {
    const request: JsonObject = {}
    for (const [key, value] of view.under('gen_ai.request.')) {
      if (key !== 'model' && key !== 'stream') request[key] = value
    }
    const tools = view.json('gen_ai.tool.definitions')
    if (Array.isArray(tools)) request.tools = tools
    const type = view.text('gen_ai.output.type')
    if (type !== undefined) request.output_type = type
    return request
  },

  tool(view) {
    const name = view.text('gen_ai.tool.name')
    const { id, result, isError } = returned(view.json('gen_ai.tool.call.result'))
    const told = view.text('gen_ai.tool.call.id')
    return toolRead(told ?? id, name ?? withoutOperation(view.name, ['execute_tool']), result, isError)
  },
  isStepWrapper: (view) => {
    const operation = view.text('gen_ai.operation.name')
    return operation === 'agent_step' || operation === 'step'
  },
}

/** What a tool span tells; only what is known. */
export function toolRead(
  id: string | undefined,
  name: string | undefined,
  result: JsonValue | undefined,
  isError = false,
): ToolRead {
  return {
    ...(id === undefined ? {} : { id }),
    ...(name === undefined ? {} : { name }),
    ...(result === undefined ? {} : { result: textOf(result) }),
    ...(isError ? { isError } : {}),
  }
}

export function named(id: string | undefined, name: string | undefined): { id?: string; name?: string } | undefined {
  if (id === undefined && name === undefined) return undefined
  return { ...(id === undefined ? {} : { id }), ...(name === undefined ? {} : { name }) }
}

/** `invoke_agent planner` names the planner. */
export function withoutOperation(name: string, operations = ['invoke_agent', 'create_agent']): string | undefined {
  const operation = operations.find((each) => name.startsWith(`${each} `))
  const rest = operation === undefined ? name : name.slice(operation.length + 1)
  return rest.trim() === '' || operations.includes(rest) ? undefined : rest.trim()
}

function firstChunk(view: View): number | undefined {
  return view.number(
    'gen_ai.response.time_to_first_chunk',
    'gen_ai.client.operation.time_to_first_chunk',
    'gen_ai.server.time_to_first_token',
  )
}

/** `server.address` as an origin; the port is left out where it is the scheme's own. */
export function originOf(address: string, port: number | undefined, scheme: string | undefined): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(address)) return address
  const [, name, itsPort] = /^([^:[\]]+):(\d+)$/.exec(address) ?? []
  if (name !== undefined) return originOf(name, Number(itsPort), scheme)
  const isLocal = /^(?:localhost|127\.|\[?::1)/.test(address)
  const protocol = scheme ?? (port === 80 || (isLocal && port !== 443) ? 'http' : 'https')
  const host = address.includes(':') && !address.startsWith('[') ? `[${address}]` : address
  return port === undefined || port === 443 || port === 80 ? `${protocol}://${host}` : `${protocol}://${host}:${port}`
}

function countIn(details: JsonObject | undefined, key: string): number | undefined {
  const value = at(details, key)
  return typeof value === 'number' ? value : undefined
}

const LANGCHAIN_OF_TRACELOOP = '@traceloop/instrumentation-langchain'

/** It writes content that is a list of blocks as the text of one part. */
function opened(messages: JsonValue): JsonValue {
  if (!Array.isArray(messages)) return messages
  return messages.map((each) => {
    if (!isJsonObject(each) || !Array.isArray(each.parts)) return each
    return { ...each, parts: each.parts.flatMap(blocksIn) }
  })
}

function blocksIn(part: JsonValue): JsonValue[] {
  const text = at(part, 'type') === 'text' ? at(part, 'content') : undefined
  const blocks = typeof text === 'string' && text.startsWith('[') ? tryJson(text) : undefined
  const areBlocks = Array.isArray(blocks) && blocks.every((block) => typeof at(block, 'type') === 'string')
  return areBlocks && blocks.length > 0 ? blocks : [part]
}

/** On the span, else in its events; input and output may come in separate events of one span (9.1). */
function contentFrom(view: View, key: string, read: (value: JsonValue | undefined) => Said[]): Said[] | undefined {
  const own = view.json(key)
  if (own !== undefined) return read(view.source.scope.name === LANGCHAIN_OF_TRACELOOP ? opened(own) : own)
  for (const event of view.source.events) {
    const value = event.name === DETAILS ? event.attributes[key] : undefined
    if (value === undefined) continue
    const said = read(typeof value === 'string' ? (tryJson(value) ?? value) : value)
    if (said.length > 0) return said
  }
  return undefined
}
