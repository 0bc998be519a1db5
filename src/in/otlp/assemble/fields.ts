/** A planned step's columns: everything that needs no contents (mapping, sections 5 to 8 and 10). */
import type { JsonObject } from '../../../domain/exact-json.ts'
import { isOpaqueId } from '../../../domain/id.ts'
import type { StepInput } from '../../../domain/step.ts'
import { formatMicros } from '../../../domain/time.ts'
import type { CallFacts } from '../facts.ts'
import { microsOf } from './forest.ts'
import { metricsOf } from './metrics.ts'
import { opaque, tagged } from './names.ts'
import { outcomeOf } from './outcome.ts'
import type { StepPlan } from './plan.ts'
import { toolCallsIn } from './voices.ts'
import type { Who } from './who.ts'

export function fieldsOf(plan: StepPlan, who: Who, facts: CallFacts): StepInput {
  const { call, voices, tools, isLast, isInterrupted, runId } = plan
  const { context } = call.primary
  const calls = toolCallsIn(voices)
  const hasContent = calls.length > 0 || voices.output.length > 0
  return {
    created_at: formatMicros(microsOf(context.startNs)),
    agent_id: opaque(who.agent?.id ?? who.agent?.name),
    run_id: runId,
    trace_id: context.traceId,
    request_id: plainText(facts.responseId ?? facts.requestId),
    ...modelFields(facts),
    ...(call.isPending ? {} : usageFields(facts)),
    ...outcomeOf(call, { calls, hasContent, tools, isLast, isInterrupted }),
    tags: tagged(who),
    metrics: metricsOf(call, tools),
  }
}

/** What is known of the call, and what a record announced for the whole session. */
export function factsOf({ call, sessionWide }: StepPlan): CallFacts {
  const { provider, contextWindow } = sessionWide
  if (provider === undefined && contextWindow === undefined) return call.facts
  return {
    ...(provider !== undefined && { provider }),
    ...(contextWindow !== undefined && { contextWindow }),
    ...call.facts,
  }
}

/** Text as a column can hold it. */
function plainText(text: string | undefined): string | null {
  return text === undefined || text === '' ? null : text.replaceAll('\0', '').toWellFormed()
}

function modelFields(facts: CallFacts): StepInput {
  const model = opaque(facts.model)
  const provider = opaque(facts.provider)
  const handle = model === null || provider === null ? null : `${provider}/${model}`
  return {
    origin: plainText(facts.scope),
    provider_name: provider,
    model,
    model_handle: handle !== null && isOpaqueId(handle) ? handle : null,
    model_endpoint: plainText(facts.endpoint),
    context_window_limit: facts.contextWindow ?? null,
  }
}

/** The details columns in the provider's own words (section 5.3). */
function usageFields(facts: CallFacts): StepInput {
  const usage = facts.usage ?? {}
  const { cached, cacheWrite, reasoning } = usage
  const isAnthropic = facts.provider === 'anthropic' || /claude/i.test(facts.model ?? '')
  const prompt: JsonObject = { ...facts.modalities?.prompt }
  if (cached !== undefined) prompt[isAnthropic ? 'cache_read_tokens' : 'cached_tokens'] = cached
  if (cacheWrite !== undefined) prompt.cache_creation_tokens = cacheWrite
  const completion: JsonObject = { ...facts.modalities?.completion }
  if (reasoning !== undefined) completion.reasoning_tokens = reasoning
  return {
    prompt_tokens: usage.prompt ?? null,
    completion_tokens: usage.completion ?? null,
    total_tokens: usage.total ?? null,
    cached_input_tokens: cached ?? null,
    cache_write_tokens: cacheWrite ?? null,
    reasoning_tokens: reasoning ?? null,
    prompt_tokens_details: Object.keys(prompt).length > 0 ? prompt : null,
    completion_tokens_details: Object.keys(completion).length > 0 ? completion : null,
  }
}
