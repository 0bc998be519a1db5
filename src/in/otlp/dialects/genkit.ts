/** Genkit (mapping, section 12.8): the same call shows on `generate` wrappers, only the subtype `model` counts. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../domain/exact-json.ts'
import { messagesIn } from '../reading/messages.ts'
import { metadataOf } from '../reading/metadata.ts'
import { inferProvider, normaliseProvider } from '../reading/provider.ts'
import { idInResponse, modelInResponse, usageInResponse } from '../reading/responses.ts'
import { providerUsage, usageOf } from '../reading/usage.ts'
import { asCount, at, firstText } from '../reading/values.ts'
import type { View } from '../reading/view.ts'
import type { Dialect } from './dialect.ts'
import { toolRead } from './gen-ai.ts'

export const genkit: Dialect = {
  name: 'genkit',
  namespaces: ['genkit'],

  kind(view) {
    const subtype = view.text('genkit:metadata:subtype')
    if (subtype === undefined) {
      const type = view.text('genkit:type')
      return type === undefined ? undefined : 'wrapper'
    }
    if (subtype === 'model' || subtype === 'background-model') return 'call'
    if (subtype.startsWith('tool')) return 'tool'
    return subtype === 'embedder' || subtype === 'retriever' || subtype === 'evaluator' ? 'ignore' : 'wrapper'
  },

  // `googleai/gemini-2.5-flash`: the plugin, which mostly is the provider's name, and the model.
  provider(view) {
    const [plugin, model] = nameParts(view)
    return plugin === undefined ? undefined : (inferProvider(model) ?? normaliseProvider(PLUGINS[plugin] ?? plugin))
  },
  model: (view) => nameParts(view)[1],
  servedModel: (view) => fromProvider(view, modelInResponse),
  responseId: (view) => fromProvider(view, idInResponse),

  usage(view) {
    const usage = at(output(view), 'usage')
    const own = providerUsage(usage)
    const count = (key: string) => asCount(at(usage, key))
    const thoughts = count('thoughtsTokens')
    const [prompt, answered, total] = [count('inputTokens'), count('outputTokens'), count('totalTokens')]
    // Gemini's answer is counted without its thoughts; the total holds both.
    const misses =
      thoughts !== undefined && prompt !== undefined && answered !== undefined && total === prompt + answered + thoughts
    const provider = fromProvider(view, usageInResponse)
    return usageOf({
      prompt,
      completion: misses ? answered + thoughts : answered,
      total,
      // Plugins leave out what their provider has no field for.
      cached: count('cachedContentTokens') ?? own?.cached ?? provider?.cached,
      cacheWrite: own?.cacheWrite ?? provider?.cacheWrite,
      reasoning: thoughts ?? own?.reasoning ?? provider?.reasoning,
    })
  },

  finish: (view) => firstText(at(output(view), 'finishReason'), at(output(view), 'candidates', 0, 'finishReason')),
  failure: (view) => (view.text('genkit:state') === 'error' ? {} : undefined),

  session: (view) => view.text('genkit:sessionId', 'genkit:metadata:sessionId'),
  metadata: (view) => metadataOf(view.under('genkit:metadata:context:')),

  input(view) {
    const value = view.object('genkit:input')
    return value === undefined ? undefined : messagesIn(value, 'user')
  },
  output(view) {
    const value = output(view)
    const message = at(value, 'message') ?? at(value, 'candidates', 0, 'message')
    return message === undefined ? undefined : messagesIn(message, 'assistant')
  },
  request(view) {
    const input = view.object('genkit:input')
    const request: JsonObject = {}
    for (const key of ['config', 'tools', 'output', 'toolChoice', 'docs'] as const) {
      const value = input?.[key]
      if (value !== undefined && !(Array.isArray(value) && value.length === 0)) request[key] = value
    }
    return request
  },

  tool: (view) => toolRead(undefined, view.text('genkit:name') ?? view.name, view.json('genkit:output')),
}

const PLUGINS: Readonly<Partial<Record<string, string>>> = { googleai: 'google_ai', vertexai: 'google_vertex' }

/** What the provider's own answer says, which plugins put in one of two places. */
function fromProvider<T>(view: View, read: (response: JsonValue | undefined) => T | undefined): T | undefined {
  return read(at(output(view), 'raw')) ?? read(at(output(view), 'custom'))
}

function output(view: View): JsonObject | undefined {
  const value = view.object('genkit:output')
  return isJsonObject(value) ? value : undefined
}

function nameParts(view: View): [string | undefined, string | undefined] {
  const name = view.text('genkit:name')
  if (name === undefined) return [undefined, undefined]
  const slash = name.indexOf('/')
  return slash < 0 ? [undefined, name] : [name.slice(0, slash), name.slice(slash + 1)]
}
