/**
 * From the facts of one group to its steps, without their contents: what each step says, and whose contents it shows.
 * A pure function of the set of facts: order, repetition and division of what arrived change nothing.
 */
import { derivedId4, isOpaqueId } from '../../../domain/id.ts'
import type { JsonObject } from '../../../domain/exact-json.ts'
import type { StepInput } from '../../../domain/step.ts'
import { formatMicros } from '../../../domain/time.ts'
import type { CallFacts, Context } from '../facts.ts'
import { fingerprint } from '../reading/keys.ts'
import { arrange } from './arrange.ts'
import { callsIn, type Call } from './calls.ts'
import { compareNs, microsOf, plant, type Node } from './forest.ts'
import { History } from './history.ts'
import { metricsOf } from './metrics.ts'
import { opaque, runIdOf, tagged } from './names.ts'
import { outcomeOf } from './outcome.ts'
import { telemetryOf } from './telemetry.ts'
import { toolsOf, type Answered } from './tools.ts'
import { keysIn, lendersOf, toolCallsIn, voicesOf, type Voices } from './voices.ts'
import { whoOf, type Who } from './who.ts'

/** A step but for its contents. */
export interface StepPlan {
  readonly id: string
  /** Steps that this one takes the place of, in case they were written. */
  readonly folded: readonly string[]
  /** Equal for equal steps: what was written with the same one need not be written again. */
  readonly fingerprint: string
  /** The contexts whose contents {@link render} asks for. */
  readonly needs: readonly Context[]
  readonly fields: StepInput
  readonly voices: Voices
  /** Spans and records that tell of the call, the best of them first. */
  readonly tellers: readonly Node[]
  /** For each message of system and input, whether the run did not hold it yet. */
  readonly isNew: readonly boolean[]
  /** The system instructions stand in the messages already. */
  readonly hasOwnSystem: boolean
  readonly tools: readonly Answered[]
  readonly facts: CallFacts
  readonly telemetry: JsonObject
  readonly startNs: string
  readonly endNs: string
}

/** @param tenant whose steps they are: the same span of two tenants is two steps (section 11.1) */
export function plan(contexts: readonly Context[], tenant: string): StepPlan[] {
  const forest = plant(contexts)
  const calls = callsIn(forest)
  const lenders = lendersOf(calls)
  const voices = new Map(calls.map((call) => [call, voicesOf(call, lenders.get(call))]))
  const asked = (call: Call) => {
    const told = voices.get(call) as Voices
    return told.output.length + told.calls.length > 0 ? toolCallsIn(told) : null
  }
  const tools = toolsOf(forest, calls, asked)
  const whole = sessionWide(forest.nodes)
  const drafts = calls.map((call): Draft => {
    const who = whoOf(call)
    return {
      call,
      who,
      voices: voices.get(call) as Voices,
      tools: tools.get(call) ?? [],
      runId: runIdOf(who.run, call.primary.context.traceId),
    }
  })
  hearPrompts(forest.nodes, drafts)
  const last = new Map(drafts.map((draft) => [draft.runId, draft]))
  const histories = new Map<string | null, History>()
  return drafts.map((draft) => {
    const history = histories.get(draft.runId) ?? new History()
    histories.set(draft.runId, history)
    return planOne(draft, { tenant, history, isLast: last.get(draft.runId) === draft, whole })
  })
}

/** What a person typed, told by a record of its own, is heard by the first call after it whose request nobody told. */
function hearPrompts(nodes: readonly Node[], drafts: readonly Draft[]): void {
  for (const note of nodes) {
    const { kind, said, run, startNs } = note.context
    if (kind !== 'note' || said?.input === undefined) continue
    const draft = drafts.find(
      ({ call, who }) =>
        compareNs(call.primary.context.startNs, startNs) >= 0 && (run === undefined || run === who.run),
    )
    if (draft && draft.voices.input.every((node) => node.context.kind === 'note')) {
      draft.voices = { ...draft.voices, input: [...draft.voices.input, note] }
    }
  }
}

interface Draft {
  readonly call: Call
  readonly who: Who
  voices: Voices
  readonly tools: readonly Answered[]
  readonly runId: string | null
}

interface Surroundings {
  readonly tenant: string
  readonly history: History
  readonly isLast: boolean
  readonly whole: NonNullable<Context['sessionWide']>
}

function planOne(
  { call, who, voices: told, tools, runId }: Draft,
  { tenant, history, isLast, whole }: Surroundings,
): StepPlan {
  const { primary } = call
  const { context } = primary
  const voices = { ...told, input: arrange(told.input, history) }
  const system = keysIn(voices.system, 'system')
  const input = keysIn(voices.input, 'input')
  const hasOwnSystem = system.length > 0 && system.every((key) => input.includes(key))
  const request = hasOwnSystem ? input : [...system, ...input]
  const isNew = history.isNew(request)
  const answer = keysIn(voices.output, 'output')
  const results = tools.map(({ node }) => node.context.tool?.resultKey).filter((key) => key !== undefined)
  history.add(request, answer, results)
  const calls = toolCallsIn(voices)
  const hasContent = answer.length > 0 || calls.length > 0
  const outcome = outcomeOf(call, { calls, hasContent, tools, isLast })
  const facts: CallFacts = {
    ...call.facts,
    ...(call.facts.provider === undefined && whole.provider !== undefined && { provider: whole.provider }),
    ...(call.facts.contextWindow === undefined &&
      whole.contextWindow !== undefined && { contextWindow: whole.contextWindow }),
  }
  const id = idOf(primary.context, tenant)
  const fields: StepInput = {
    id,
    created_at: formatMicros(microsOf(context.startNs)),
    agent_id: opaque(who.agent?.id ?? who.agent?.name),
    run_id: runId,
    trace_id: context.traceId,
    request_id: facts.responseId ?? facts.requestId ?? null,
    ...modelFields(facts),
    ...(call.isPending ? {} : usageFields(facts)),
    ...outcome,
    tags: tagged(who),
    metrics: metricsOf(call, tools),
  }
  const shown = [...new Set([...tellers(call), ...allOf(voices), ...tools.map(({ node }) => node)])]
  const telemetry = telemetryOf(call, who, facts)
  const planned = {
    id,
    folded: [...call.inner, ...call.replaced].map((node) => idOf(node.context, tenant)),
    fields,
    isNew,
    hasOwnSystem,
    tools,
    facts,
    telemetry,
    startNs: context.startNs,
    endNs: context.endNs,
  }
  const seen = [fields, telemetry, planned.folded, isNew, request, tools.map(({ node, callId }) => [node.key, callId])]
  return {
    ...planned,
    voices,
    tellers: tellers(call),
    needs: shown.flatMap((node) => node.versions),
    fingerprint: fingerprint(`${JSON.stringify(seen)}${versionsIn(shown)}`),
  }
}

/** Which versions of which spans and records are shown; not where in its request each stood, which nobody is shown. */
function versionsIn(nodes: readonly Node[]): string {
  const found = nodes.map(({ key, versions }) => {
    const [first] = versions
    const only = `${key} ${first?.weight} ${first?.endNs}`
    if (versions.length === 1) return only
    const texts = new Set(versions.map((version) => JSON.stringify({ ...version, order: undefined })))
    return texts.size === 1 ? only : `${key} ${[...texts].join(' ')}`
  })
  return found.sort().join('\n')
}

/** Spans and records by trace and span; records of agents that only log by their own identity (sections 11.2 and 13). */
function idOf(context: Context, tenant: string): string {
  const { traceId, spanId, key } = context
  const isRecord = key.startsWith('log:') || traceId === null || spanId === null
  return isRecord ? derivedId4('step', 'otlp', tenant, key) : derivedId4('step', 'otlp', tenant, traceId, spanId)
}

function tellers(call: Call): Node[] {
  return [call.primary, ...call.inner].flatMap((node) => [node, ...node.logs])
}

function allOf(voices: Voices): Node[] {
  return [...voices.system, ...voices.input, ...voices.output, ...voices.calls]
}

/** What a record announced for all of its session. */
function sessionWide(nodes: readonly Node[]): NonNullable<Context['sessionWide']> {
  return Object.assign({}, ...nodes.map((node) => node.context.sessionWide ?? {}))
}

function modelFields(facts: CallFacts): StepInput {
  const model = opaque(facts.model)
  const provider = opaque(facts.provider)
  const handle = model === null || provider === null ? null : `${provider}/${model}`
  return {
    origin: facts.scope === '' ? null : facts.scope.replaceAll('\0', '').toWellFormed(),
    provider_name: provider,
    model,
    model_handle: handle !== null && isOpaqueId(handle) ? handle : null,
    model_endpoint: facts.endpoint?.replaceAll('\0', '').toWellFormed() ?? null,
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
