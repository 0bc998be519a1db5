/**
 * Logfire's instrumentations of the OpenAI and Anthropic SDKs: the convention's attributes, in older versions only the bodies
 * of request and answer. A streamed answer is told by a record of its own, beside the request's span.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../domain/exact-json.ts'
import { messagesIn } from '../reading/messages.ts'
import { saidText } from '../reading/said.ts'
import { providerUsage, usageOf, type Usage } from '../reading/usage.ts'
import { asObject, asText, at, firstText } from '../reading/values.ts'
import type { View } from '../reading/view.ts'
import type { Dialect } from './dialect.ts'

const SCOPE = /^logfire\.(?<provider>openai|anthropic)$/

export const logfire: Dialect = {
  name: 'logfire',
  namespaces: ['scope:logfire.openai', 'scope:logfire.anthropic', 'scope:logfire.openai_agents'],

  kind(view) {
    if (view.has('gen_ai.operation.name')) return undefined
    const { name } = view.source.scope
    // A failed call of the Agents SDK has neither operation nor usage.
    if (name === 'logfire.openai_agents') return view.has('gen_ai.request.model') ? 'call' : undefined
    if (!SCOPE.test(name) || request(view) === undefined) return undefined
    return /^(?:Embedding|Image)/.test(view.name) ? 'ignore' : 'call'
  },

  provider: (view) => SCOPE.exec(view.source.scope.name)?.groups?.provider,
  model: (view) => firstText(at(request(view), 'model')),
  usage: (view) => providerUsage(at(answer(view), 'usage')) ?? detailsOf(view),
  tailMs(view) {
    const seconds = view.name.startsWith('streaming response from') ? view.number('duration') : undefined
    return seconds === undefined || view.text('logfire.span_type') !== 'log' ? undefined : seconds * 1000
  },

  input(view) {
    const body = request(view)
    return body && (body.messages ?? body.input) !== undefined ? messagesIn(body, 'user') : undefined
  },
  output(view) {
    const body = answer(view)
    const text = asText(body?.combined_chunk_content)
    if (text !== undefined) return [saidText('assistant', text)]
    return isJsonObject(body?.message) ? messagesIn(withArguments(body.message), 'assistant') : undefined
  },
}

function request(view: View): JsonObject | undefined {
  return view.object('request_data')
}

function answer(view: View): JsonObject | undefined {
  return view.object('response_data')
}

/** The provider's own counts; its prompt may lack the cached parts that the convention's attribute holds. */
function detailsOf(view: View): Usage | undefined {
  const { cached, cacheWrite, reasoning } = providerUsage(view.json('gen_ai.usage.raw')) ?? {}
  return usageOf({ prompt: undefined, completion: undefined, total: undefined, cached, cacheWrite, reasoning })
}

/** Anthropic's arguments are told as those of a function with one parameter, `input`. */
function withArguments(message: JsonObject): JsonObject {
  if (!Array.isArray(message.tool_calls)) return message
  return { ...message, tool_calls: message.tool_calls.map(withoutInput) }
}

function withoutInput(call: JsonValue): JsonValue {
  const told = asObject(at(call, 'function', 'arguments'))
  const inner = told && Object.keys(told).length === 1 ? told.input : undefined
  if (!isJsonObject(call) || !isJsonObject(call.function) || !isJsonObject(inner)) return call
  return { ...call, function: { ...call.function, arguments: inner } }
}
