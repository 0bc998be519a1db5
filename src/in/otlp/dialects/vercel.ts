/** Vercel AI SDK 3 to 6, and 7 in its legacy form (mapping, section 12.4). Version 7's own form is GenAI's. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../domain/exact-json.ts'
import { metadataOf } from '../reading/metadata.ts'
import { messagesIn } from '../reading/messages.ts'
import { contentParts, reasoningPart } from '../reading/parts.ts'
import { normaliseProvider } from '../reading/provider.ts'
import { textPart, type Said, type SaidPart } from '../reading/said.ts'
import { providerUsage, usageOf } from '../reading/usage.ts'
import { asCount, asTexts, at, textOf, tryJson } from '../reading/values.ts'
import type { View } from '../reading/view.ts'
import type { Dialect } from './dialect.ts'
import { toolRead } from './gen-ai.ts'

const METADATA = 'ai.telemetry.metadata.'
const CONTEXT = 'ai.settings.context.'

export const vercel: Dialect = {
  name: 'vercel',
  namespaces: ['ai', 'resource'],

  kind(view) {
    const operation = view.text('ai.operationId')
    if (operation === undefined) return undefined
    if (operation.endsWith('.doGenerate') || operation.endsWith('.doStream')) return 'call'
    if (operation === 'ai.toolCall') return 'tool'
    return operation.toLowerCase().includes('embed') || operation.includes('rerank') ? 'ignore' : 'wrapper'
  },

  provider: (view) => normaliseProvider(view.text('ai.model.provider')),
  model: (view) => view.text('ai.model.id'),
  servedModel: (view) => view.text('ai.response.model'),
  responseId: (view) => view.text('ai.response.id'),
  isStreaming(view) {
    const operation = view.text('ai.operationId')
    if (operation === undefined) return undefined
    return operation.endsWith('.doStream') ? true : operation.endsWith('.doGenerate') ? false : undefined
  },

  usage(view) {
    const metadata = view.object('ai.response.providerMetadata')
    const of = (provider: string, count: string) => asCount(at(metadata, provider, count))
    const gemini = at(metadata, 'google', 'usageMetadata')
    const { cached, reasoning, completion: withThoughts } = providerUsage(gemini) ?? {}
    const completion = view.count('ai.usage.outputTokens', 'ai.usage.completionTokens')
    const isWithoutThoughts = completion !== undefined && completion === asCount(at(gemini, 'candidatesTokenCount'))
    return usageOf({
      prompt: promptCount(view),
      completion: isWithoutThoughts ? withThoughts : completion,
      total: view.count('ai.usage.totalTokens'),
      // Version 4 has what is cached and thought in the provider's words only, version 5 of Gemini too.
      cached:
        view.count('ai.usage.inputTokenDetails.cacheReadTokens', 'ai.usage.cachedInputTokens') ??
        of('anthropic', 'cacheReadInputTokens') ??
        asCount(at(metadata, 'anthropic', 'usage', 'cache_read_input_tokens')) ??
        of('openai', 'cachedPromptTokens') ??
        cached,
      cacheWrite:
        view.count('ai.usage.inputTokenDetails.cacheWriteTokens') ?? of('anthropic', 'cacheCreationInputTokens'),
      reasoning:
        view.count('ai.usage.outputTokenDetails.reasoningTokens', 'ai.usage.reasoningTokens') ??
        of('openai', 'reasoningTokens') ??
        reasoning,
    })
  },
  /** Of Anthropic's models, before version 6. */
  countsApart(view) {
    const anthropic = at(view.object('ai.response.providerMetadata'), 'anthropic')
    const uncached = asCount(at(anthropic, 'usage', 'input_tokens'))
    // Version 4 does not tell the provider's own count beside the cached parts.
    return uncached === undefined
      ? at(anthropic, 'cacheReadInputTokens') !== undefined && !view.has('ai.usage.inputTokenDetails.cacheReadTokens')
      : uncached === promptCount(view)
  },
  firstTokenMs(view) {
    const own = view.number('ai.response.msToFirstChunk', 'ai.stream.msToFirstChunk')
    if (own !== undefined) return own
    const event = view.source.events.find(({ name }) => name === 'ai.stream.firstChunk')
    return event && Math.max(0, Number(event.timeNs - view.source.startNs) / 1e6)
  },

  finish: (view) => view.text('ai.response.finishReason', 'ai.finishReason', 'ai.result.finishReason'),

  agentSpanName: (view) => view.text('ai.telemetry.functionId'),
  alias: (view) => view.text('ai.telemetry.functionId') ?? ownResourceName(view),
  run: (view) => view.text(`${METADATA}run_id`, `${METADATA}runId`),
  session: (view) =>
    view.text(
      `${METADATA}sessionId`,
      `${CONTEXT}sessionId`,
      `${CONTEXT}conversationId`,
      `${METADATA}session_id`,
      `${METADATA}threadId`,
      `${METADATA}conversationId`,
    ),
  user: (view) => view.text(`${METADATA}userId`, `${CONTEXT}userId`, `${METADATA}user_id`),
  tags: (view) => [...view.texts(`${METADATA}tags`), ...asTexts(view.raw(`${CONTEXT}tags`))],
  metadata: (view) => metadataOf([...view.under(METADATA), ...view.under(CONTEXT)]),

  input(view) {
    const messages = view.json('ai.prompt.messages')
    if (messages !== undefined) return messagesIn(messages, 'user')
    const prompt = view.json('ai.prompt')
    return prompt === undefined ? undefined : messagesIn(prompt, 'user')
  },
  output,
  request(view) {
    const request: JsonObject = {}
    for (const [key, value] of view.under('ai.settings.')) if (!key.startsWith('context.')) request[key] = value
    const tools = view.raw('ai.prompt.tools')
    if (tools !== undefined) request.tools = listOf(tools).map(opened)
    const choice = view.json('ai.prompt.toolChoice')
    if (choice !== undefined) request.tool_choice = choice
    return request
  },
  response(view) {
    const metadata = view.object('ai.response.providerMetadata')
    return metadata === undefined ? undefined : { provider_metadata: metadata }
  },

  tool: (view) => toolRead(view.text('ai.toolCall.id'), view.text('ai.toolCall.name'), view.json('ai.toolCall.result')),
}

function promptCount(view: View): number | undefined {
  return view.count('ai.usage.inputTokens', 'ai.usage.promptTokens')
}

/** The answer stands in separate attributes; parts in the order of section 9.3: reasoning, text, tool calls. */
function output(view: View): Said[] | undefined {
  const parts: SaidPart[] = []
  const reasoning = view.json('ai.response.reasoning') ?? view.json('ai.result.reasoning')
  if (typeof reasoning === 'string') parts.push(reasoningPart(reasoning, signatureOf(view)))
  else if (reasoning !== undefined) parts.push(...contentParts(reasoning))
  const text = view.text('ai.response.text', 'ai.result.text') ?? object(view)
  if (text !== undefined) parts.push(textPart(text))
  const calls = view.json('ai.response.toolCalls') ?? view.json('ai.result.toolCalls')
  for (const call of listOf(calls)) {
    if (isJsonObject(call)) parts.push(...contentParts({ ...call, type: 'tool-call' }))
  }
  return parts.length === 0 ? undefined : [{ role: 'assistant', parts }]
}

function object(view: View): string | undefined {
  const value = view.raw('ai.response.object') ?? view.raw('ai.result.object')
  return value === undefined ? undefined : textOf(value)
}

function signatureOf(view: View): string | undefined {
  const signature = at(view.object('ai.response.providerMetadata'), 'anthropic', 'signature')
  return typeof signature === 'string' ? signature : undefined
}

/** `resource.name` is set by the SDK only as the function's id; other libraries mean other things by it. */
function ownResourceName(view: View): string | undefined {
  return view.has('ai.operationId') ? view.text('resource.name') : undefined
}

function listOf(value: JsonValue | undefined): JsonValue[] {
  const parsed = typeof value === 'string' ? tryJson(value) : value
  return Array.isArray(parsed) ? parsed : []
}

function opened(value: JsonValue): JsonValue {
  return typeof value === 'string' ? (tryJson(value) ?? value) : value
}
