/** One run, and its next step: what a recorder would send. */
import type { ContentPart, MessageInput } from '../../src/domain/message.ts'
import type { StepInput } from '../../src/domain/step.ts'
import { formatMicros } from '../../src/domain/time.ts'
import { choose, hex, pick, sampler, uuid, type Random, type Sampler } from './draw.ts'
import {
  ABNORMAL_ENDS,
  IMAGE_BYTES,
  LARGE_IMAGE_BYTES,
  LLM_ERRORS,
  MODELS,
  PROFILES,
  RATES,
  REASONING,
  TAGS,
  TOOLS,
  USER_MESSAGE,
  type Profile,
  type ProfileName,
} from './figures.ts'
import type { Flavour, Texts } from './text.ts'

interface Samplers {
  output: Sampler
  results: Sampler
  stepsPerRun: Sampler
  pace: Sampler
  promptTokens: Sampler
  completionTokens: Sampler
}

const SAMPLERS = Object.fromEntries(
  Object.entries(PROFILES).map(([name, { output, results, stepsPerRun, pace, promptTokens, completionTokens }]) => {
    const tables = { output, results, stepsPerRun, pace, promptTokens, completionTokens }
    return [name, Object.fromEntries(Object.entries(tables).map(([key, table]) => [key, sampler(table)]))]
  }),
) as unknown as Record<ProfileName, Samplers>
const userMessage = sampler(USER_MESSAGE)
const reasoningSize = sampler(REASONING)

/** Shares of runs: so that each profile has its share of steps. */
const RUN_MIX = (Object.keys(PROFILES) as ProfileName[]).map((name) => ({
  name,
  share: PROFILES[name].share / SAMPLERS[name].stepsPerRun.mean,
}))

export interface Run {
  readonly id: string
  readonly agent: string
  readonly project: string
  readonly profile: ProfileName
  readonly trace: string
  readonly tags: string[]
  readonly length: number
  /** How long its prompts are among those of its profile, from 0 to 1. */
  readonly weight: number
  readonly abnormal: boolean
  /** Bytes of an image in its first message; 0 = none. */
  readonly image: number
  /** From this step on it uses the other one. */
  readonly changesAt: number
  readonly models: readonly [(typeof MODELS)[number], (typeof MODELS)[number]]
  /** Steps so far. */
  done: number
}

/** @param rank of its agent, by which everything about the agent follows */
export function startRun(rank: number, projects: number, next: Random): Run {
  const profile = choose(RUN_MIX, next()).name
  const length = Math.max(1, Math.round(SAMPLERS[profile].stepsPerRun(next())))
  const image = next()
  const [small, large] = LARGE_IMAGE_BYTES
  return {
    id: uuid('run', next),
    agent: agentId(rank),
    project: projectId(rank, projects),
    profile,
    trace: hex(32, next),
    tags: next() < RATES.tagged ? [pick(TAGS, next())] : [],
    length,
    weight: next(),
    abnormal: next() < RATES.abnormalEnd,
    image:
      image < RATES.image
        ? IMAGE_BYTES
        : image < RATES.image + RATES.largeImage
          ? Math.round(small + (large - small) * next())
          : 0,
    changesAt: next() < RATES.modelChange ? Math.ceil(length / 2) : Infinity,
    models: [choose(MODELS, next()), choose(MODELS, next())],
    done: 0,
  }
}

/** An agent by how busy it is: 1 is the busiest. */
export const agentId = (rank: number) =>
  `agent-${rank.toString(16).padStart(8, '0')}-a9e7-4a17-8000-${(rank * 7919).toString(16).padStart(12, '0')}`

export const projectId = (rank: number, projects: number) => `project-${rank % projects}`

/** Microseconds until the run's next step. */
export function pause(run: Run, next: Random): number {
  return Math.ceil(SAMPLERS[run.profile].pace(next()) * 1e6)
}

export function isOver(run: Run): boolean {
  return run.done >= run.length
}

/** The run's next step, at `at` microseconds. */
export function nextStep(run: Run, at: number, next: Random, texts: Texts): StepInput {
  const isFirst = run.done === 0
  run.done += 1
  const isLast = isOver(run)
  const samplers = SAMPLERS[run.profile]
  const { model, provider } = run.models[run.done > run.changesAt ? 1 : 0]
  const failed = next() < RATES.llmError
  const calls = failed ? 0 : toolCalls(run.profile, isLast, next)
  const size = outputShare(run.profile, calls, next)
  const prompt_tokens = Math.round(samplers.promptTokens(promptShare(run, (run.done - 0.5) / run.length)))
  const completion_tokens = Math.round(samplers.completionTokens(size))
  const plan: Plan = {
    profile: run.profile,
    calls,
    output: Math.round(samplers.output(size)),
    // The more is written, the more often some of it is reasoning.
    reasoning: next() < 2 * RATES.reasoning * size,
  }
  const messages = failed && next() < RATES.errorWithoutMessage ? [] : written(plan, next, texts)
  if (isFirst) messages.unshift(userSays(run, next, texts))
  const duration = Math.floor((0.2 + next()) * 2e9)
  const step: StepInput = {
    id: uuid('step', next, at),
    created_at: formatMicros(at),
    agent_id: run.agent,
    run_id: run.id,
    project_id: run.project,
    trace_id: run.trace,
    provider_name: provider,
    provider_category: 'base',
    model,
    model_handle: `${provider}/${model}`,
    context_window_limit: 128_000,
    prompt_tokens,
    completion_tokens,
    total_tokens: prompt_tokens + completion_tokens,
    // What was sent before is in the provider's cache; not every provider tells.
    cached_input_tokens: provider === 'google' ? null : isFirst ? 0 : Math.floor(prompt_tokens * 0.8),
    reasoning_tokens: plan.reasoning ? Math.ceil(completion_tokens / 3) : null,
    status: 'success',
    stop_reason: isLast ? 'end_turn' : null,
    tags: run.tags,
    messages,
    metrics: {
      step_start_ns: JSON.rawJSON(`${at}000`),
      llm_request_ns: duration,
      step_ns: duration + Math.floor(next() * 1e9),
    },
  }
  if (failed) {
    const { error_type, message } = choose(LLM_ERRORS, next())
    const error_data = { message, traceback: texts.found(600), details: null }
    return { ...step, status: 'failed', stop_reason: 'llm_api_error', error_type, error_data }
  }
  if (!isLast || !run.abnormal) return step
  const { share: _, ...end } = choose(ABNORMAL_ENDS, next())
  if (end.error_type === null) return { ...step, ...end }
  return { ...step, ...end, error_data: { message: texts.said(60), traceback: texts.found(900), details: null } }
}

/**
 * Prompts grow within a run and differ between runs; over all steps their shares are even, so that the table comes out.
 * (The mean of two even shares is not even, but its own distribution says where it stands.)
 */
function promptShare({ weight }: Run, progress: number): number {
  const mean = (weight + progress) / 2
  return mean < 0.5 ? 2 * mean * mean : 1 - 2 * (1 - mean) * (1 - mean)
}

/** Where the output stands among those of its profile; over all steps even. */
function outputShare(name: ProfileName, calls: number, next: Random): number {
  const { answersAreLonger, toolCalls: shares }: Profile = PROFILES[name]
  if (next() >= answersAreLonger) return next()
  const answers = shares[0] as number
  return calls === 0 ? 1 - answers * next() : (1 - answers) * next()
}

function toolCalls(name: ProfileName, isLast: boolean, next: Random): number {
  const { toolCalls: shares, endsWithAnswer }: Profile = PROFILES[name]
  if (isLast && endsWithAnswer) return 0
  // Last steps call none, so that others do more often.
  const lasts = endsWithAnswer ? 1 / SAMPLERS[name].stepsPerRun.mean : 0
  let left = next() * (1 - lasts) + Math.min(lasts, shares[0] as number)
  for (let count = 0; count < shares.length; count++) if ((left -= shares[count] as number) < 0) return count
  return shares.length > 2 ? 5 + Math.floor(next() ** 3 * 16) : 1
}

interface Plan {
  profile: ProfileName
  calls: number
  /** Bytes that the model writes in all. */
  output: number
  reasoning: boolean
}

/** What the model wrote, and what its tools gave. */
function written({ profile, calls, output, reasoning }: Plan, next: Random, texts: Texts): MessageInput[] {
  const flavour = texts.flavour()
  const content: ContentPart[] = []
  let left = output
  if (reasoning) {
    const bytes = Math.max(1, Math.round(Math.min(reasoningSize(next()), output * 0.8)))
    content.push({ type: 'reasoning', is_native: true, reasoning: texts.flavoured(flavour, bytes, 'said') })
    left -= bytes
  }
  const text = calls === 0 ? left : next() < RATES.textBesideCalls ? Math.floor(left / 2) : 0
  if (text > 0) content.push({ type: 'text', text: texts.flavoured(flavour, text, 'said') })
  left -= text
  const message: MessageInput = { role: 'assistant', content }
  if (calls === 0) return [message]
  const tools = Array.from({ length: calls }, () => ({
    id: `call_${hex(24, next)}`,
    name: pick(TOOLS[profile], next()),
  }))
  message.tool_calls = tools.map(({ id, name }) => ({
    id,
    type: 'function',
    function: { name, arguments: toolArguments(flavour, Math.floor(left / calls) - name.length, texts) },
  }))
  const results = SAMPLERS[profile].results(next()) / calls
  return [message, ...tools.map(({ id }) => toolReturn(id, Math.max(1, Math.round(results)), next, texts))]
}

const ARGUMENTS_ENVELOPE = '{"query":""}'.length

function toolArguments(flavour: Flavour, bytes: number, texts: Texts): string {
  if (bytes <= ARGUMENTS_ENVELOPE) return '{}'
  // Escapes of what stands in a text take a few bytes more.
  return JSON.stringify({ query: texts.flavoured(flavour, Math.round((bytes - ARGUMENTS_ENVELOPE) * 0.98), 'said') })
}

function toolReturn(tool_call_id: string, bytes: number, next: Random, texts: Texts): MessageInput {
  const status = next() < RATES.toolFailure ? 'error' : 'success'
  const func_response = texts.flavoured(texts.flavour(), bytes, 'found')
  return { role: 'tool', tool_call_id, tool_returns: [{ tool_call_id, status, func_response }] }
}

function userSays({ image }: Run, next: Random, texts: Texts): MessageInput {
  const text = texts.flavoured(texts.flavour(), Math.round(userMessage(next())), 'said')
  if (image === 0) return { role: 'user', content: text }
  const source = { type: 'base64', media_type: 'image/png', data: texts.image(image) } as const
  return { role: 'user', content: [{ type: 'text', text }, { type: 'image', source }] } // prettier-ignore
}
