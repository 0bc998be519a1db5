/** OpenInference (Arize): everything flattened into attribute names, raw JSON beside it (mapping, section 12.3). */
import type { JsonObject } from '../../../domain/exact-json.ts'
import { finishOf } from '../reading/finish.ts'
import { returned } from '../reading/langchain.ts'
import { metadataOf, metadataText } from '../reading/metadata.ts'
import { normaliseProvider } from '../reading/provider.ts'
import { finishInResponse, idInResponse, modelInResponse, usageInResponse } from '../reading/responses.ts'
import { usageOf, type Usage } from '../reading/usage.ts'
import { asCount, asTexts, at, firstText } from '../reading/values.ts'
import type { View } from '../reading/view.ts'
import type { Dialect, SpanKind } from './dialect.ts'
import { named, toolRead } from './gen-ai.ts'
import { inputOf, outputOf, toolsOf } from './openinference-messages.ts'

const KINDS: Readonly<Partial<Record<string, SpanKind>>> = {
  LLM: 'call',
  AGENT: 'agent',
  TOOL: 'tool',
  EMBEDDING: 'ignore',
}

export const openInference: Dialect = {
  name: 'openinference',
  namespaces: ['openinference', 'llm', 'input', 'output', 'metadata', 'tag', 'agent', 'graph', 'tool'],

  kind(view) {
    const kind = view.text('openinference.span.kind')
    // LlamaIndex's preparation of a request is called a model, too.
    if (kind !== undefined && view.name.endsWith('._prepare_chat_with_tools')) return 'wrapper'
    return kind === undefined ? undefined : (KINDS[kind.toUpperCase()] ?? 'wrapper')
  },

  provider: (view) =>
    normaliseProvider(view.text('llm.provider')) ??
    normaliseProvider(view.text('llm.system')) ??
    normaliseProvider(metadataText(view.object('metadata'), 'ls_provider')),
  model: (view) =>
    view.text('llm.request.model_name') ??
    firstText(
      at(view.object('llm.invocation_parameters'), 'model'),
      at(view.object('llm.invocation_parameters'), 'model_name'),
      at(view.object('llm.invocation_parameters'), 'modelId'),
    ) ??
    metadataText(view.object('metadata'), 'ls_model_name') ??
    // Its own request, where the flattened form does not say it.
    firstText(at(inputValue(view), 'model')) ??
    view.text('llm.model_name'),
  servedModel: (view) => view.text('llm.response.model_name') ?? modelInResponse(outputValue(view)) ?? servedName(view),
  endpoint: (view) => view.text('llm.openai.api_base'),
  responseId: (view) => idInResponse(outputValue(view)),
  isStreaming(view) {
    const told = at(view.object('llm.invocation_parameters'), 'stream')
    return typeof told === 'boolean' ? told : undefined
  },

  usage(view) {
    const own = counted({
      prompt: view.count('llm.token_count.prompt'),
      completion: view.count('llm.token_count.completion'),
      total: view.count('llm.token_count.total'),
      cached: view.count('llm.token_count.prompt_details.cache_read'),
      cacheWrite: view.count('llm.token_count.prompt_details.cache_write'),
      reasoning: view.count('llm.token_count.completion_details.reasoning'),
    })
    const raw = usageInResponse(outputValue(view))
    if (raw === undefined) return own
    // Counts of one source belong together: the raw ones only fill what the flattened ones leave open.
    return own.prompt === undefined && own.completion === undefined ? { ...raw, ...own } : { ...detailsOf(raw), ...own }
  },

  // Bedrock's own counts, with the cached parts in the sum only.
  countsApart(view) {
    const count = (name: string) => view.count(`llm.token_count.${name}`)
    const [prompt, completion, total] = [count('prompt'), count('completion'), count('total')]
    const usage = at(outputValue(view), 'usage')
    const cache = (asCount(at(usage, 'cacheReadInputTokens')) ?? 0) + (asCount(at(usage, 'cacheWriteInputTokens')) ?? 0)
    return cache > 0 && prompt !== undefined && completion !== undefined && total === prompt + completion + cache
  },

  finish: (view) => {
    const told = view.text('llm.finish_reason')
    const raw = finishInResponse(outputValue(view))
    // The raw answer is the provider's own word (7.2).
    return raw !== undefined && raw !== 'completed' ? raw : (told ?? raw)
  },

  // On the AI SDK's spans OpenInference's processor writes OK wherever nothing stands, and after the trace's first error that error.
  endedWell: (view) => view.isOk && !isOfAiSdk(view),
  borrowsStatus: (view) =>
    isOfAiSdk(view) &&
    view.has('gen_ai.response.id') &&
    finishOf(view.text('llm.finish_reason') ?? 'error') !== 'error',

  agent: (view) => named(undefined, view.text('agent.name') ?? metadataText(view.object('metadata'), 'lc_agent_name')),
  agentSpanName: (view) =>
    view.text('agent.name', 'graph.node.id', 'graph.node.name') ??
    // Smolagents' spans are named after the agent and its method.
    (isOfAiSdk(view) ? undefined : view.name.replace(/\.run$/, '')),
  run: (view) => metadataText(view.object('metadata'), 'run_id'),
  session: (view) => metadataText(view.object('metadata'), 'session_id', 'thread_id', 'conversation_id'),
  user: (view) => metadataText(view.object('metadata'), 'user_id', 'userId'),
  tags: (view) => [...view.texts('tag.tags'), ...asTexts(at(view.object('metadata'), 'tags'))],
  metadata: (view) => metadataOf([...Object.entries(view.object('metadata') ?? {}), ...view.under('metadata.')]),

  input: inputOf,
  output: outputOf,
  request(view) {
    const request: JsonObject = {}
    for (const [key, value] of Object.entries(view.object('llm.invocation_parameters') ?? {})) {
      if (key !== 'model' && key !== 'stream' && key !== 'messages' && key !== 'input') request[key] = value
    }
    const tools = toolsOf(view)
    if (tools.length > 0) request.tools = tools
    return request
  },

  tool(view) {
    const value = view.json('output.value')
    const { id, name, result, isError } = returned(value)
    const told = result === value ? (at(value, 'output') ?? value) : result
    return toolRead(
      view.text('tool_call.id', 'tool.id') ?? id,
      view.text('tool.name') ?? name ?? view.name,
      told,
      isError,
    )
  },
}

/** Zeros are what some of its instrumentations put where nobody counted. */
function counted(counts: Parameters<typeof usageOf>[0]): Usage {
  return counts.prompt === 0 && counts.completion === 0 ? {} : usageOf(counts)
}

/** Spans that the AI SDK made, and OpenInference only wrote on. */
function isOfAiSdk(view: View): boolean {
  const { name } = view.source.scope
  return name === 'ai' || name === 'gen_ai' || view.has('ai.operationId')
}

function outputValue(view: View): JsonObject | undefined {
  return view.text('output.mime_type') === 'text/plain' ? undefined : view.object('output.value')
}

function inputValue(view: View): JsonObject | undefined {
  return view.text('input.mime_type') === 'text/plain' ? undefined : view.object('input.value')
}

/** `llm.model_name` is the served model after success, the requested one for failures (5.1). */
function servedName(view: View): string | undefined {
  const name = view.text('llm.model_name')
  const requested = firstText(at(view.object('llm.invocation_parameters'), 'model'))
  return name !== undefined && name !== requested ? name : undefined
}

function detailsOf(usage: ReturnType<typeof usageInResponse>): {
  cached?: number
  cacheWrite?: number
  reasoning?: number
} {
  const { cached, cacheWrite, reasoning } = usage ?? {}
  return {
    ...(cached === undefined ? {} : { cached }),
    ...(cacheWrite === undefined ? {} : { cacheWrite }),
    ...(reasoning === undefined ? {} : { reasoning }),
  }
}
