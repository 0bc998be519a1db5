/** Mastra: GenAI names on the model's spans, `mastra.*` around them (mapping, sections 3, 9.1 and 12.8). */
import { isJsonObject, type JsonValue } from '../../../domain/exact-json.ts'
import { messagesIn } from '../reading/messages.ts'
import { metadataOf } from '../reading/metadata.ts'
import { contentParts } from '../reading/parts.ts'
import { textPart, type Said, type SaidPart } from '../reading/said.ts'
import { asObject, asText, at } from '../reading/values.ts'
import type { Dialect, SpanKind } from './dialect.ts'
import { millisAfterStart } from './langfuse.ts'
import { named } from './gen-ai.ts'

const KINDS: Readonly<Partial<Record<string, SpanKind>>> = {
  model_inference: 'call',
  // Older versions have nothing below it; newer ones have one inference for each round.
  model_generation: 'fallback',
  agent_run: 'agent',
  tool_call: 'tool',
  mcp_tool_call: 'tool',
  model_chunk: 'ignore',
}
const METADATA = 'mastra.metadata.'

export const mastra: Dialect = {
  name: 'mastra',
  namespaces: ['mastra'],

  kind(view) {
    const type = view.text('mastra.span.type')
    return type === undefined ? undefined : (KINDS[type] ?? 'wrapper')
  },

  isStreaming: (view) => view.flag('mastra.model_generation.streaming'),
  firstTokenMs: (view) => millisAfterStart(view, 'mastra.completion_start_time'),
  responseId: (view) => asText(at(view.object('mastra.metadata.body'), 'id')),

  // Of an agent's run that waits for a person.
  finish: (view) => (at(view.object('mastra.agent_run.output'), 'status') === 'suspended' ? 'interrupted' : undefined),

  agent: (view) => named(view.text(`${METADATA}agentId`), undefined),
  run: (view) => view.text(`${METADATA}runId`),
  session: (view) => view.text(`${METADATA}sessionId`, `${METADATA}threadId`),
  user: (view) => view.text(`${METADATA}userId`),
  tags: (view) => view.texts('mastra.tags'),
  metadata: (view) => metadataOf(view.under(METADATA).filter(([key]) => !INTERNAL.has(key))),

  input(view) {
    const step = view.json('mastra.model_step.input')
    if (step !== undefined) return messagesIn(Array.isArray(step) ? step.flatMap(withoutPlaceholders) : step, 'user')
    const value = view.json('mastra.model_generation.input')
    return value === undefined ? undefined : messagesIn(value, 'user')
  },
  output(view) {
    const value = view.json('mastra.model_step.output') ?? view.json('mastra.model_generation.output')
    return value === undefined ? undefined : answer(value)
  },
  // Of a tool that failed there is nothing else: the next request has a placeholder.
  tool(view) {
    const message = view.text('error.message')
    return message === undefined ? undefined : { result: message, isError: true }
  },
  lends: (view) => view.has('mastra.model_step.input') || view.has('mastra.model_generation.input'),
  isStepWrapper: (view) => view.text('mastra.span.type') === 'model_step',
}

/** Written by Mastra itself: the run, and the provider's whole answer with its headers. */
const INTERNAL: ReadonlySet<string> = new Set(['runId', 'body', 'headers', 'modelMetadata', 'threadId'])

/** Of calls and results a step's request holds their tools' names only; the spans of the tools tell them. */
function withoutPlaceholders(message: JsonValue): JsonValue[] {
  const content = asText(at(message, 'content'))
  if (!isJsonObject(message) || content === undefined) return [message]
  if (message.role === 'tool') return []
  const said = message.role === 'assistant' ? wordsOf(content) : content
  return said === '' ? [] : [{ ...message, content: said }]
}

const CALL = '[tool: '

/** The text without the placeholders of calls at its end. */
function wordsOf(content: string): string {
  let end = content.length
  for (;;) {
    const begin = content.lastIndexOf(CALL, end - 1)
    if (begin < 0 || content.indexOf(']', begin) !== end - 1) return content.slice(0, end)
    end = begin
  }
}

/** `{reasoning: [{payload: {text, providerMetadata}}], text, toolCalls}`. */
function answer(value: JsonValue): Said[] {
  if (typeof value === 'string') return messagesIn(value, 'assistant')
  const parts: SaidPart[] = []
  const reasoning = at(value, 'reasoning')
  for (const each of Array.isArray(reasoning) ? reasoning : []) {
    const payload = at(each, 'payload') ?? each
    parts.push(...contentParts({ ...asObject(payload), type: 'reasoning' }))
  }
  const text = asText(at(value, 'text'))
  if (text !== undefined) parts.push(textPart(text))
  const calls = at(value, 'toolCalls')
  for (const call of Array.isArray(calls) ? calls : []) {
    parts.push(...contentParts({ ...asObject(call), type: 'tool-call' }))
  }
  return [{ role: 'assistant', parts }]
}
