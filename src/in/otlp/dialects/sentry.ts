/** Sentry (mapping, section 12.8): GenAI names with value shapes of its own. */
import type { JsonValue } from '../../../domain/exact-json.ts'
import { messagesIn } from '../reading/messages.ts'
import { contentParts } from '../reading/parts.ts'
import { isThought, textPart, type Said, type SaidPart } from '../reading/said.ts'
import { usageOf } from '../reading/usage.ts'
import { at } from '../reading/values.ts'
import type { View } from '../reading/view.ts'
import type { Dialect, SpanKind } from './dialect.ts'

const KINDS: Readonly<Partial<Record<string, SpanKind>>> = {
  'gen_ai.chat': 'call',
  'gen_ai.responses': 'call',
  'gen_ai.messages': 'call',
  'gen_ai.generate_content': 'call',
  'gen_ai.text_completion': 'call',
  'gen_ai.invoke_agent': 'agent',
  'gen_ai.create_agent': 'agent',
  'gen_ai.execute_tool': 'tool',
  'gen_ai.embeddings': 'ignore',
}

export const sentry: Dialect = {
  name: 'sentry',
  namespaces: ['sentry'],

  kind(view) {
    const operation = view.text('sentry.op')
    if (operation === undefined || !operation.startsWith('gen_ai.')) return undefined
    return KINDS[operation] ?? 'wrapper'
  },

  usage: (view) =>
    usageOf({
      prompt: undefined,
      completion: undefined,
      total: undefined,
      cached: view.count('gen_ai.usage.input_tokens.cached'),
      cacheWrite: view.count('gen_ai.usage.input_tokens.cache_write'),
      reasoning: view.count('gen_ai.usage.output_tokens.reasoning'),
    }),

  // A streamed answer begins with a state that is no reason.
  finish: (view) => view.texts('gen_ai.response.finish_reasons').find((word) => word !== 'in_progress'),

  input(view) {
    const value = view.json('gen_ai.request.messages')
    return value === undefined ? undefined : messagesIn(value, 'user')
  },
  output: answer,
  request(view) {
    const tools = view.json('gen_ai.request.available_tools')
    return Array.isArray(tools) ? { tools } : undefined
  },
}

/** A text or a JSON list of texts, messages or blocks; tool calls in the provider's shape beside it. */
function answer(view: View): Said[] | undefined {
  const parts: SaidPart[] = []
  const text = view.json('gen_ai.response.text')
  const list = Array.isArray(text) ? text : text === undefined ? [] : [text]
  for (const each of list) {
    if (typeof each === 'string') parts.push(textPart(each))
    else parts.push(...messagesIn(each, 'assistant').flatMap((said) => said.parts))
  }
  const calls = view.json('gen_ai.response.tool_calls')
  if (calls !== undefined) parts.push(...callsIn(Array.isArray(calls) ? calls : [calls]))
  const inOrder = [...parts.filter(isThought), ...parts.filter((part) => !isThought(part))]
  return parts.length === 0 ? undefined : [{ role: 'assistant', parts: inOrder }]
}

/** Blocks of Anthropic and Gemini and calls of OpenAI alike. */
function callsIn(calls: readonly JsonValue[]): SaidPart[] {
  // Gemini's `{functionCall: {name, args}}`.
  const unwrapped = calls.map((call) => at(call, 'functionCall') ?? call).filter((call) => !isItem(call))
  const thoughts = calls.filter((call) => at(call, 'type') === 'reasoning').flatMap((call) => contentParts(call))
  return [
    ...thoughts,
    ...messagesIn({ role: 'assistant', content: null, tool_calls: unwrapped }, 'assistant').flatMap(
      (said) => said.parts,
    ),
  ]
}

/** Of a streamed answer of the Responses API all items stand there, its text among them. */
function isItem(call: JsonValue): boolean {
  const type = at(call, 'type')
  return type === 'reasoning' || type === 'message'
}
