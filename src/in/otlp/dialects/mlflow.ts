/** MLflow (mapping, section 12.8): every value is JSON text, so names may carry quotes. */
import { streamedIn, type Streamed } from '../reading/chunks.ts'
import { returned } from '../reading/langchain.ts'
import { messagesIn } from '../reading/messages.ts'
import { metadataOf } from '../reading/metadata.ts'
import { normaliseProvider } from '../reading/provider.ts'
import { finishInResponse, idInResponse, modelInResponse, usageInResponse } from '../reading/responses.ts'
import { joined } from '../reading/said.ts'
import { fillUsage, usageOf, type Usage } from '../reading/usage.ts'
import { asCount, at, firstText, tryJson } from '../reading/values.ts'
import type { View } from '../reading/view.ts'
import type { Dialect } from './dialect.ts'
import { toolRead } from './gen-ai.ts'

export const mlflow: Dialect = {
  name: 'mlflow',
  namespaces: ['mlflow'],

  kind(view) {
    const type = view.unquoted('mlflow.spanType')?.toUpperCase()
    if (type === undefined) return undefined
    if (type === 'CHAT_MODEL' || type === 'LLM') return 'call'
    if (type === 'AGENT') return 'agent'
    if (type === 'TOOL') return 'tool'
    return type === 'EMBEDDING' || type === 'RERANKER' ? 'ignore' : 'wrapper'
  },

  provider: (view) => normaliseProvider(view.unquoted('mlflow.llm.provider')),
  model: (view) => firstText(at(view.json('mlflow.spanInputs'), 'model')) ?? view.unquoted('mlflow.llm.model'),
  servedModel: (view) => modelInResponse(view.json('mlflow.spanOutputs')),
  responseId: (view) => idInResponse(view.json('mlflow.spanOutputs')),
  // The answer's own counts come first: older versions repeat Anthropic's without the cached parts.
  usage: (view) => fillUsage(usageInResponse(view.json('mlflow.spanOutputs')) ?? {}, tokenUsage(view)),
  finish: (view) => streamed(view)?.finish ?? finishInResponse(view.json('mlflow.spanOutputs')),

  endedWell: (view) => view.isOk,

  agentSpanName: (view) => view.name,
  session: (view) => view.unquoted('mlflow.trace.session'),
  user: (view) => view.unquoted('mlflow.trace.user'),
  metadata: (view) => metadataOf(view.under('mlflow.trace.tag.')),

  input(view) {
    const value = view.json('mlflow.spanInputs')
    return value === undefined ? undefined : messagesIn(value, 'user')
  },
  output(view) {
    const value = view.json('mlflow.spanOutputs')
    const said = value === undefined ? [] : joined(messagesIn(value, 'assistant'))
    // What it puts together of a streamed answer is its text only.
    const calls = streamed(view)?.calls ?? []
    if (calls.length > 0) said.push(...messagesIn({ role: 'assistant', tool_calls: [...calls] }, 'assistant'))
    return said.length === 0 ? undefined : joined(said)
  },
  request: (view) => {
    const tools = view.json('mlflow.chat.tools') ?? at(view.json('mlflow.spanInputs'), 'tools')
    return Array.isArray(tools) ? { tools } : undefined
  },

  tool(view) {
    const { id, result, isError } = returned(view.json('mlflow.spanOutputs'))
    return toolRead(id, view.name, result, isError)
  },
}

const CHUNK = 'mlflow.chunk.value'

/** An answer that was streamed, each chunk an event. */
function streamed(view: View): Streamed | undefined {
  const chunks = view.source.events
    .map(({ attributes }) => attributes[CHUNK])
    .filter((each) => typeof each === 'string')
  return chunks.length === 0 ? undefined : streamedIn(chunks.map((chunk) => tryJson(chunk) ?? null))
}

/** Named like Anthropic's counts, but the input holds the cached parts. */
function tokenUsage(view: View): Usage {
  const told = view.object('mlflow.chat.tokenUsage')
  const count = (name: string) => asCount(at(told, name))
  return usageOf({
    prompt: count('input_tokens'),
    completion: count('output_tokens'),
    total: count('total_tokens'),
    cached: count('cache_read_input_tokens'),
    cacheWrite: count('cache_creation_input_tokens'),
    reasoning: undefined,
  })
}
