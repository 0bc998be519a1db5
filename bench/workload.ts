/**
 * Synthetic steps with the shape of real ones. Sizes, steps per run, tool calls and error rates are measured from
 * public recordings of agents (tau2-bench, Letta evaluations, mini-swe-agent); how often each kind of agent, model
 * and error occurs in one ledger is assumed. Seeded: the same seed makes the same steps.
 */
import type { MessageInput } from '../src/domain/message.ts'
import type { StepInput } from '../src/domain/step.ts'
import { formatMicros } from '../src/domain/time.ts'
import { prose, random } from './prose.ts'

/** Points of a cumulative distribution: [share, value]. */
type Quantiles = readonly (readonly [number, number])[]

interface Profile {
  share: number
  /** Bytes of text that a model wrote in a step. */
  output: Quantiles
  /** Bytes of the results of its tools. */
  results: Quantiles
  stepsPerRun: Quantiles
  /** Share of steps with 0, 1, 2, 3 tool calls. */
  toolCalls: readonly number[]
  /** Seconds from one step to the next. */
  pace: Quantiles
  prompt: Quantiles
}

const PROFILES: readonly Profile[] = [
  {
    share: 0.4,
    output: [[0, 8], [0.1, 32], [0.25, 53], [0.5, 210], [0.75, 424], [0.9, 778], [0.99, 2173], [1, 4519]],
    results: [[0, 4], [0.1, 19], [0.25, 65], [0.5, 404], [0.75, 832], [0.9, 1414], [0.99, 5349], [1, 19602]],
    stepsPerRun: [[0, 2], [0.1, 5], [0.25, 8], [0.5, 11], [0.75, 16], [0.9, 20], [0.99, 32], [1, 100]],
    toolCalls: [0.471, 0.49, 0.02, 0.019],
    pace: [[0, 1], [0.5, 3.5], [0.9, 11], [0.99, 29], [1, 60]],
    prompt: [[0, 2000], [0.5, 7136], [0.9, 10039], [0.99, 16821], [1, 21676]],
  },
  {
    share: 0.25,
    output: [[0, 100], [0.1, 244], [0.25, 338], [0.5, 885], [0.75, 2305], [0.9, 6443], [0.99, 12697], [1, 15699]],
    results: [[0, 40], [0.1, 85], [0.25, 329], [0.5, 649], [0.75, 2780], [0.9, 4864], [0.99, 13231], [1, 27206]],
    stepsPerRun: [[0, 1], [0.25, 2], [0.5, 2], [0.75, 3], [0.9, 5], [0.99, 12], [1, 50]],
    toolCalls: [0.335, 0.665],
    pace: [[0, 2], [0.5, 8], [0.9, 36], [0.99, 77], [1, 120]],
    prompt: [[0, 5000], [0.5, 33000], [1, 60000]],
  },
  {
    share: 0.35,
    output: [[0, 60], [0.1, 95], [0.25, 154], [0.5, 267], [0.75, 657], [0.9, 1696], [0.99, 4423], [1, 13642]],
    results: [[0, 10], [0.1, 45], [0.25, 137], [0.5, 667], [0.75, 2369], [0.9, 4322], [0.99, 10611], [0.999, 112096], [1, 868881]],
    stepsPerRun: [[0, 4], [0.1, 13], [0.25, 20], [0.5, 40], [0.75, 70], [0.9, 88], [0.99, 151], [1, 189]],
    toolCalls: [0, 1],
    pace: [[0, 1], [0.5, 5.1], [0.9, 22], [0.99, 54], [1, 120]],
    prompt: [[0, 3000], [0.5, 19192], [0.9, 42320], [0.99, 75047], [1, 101667]],
  },
] // prettier-ignore

const MODELS: readonly (readonly [number, string, string])[] = [
  [0.45, 'gpt-4.1-mini', 'openai'],
  [0.2, 'claude-sonnet-4-5', 'anthropic'],
  [0.1, 'gpt-5-mini', 'openai'],
  [0.08, 'openai/gpt-oss-20b', 'together'],
  [0.05, 'claude-haiku-4-5', 'anthropic'],
  [0.04, 'gemini-2.5-flash', 'google'],
  [0.03, 'deepseek-chat', 'together'],
  [0.02, 'gpt-4.1', 'openai'],
  [0.02, 'gemini-3-pro', 'google'],
  [0.01, 'o3', 'openai'],
]

const TAGS = ['production', 'nightly', 'beta', 'support', 'triage', 'long context', 'eu', 'retry']
const TOOLS = [
  'search_files',
  'grep_files',
  'run_shell',
  'get_order',
  'update_reservation',
  'memory_insert',
  'web_search',
]

function draw(quantiles: Quantiles, u: number): number {
  for (let i = 1; i < quantiles.length; i++) {
    const [to, high] = quantiles[i] as readonly [number, number]
    if (u > to) continue
    const [from, low] = quantiles[i - 1] as readonly [number, number]
    return Math.round(low + ((high - low) * (u - from)) / (to - from))
  }
  return (quantiles.at(-1) as readonly [number, number])[1]
}

function pick<T extends { share: number }>(items: readonly T[], u: number): T {
  let left = u
  for (const item of items) if ((left -= item.share) < 0) return item
  return items.at(-1) as T
}

export interface WorkloadOptions {
  seed: number
  agents: number
  /** Steps lie between this time (microseconds) and the present of the ledger. */
  from: number
}

/** Steps of whole runs, many runs interleaved, oldest first; never ends. */
export function* workload({ seed, agents, from }: WorkloadOptions): Generator<StepInput> {
  const next = random(seed)
  const open: Run[] = []
  let now = from
  let runs = 0
  for (;;) {
    while (open.length < 50) open.push(newRun(next, agents, runs++))
    const index = Math.floor(next() * open.length)
    const run = open[index] as Run
    now += Math.ceil(next() * 400_000)
    yield stepOf(run, now, next)
    if (--run.left === 0) open.splice(index, 1)
  }
}

interface Run {
  id: string
  agent: string
  profile: Profile
  model: readonly [number, string, string]
  trace: string
  left: number
}

function newRun(next: () => number, agents: number, index: number): Run {
  const profile = pick(PROFILES, next())
  // Zipf with exponent 1: the k-th agent is 1/k as busy as the first.
  const agent = Math.floor(Math.exp(next() * Math.log(agents + 1)))
  const model = pick(MODELS.map((entry) => ({ share: entry[0], entry })), next()).entry // prettier-ignore
  const trace = Array.from({ length: 4 }, () => Math.floor(next() * 2 ** 32).toString(16).padStart(8, '0')).join('') // prettier-ignore
  return {
    id: `run-${index}`,
    agent: `agent-${agent}`,
    profile,
    model,
    trace,
    left: Math.max(1, draw(profile.stepsPerRun, next())),
  }
}

function stepOf(run: Run, at: number, next: () => number): StepInput {
  const { profile } = run
  const [, model, provider_name] = run.model
  const failed = next() < 0.01
  const prompt_tokens = draw(profile.prompt, next())
  const calls =
    run.left === 1 ? 0 : profile.toolCalls.findIndex((share, _, all) => next() < share / (1 - sumBefore(all, share)))
  const output = draw(profile.output, next())
  const completion_tokens = Math.ceil(output / 4)
  const step: StepInput = {
    created_at: formatMicros(at),
    agent_id: run.agent,
    run_id: run.id,
    trace_id: run.trace,
    model,
    model_handle: `${provider_name}/${model}`,
    provider_name,
    context_window_limit: 128_000,
    prompt_tokens,
    completion_tokens,
    total_tokens: prompt_tokens + completion_tokens,
    cached_input_tokens: Math.floor(prompt_tokens * 0.8),
    status: failed ? 'failed' : 'success',
    stop_reason: failed ? 'llm_api_error' : run.left === 1 ? 'end_turn' : null,
    tags: next() < 0.3 ? [TAGS[Math.floor(next() * TAGS.length)] as string] : [],
    messages: failed && next() < 0.5 ? [] : messagesOf(profile, Math.max(0, calls), output, next),
    metrics: {
      step_start_ns: JSON.rawJSON(`${at}123`),
      llm_request_ns: Math.floor(next() * 5e9),
      step_ns: Math.floor(next() * 6e9),
    },
  }
  if (failed) {
    step.error_type = 'RateLimitError'
    step.error_data = { message: 'The provider refused the request', traceback: prose(600, next), details: null }
  }
  if (next() < 0.03) step.feedback = next() < 0.67 ? 'positive' : 'negative'
  return step
}

function sumBefore(all: readonly number[], share: number): number {
  return all.slice(0, all.indexOf(share)).reduce((sum, value) => sum + value, 0)
}

function messagesOf(profile: Profile, calls: number, output: number, next: () => number): MessageInput[] {
  const reasoning = next() < 0.3
  const assistant: MessageInput = {
    role: 'assistant',
    content: [
      ...(reasoning ? [{ type: 'reasoning', is_native: true, reasoning: prose(350, next) } as const] : []),
      ...(calls === 0 || next() < 0.5 ? [{ type: 'text', text: prose(output, next) } as const] : []),
    ],
  }
  if (calls === 0) return [assistant]
  const ids = Array.from({ length: calls }, () => `call_${Math.floor(next() * 1e15).toString(36)}`)
  assistant.tool_calls = ids.map((id) => ({
    id,
    type: 'function',
    function: {
      name: TOOLS[Math.floor(next() * TOOLS.length)] as string,
      arguments: JSON.stringify({ query: prose(Math.min(output, 300), next), limit: 10 }),
    },
  }))
  const returns = ids.map((tool_call_id): MessageInput => {
    const status = next() < 0.05 ? 'error' : 'success'
    return {
      role: 'tool',
      tool_call_id,
      tool_returns: [{ tool_call_id, status, func_response: prose(draw(profile.results, next()), next) }],
    }
  })
  return [assistant, ...returns]
}
