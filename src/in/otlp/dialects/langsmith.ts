/** LangSmith in OpenTelemetry mode (mapping, section 12.6). */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../domain/exact-json.ts'
import { messagesIn } from '../reading/messages.ts'
import { metadataOf } from '../reading/metadata.ts'
import { normaliseProvider } from '../reading/provider.ts'
import { finishInResponse, idInResponse, modelInResponse, usageInResponse } from '../reading/responses.ts'
import { joined } from '../reading/said.ts'
import { fillUsage, providerUsage, type Usage } from '../reading/usage.ts'
import { at, firstText } from '../reading/values.ts'
import type { View } from '../reading/view.ts'
import type { Dialect } from './dialect.ts'
import { genAi, named, toolRead } from './gen-ai.ts'

const METADATA = 'langsmith.metadata.'

export const langSmith: Dialect = {
  name: 'langsmith',
  namespaces: ['langsmith'],

  kind(view) {
    const kind = view.text('langsmith.span.kind')?.toLowerCase()
    if (kind === undefined) return undefined
    if (kind === 'llm') return 'call'
    if (kind === 'tool') return 'tool'
    return kind === 'embedding' ? 'ignore' : 'wrapper'
  },

  provider: (view) => normaliseProvider(view.text(`${METADATA}ls_provider`)),
  model: (view) => view.text(`${METADATA}ls_model_name`) ?? firstText(at(promptOf(view), 'model')),
  servedModel: (view) => modelInResponse(view.json('gen_ai.completion')),
  responseId: (view) => idInResponse(view.json('gen_ai.completion')),
  isStreaming: (view) => view.flag('langsmith.request.streaming'),

  // The exporter's own sums can hold cached tokens twice, so they come last (6.2).
  usage: (view) =>
    [genAi.usage?.(view), usageInResponse(view.json('gen_ai.completion')), exporterUsage(view)].reduce<Usage>(
      (known, next) => fillUsage(known, next ?? {}),
      {},
    ),
  finish(view) {
    const value = view.json('gen_ai.completion')
    return finishInResponse(value) ?? firstText(at(value, 'finishReason', 'unified'))
  },

  agent: (view) =>
    named(view.text(`${METADATA}agent_id`), view.text(`${METADATA}lc_agent_name`, `${METADATA}agent_name`)),
  rootName: (view) => view.text('langsmith.trace.name'),
  run: (view) => view.text('langsmith.trace.id', `${METADATA}run_id`),
  session: (view) =>
    view.text(
      `${METADATA}session_id`,
      `${METADATA}thread_id`,
      `${METADATA}conversation_id`,
      `${METADATA}sessionId`,
      `${METADATA}threadId`,
    ),
  user: (view) => view.text(`${METADATA}user_id`, `${METADATA}userId`),
  // The exporter renames the AI SDK's metadata, and these with it.
  tags: (view) => [...view.texts('langsmith.span.tags'), ...view.texts(`${METADATA}tags`)],
  metadata: (view) => metadataOf(view.under(METADATA)),

  input(view) {
    const value = promptOf(view)
    return value === undefined ? undefined : messagesIn(value, 'user')
  },
  output(view) {
    const value = completionOf(view)
    if (value === undefined) return undefined
    // A bare list of tool calls is an answer, too.
    if (Array.isArray(value) && value.every((each) => isToolCall(each))) {
      return messagesIn({ role: 'assistant', tool_calls: value }, 'assistant')
    }
    return joined(messagesIn(value, 'assistant'))
  },
  request: (view) => rest(promptOf(view)),

  tool(view) {
    const value = completionOf(view)
    const message = at(value, 'output', 'kwargs') ?? at(value, 'kwargs') ?? at(value, 'output') ?? value
    const id = firstText(at(message, 'tool_call_id'))
    return toolRead(id, view.name, at(message, 'content') ?? message, at(message, 'status') === 'error')
  },
}

/** What was called with several arguments, such as a request and its options, is a list of them. */
function promptOf(view: View): JsonValue | undefined {
  const value = view.json('gen_ai.prompt')
  const args = at(value, 'args')
  return Array.isArray(args) && isJsonObject(args[0]) ? args[0] : value
}

/** A run that failed has no output, which it writes in several ways. */
function completionOf(view: View): JsonValue | undefined {
  const value = view.json('gen_ai.completion')
  return view.source.statusCode === 2 && isJsonObject(value) && Object.values(value).every((each) => each === null)
    ? undefined
    : value
}

/** On a span of the AI SDK it is three zeros where nothing was reported. */
function exporterUsage(view: View): Usage | undefined {
  const usage = providerUsage(view.json('langsmith.usage_metadata'))
  const isMadeUp = view.has('ai.operationId') && Object.values(usage ?? {}).every((count) => count === 0)
  return isMadeUp ? undefined : usage
}

function isToolCall(value: unknown): boolean {
  return isJsonObject(value) && !('role' in value) && ('function' in value || 'toolName' in value)
}

const TOLD_ELSEWHERE: ReadonlySet<string> = new Set(['messages', 'input', 'model', 'prompt', 'stream'])

/** The request without what is told elsewhere. */
function rest(request: JsonValue | undefined): JsonObject | undefined {
  if (!isJsonObject(request)) return undefined
  return Object.fromEntries(Object.entries(request).filter(([key]) => !TOLD_ELSEWHERE.has(key)))
}
