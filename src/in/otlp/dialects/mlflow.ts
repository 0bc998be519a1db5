/** MLflow (mapping, section 12.8): every value is JSON text, so names may carry quotes. */
import { messagesIn } from '../reading/messages.ts'
import { metadataOf } from '../reading/metadata.ts'
import { normaliseProvider } from '../reading/provider.ts'
import { finishInResponse, idInResponse, modelInResponse, usageInResponse } from '../reading/responses.ts'
import { joined } from '../reading/said.ts'
import { fillUsage, providerUsage } from '../reading/usage.ts'
import { asText, at, firstText } from '../reading/values.ts'
import type { View } from '../reading/view.ts'
import type { Dialect } from './dialect.ts'
import { toolRead } from './gen-ai.ts'

export const mlflow: Dialect = {
  name: 'mlflow',
  namespaces: ['mlflow'],

  kind(view) {
    const type = plain(view, 'mlflow.spanType')?.toUpperCase()
    if (type === undefined) return undefined
    if (type === 'CHAT_MODEL' || type === 'LLM') return 'call'
    if (type === 'AGENT') return 'agent'
    if (type === 'TOOL') return 'tool'
    return type === 'EMBEDDING' || type === 'RERANKER' ? 'ignore' : 'wrapper'
  },

  provider: (view) => normaliseProvider(plain(view, 'mlflow.llm.provider')),
  model: (view) => firstText(at(view.json('mlflow.spanInputs'), 'model')) ?? plain(view, 'mlflow.llm.model'),
  servedModel: (view) => modelInResponse(view.json('mlflow.spanOutputs')),
  responseId: (view) => idInResponse(view.json('mlflow.spanOutputs')),
  usage: (view) =>
    fillUsage(
      providerUsage(view.json('mlflow.chat.tokenUsage')) ?? {},
      usageInResponse(view.json('mlflow.spanOutputs')) ?? {},
    ),
  finish: (view) => finishInResponse(view.json('mlflow.spanOutputs')),

  agentSpanName: (view) => view.name,
  session: (view) => plain(view, 'mlflow.trace.session'),
  user: (view) => plain(view, 'mlflow.trace.user'),
  metadata: (view) => metadataOf(view.under('mlflow.trace.tag.')),

  input(view) {
    const value = view.json('mlflow.spanInputs')
    return value === undefined ? undefined : messagesIn(value, 'user')
  },
  output(view) {
    const value = view.json('mlflow.spanOutputs')
    return value === undefined ? undefined : joined(messagesIn(value, 'assistant'))
  },
  request: (view) => {
    const tools = view.json('mlflow.chat.tools') ?? at(view.json('mlflow.spanInputs'), 'tools')
    return Array.isArray(tools) ? { tools } : undefined
  },

  tool: (view) => toolRead(undefined, view.name, view.json('mlflow.spanOutputs')),
}

/** A text without the quotes of its JSON. */
function plain(view: View, key: string): string | undefined {
  return asText(view.json(key))
}
