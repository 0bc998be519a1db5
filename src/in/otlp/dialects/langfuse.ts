/** Langfuse (mapping, sections 6.3 and 12.7). */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../domain/exact-json.ts'
import { returned } from '../reading/langchain.ts'
import { messagesIn } from '../reading/messages.ts'
import { metadataOf, metadataText } from '../reading/metadata.ts'
import { normaliseProvider } from '../reading/provider.ts'
import { joined, saidText, type Said } from '../reading/said.ts'
import { providerUsage, usageOf, type Usage } from '../reading/usage.ts'
import { asCount, asTexts, at, firstText } from '../reading/values.ts'
import type { View } from '../reading/view.ts'
import { readMessage, type Failure } from '../reading/errors.ts'
import type { Dialect } from './dialect.ts'
import { named, toolRead } from './gen-ai.ts'

const METADATA = 'langfuse.observation.metadata.'
const TRACE_METADATA = 'langfuse.trace.metadata.'

export const langfuse: Dialect = {
  name: 'langfuse',
  namespaces: ['langfuse'],

  kind(view) {
    const type = view.text('langfuse.observation.type')?.toLowerCase()
    if (type === undefined) return undefined
    if (type === 'generation' || (type === 'span' && isOldPythonGeneration(view))) {
      return NO_CHAT.test(view.text('langfuse.observation.model.name') ?? '') ? 'wrapper' : 'call'
    }
    if (type === 'agent' || type === 'tool') return type
    return type === 'embedding' || type === 'event' ? 'ignore' : 'wrapper'
  },

  provider: (view) => normaliseProvider(view.unquoted(`${METADATA}ls_provider`) ?? metadataIn(view, 'ls_provider')),
  // The model's own name is the served one after success (5.1), so what LangChain asked for comes first.
  model: (view) =>
    view.unquoted(`${METADATA}ls_model_name`) ??
    metadataIn(view, 'ls_model_name') ??
    firstText(at(parameters(view), 'model')) ??
    view.text('langfuse.observation.model.name'),
  servedModel: (view) =>
    view.text('langfuse.observation.level') === 'ERROR' ? undefined : view.text('langfuse.observation.model.name'),
  isStreaming(view) {
    const told = at(parameters(view), 'stream')
    if (typeof told === 'boolean') return told
    return view.has('langfuse.observation.completion_start_time') ? true : undefined
  },

  usage,
  firstTokenMs: (view) => millisAfterStart(view, 'langfuse.observation.completion_start_time'),

  failure(view): Failure | undefined {
    if (view.text('langfuse.observation.level')?.toUpperCase() !== 'ERROR') return undefined
    const message = view.text('langfuse.observation.status_message')
    return message === undefined ? {} : readMessage(message)
  },

  agent: (view) => named(undefined, view.unquoted(`${METADATA}lc_agent_name`) ?? metadataIn(view, 'lc_agent_name')),
  agentSpanName: (view) => view.name,
  rootName: (view) => view.text('langfuse.trace.name'),
  run: (view) => view.unquoted(`${METADATA}run_id`, `${TRACE_METADATA}run_id`),
  session: (view) =>
    view.unquoted(
      'langfuse.session.id',
      `${METADATA}langfuse_session_id`,
      `${METADATA}session_id`,
      `${METADATA}thread_id`,
      `${METADATA}conversation_id`,
    ),
  user: (view) => view.unquoted('langfuse.user.id', `${METADATA}langfuse_user_id`, `${METADATA}user_id`),
  tags: (view) => [
    ...view.texts('langfuse.trace.tags'),
    ...asTexts(view.raw(`${METADATA}tags`)),
    ...view.texts(`${METADATA}langfuse_tags`),
  ],
  metadata: (view) =>
    metadataOf([
      ...Object.entries(view.object('langfuse.observation.metadata') ?? {}),
      ...view.under(METADATA),
      ...view.under(TRACE_METADATA),
    ]),

  // Of the Responses API it keeps a part of the answer as metadata, the instructions among it.
  finish: (view) =>
    view.unquoted(`${METADATA}status`) === 'incomplete'
      ? firstText(at(view.json(`${METADATA}incomplete_details`), 'reason'))
      : undefined,
  system(view) {
    const isResponse = RESPONSES.test(view.unquoted(`${METADATA}status`) ?? '')
    const instructions = isResponse ? view.unquoted(`${METADATA}instructions`) : undefined
    return instructions === undefined ? undefined : [saidText('system', instructions)]
  },
  input(view) {
    const value = view.json('langfuse.observation.input')
    if (value === undefined) return undefined
    return messagesIn(Array.isArray(value) ? value.filter((each) => definition(each) === undefined) : value, 'user')
  },
  output(view) {
    const value = view.json('langfuse.observation.output')
    return value === undefined ? undefined : joined(answer(value))
  },
  request(view) {
    const request: JsonObject = {}
    for (const [key, value] of Object.entries(parameters(view) ?? {})) {
      if (key !== 'stream' && value !== '') request[key] = value
    }
    const input = view.json('langfuse.observation.input')
    const tools = Array.isArray(input) ? input.map(definition).filter((each) => each !== undefined) : at(input, 'tools')
    if (Array.isArray(tools) && tools.length > 0) request.tools = tools
    return request
  },

  tool(view) {
    const { id, result, isError } = returned(view.json('langfuse.observation.output'))
    return toolRead(id, view.name, result, isError)
  },
}

/** LangChain's callback for Python puts the definitions of tools behind the messages, as if tools had said them. */
function definition(message: JsonValue): JsonObject | undefined {
  const content = at(message, 'role') === 'tool' ? at(message, 'content') : undefined
  return isJsonObject(content) && content.type === 'function' && isJsonObject(content.function) ? content : undefined
}

/** Whatever is asked of a provider's client is a generation to it. What fine-tuned models are called is their owners' choice. */
const NO_CHAT = /^(?!ft:)(?:.*[-/.])?(?:embed|moderation|whisper|tts\b|rerank)/i
/** Of an answer of the Responses API. */
const RESPONSES = /^(?:completed|incomplete|failed|in_progress|cancelled|queued)$/

function parameters(view: View): JsonObject | undefined {
  return view.object('langfuse.observation.model.parameters')
}

function metadataIn(view: View, key: string): string | undefined {
  return metadataText(view.object('langfuse.observation.metadata'), key)
}

/** The Python SDK up to 3.3.0 marks generations as spans (12.7). */
function isOldPythonGeneration(view: View): boolean {
  const { scope, resource } = view.source
  if (scope.name !== 'langfuse-sdk' || resource['telemetry.sdk.language'] !== 'python') return false
  const [major = 9, minor = 0, patch = 0] = scope.version.split('.').map(Number)
  const isOld = major < 3 || (major === 3 && (minor < 3 || (minor === 3 && patch === 0)))
  return isOld && ['model.name', 'usage_details', 'cost_details'].some((key) => view.has(`langfuse.observation.${key}`))
}

/** A part of a prompt or an answer. */
const BUCKET = /^(?:input|output)_(?!tokens)/
const ANTHROPICS = ['cache_read_input_tokens', 'cache_creation_input_tokens']

/** Disjoint buckets: the prompt is `input` and every `input_*`, the completion `output` and every `output_*` (6.3). */
function usage(view: View): Usage | undefined {
  const details = view.object('langfuse.observation.usage_details')
  if (!details) return undefined
  const buckets = Object.keys(details).filter((key) => BUCKET.test(key) && asCount(details[key]) !== undefined)
  // LangChain's callback for Python hands the provider's own object on.
  const isProviders = 'prompt_tokens' in details || ('input_tokens' in details && buckets.length === 0)
  if (isProviders) return providerUsage(details)
  const count = (...keys: string[]) => keys.map((key) => asCount(details[key])).find((each) => each !== undefined)
  const sum = (side: string, ...more: string[]) => {
    const parts = Object.entries(details)
      .filter(([key]) => key === side || key.startsWith(`${side}_`) || more.includes(key))
      .map(([, value]) => asCount(value))
      .filter((each) => each !== undefined)
    return parts.length === 0 ? undefined : parts.reduce((a, b) => a + b)
  }
  return usageOf({
    prompt:
      sum('input', ...(buckets.some((key) => key.startsWith('input_cache')) ? [] : ANTHROPICS)) ??
      count('promptTokens'),
    completion: sum('output') ?? count('completionTokens'),
    total: count('total', 'total_tokens'),
    cached: count('input_cached_tokens', 'input_cache_read', 'input_cache_read_tokens', 'cache_read_input_tokens'),
    cacheWrite: count('input_cache_creation', 'input_cache_creation_tokens', 'cache_creation_input_tokens'),
    reasoning: count('output_reasoning_tokens', 'output_reasoning'),
  })
}

/** A message object, a list, or text; any other object is an answer as JSON. */
function answer(value: JsonValue): Said[] {
  return typeof value === 'string' ? [saidText('assistant', value)] : messagesIn(value, 'assistant')
}

/** Milliseconds from the span's start to an instant, which may be JSON text of an ISO text. */
export function millisAfterStart(view: View, key: string): number | undefined {
  const text = view.text(key)?.replaceAll('"', '')
  const instant = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(instant) ? undefined : Math.max(0, instant - Number(view.source.startNs / 1_000_000n))
}
