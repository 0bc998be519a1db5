/**
 * What real steps look like, as tables. Sizes, steps per run, tool calls, tokens and pace are **measured** on public recordings of
 * agents: `assistant` on 1,037 runs of tau2-bench and tau-bench (12,988 steps), `letta` on 975 runs of Letta evaluations
 * (2,890 steps), `coding` on 706 runs of mini-swe-agent and SWE-agent (33,072 steps). Those are benchmark runs, not production
 * traffic: their shapes can be trusted, the mix of them cannot. What is **assumed** is marked so.
 *
 * The smallest values of all tables (share 0) are assumed, the largest ones (share 1) are measured.
 */

/** Points of a cumulative distribution: the shares, and the values that so much of everything does not exceed. */
export interface Table {
  readonly shares: readonly number[]
  readonly values: readonly number[]
}

const SIZE_SHARES = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1]
const RUN_SHARES = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1]
const FEW_SHARES = [0, 0.5, 0.9, 0.99, 1]

const sizes = (...values: number[]): Table => ({ shares: SIZE_SHARES, values })
const lengths = (...values: number[]): Table => ({ shares: RUN_SHARES, values })
const few = (...values: number[]): Table => ({ shares: FEW_SHARES, values })

export interface Profile {
  /** Assumed: share of all steps. */
  readonly share: number
  /** UTF-8 bytes that a step generated: answer, reasoning, tool names and arguments, tool results; no prompt, no JSON, no ids. */
  readonly size: Table
  /** Of that, what the model wrote. */
  readonly output: Table
  /** And the results of its tools, in steps that have any. */
  readonly results: Table
  readonly stepsPerRun: Table
  /** Shares of steps with 0, 1, 2, 3, 4 tool calls; the rest has 5 to 20. */
  readonly toolCalls: readonly number[]
  /** The last step of a run is an answer: it calls no tool. */
  readonly endsWithAnswer: boolean
  /** Chosen so that `size` comes out: how often a step that answers is among the longer outputs, one that calls tools among the shorter. */
  readonly answersAreLonger: number
  /** Seconds from one step of a run to the next. */
  readonly pace: Table
  readonly promptTokens: Table
  readonly completionTokens: Table
}

export const PROFILES = {
  assistant: {
    share: 0.4,
    size: sizes(4, 110, 210, 415, 858, 1397, 2002, 4733, 12_049, 19_899),
    output: sizes(4, 32, 53, 210, 424, 778, 1141, 2173, 3741, 4519),
    results: sizes(2, 19, 65, 404, 832, 1414, 2309, 5349, 12_159, 19_602),
    stepsPerRun: lengths(2, 5, 8, 11, 16, 20, 24, 32, 100),
    toolCalls: [0.471, 0.49, 0.018, 0.006, 0.0055],
    endsWithAnswer: true,
    answersAreLonger: 0.75,
    pace: few(0.5, 3.5, 11, 29, 60),
    promptTokens: few(2000, 7136, 10_039, 16_821, 21_676),
    completionTokens: few(5, 59, 250, 808, 1905),
  },
  letta: {
    share: 0.25,
    size: sizes(100, 290, 688, 1635, 5311, 8090, 11_537, 13_744, 18_131, 27_872),
    output: sizes(80, 244, 338, 885, 2305, 6443, 7767, 12_697, 14_978, 15_699),
    results: sizes(10, 85, 329, 649, 2780, 4864, 9385, 13_231, 23_823, 27_206),
    stepsPerRun: lengths(1, 1, 2, 2, 3, 5, 6, 12, 50),
    toolCalls: [0.335, 0.665],
    endsWithAnswer: true,
    answersAreLonger: 0,
    pace: few(1, 8, 36, 77, 120),
    // Known as means of whole turns only: about 33,000 and 1,800.
    promptTokens: few(8000, 32_000, 48_000, 60_000, 70_000),
    completionTokens: few(100, 1100, 4000, 9000, 14_000),
  },
  coding: {
    share: 0.35,
    size: sizes(40, 281, 506, 1261, 3359, 5007, 5965, 10_768, 112_345, 869_860),
    output: sizes(30, 95, 154, 267, 657, 1696, 2516, 4423, 7689, 13_642),
    results: sizes(4, 45, 137, 667, 2369, 4322, 4919, 10_611, 112_096, 868_881),
    stepsPerRun: lengths(4, 13, 20, 40, 70, 88, 102, 151, 189),
    toolCalls: [0, 1],
    endsWithAnswer: false,
    answersAreLonger: 0,
    pace: few(0.5, 5.1, 22, 54, 120),
    promptTokens: few(3000, 19_192, 42_320, 75_047, 101_667),
    completionTokens: few(20, 90, 606, 1347, 3504),
  },
} as const satisfies Record<string, Profile>
export type ProfileName = keyof typeof PROFILES

/** Assumed: bytes of the message that a run begins with (measured for Letta: 350 on average). */
export const USER_MESSAGE = few(20, 250, 700, 2000, 6000)
/** Reasoning where there is any: measured medians are 154 to 533, p99 300 to 5,300. */
export const REASONING = few(60, 350, 1500, 5000, 9000)

/** Assumed: share of steps, name, provider. The names are real ones, a tenth with `/` or `:`. */
export const MODELS = [
  { share: 0.45, model: 'gpt-4.1-mini', provider: 'openai' },
  { share: 0.2, model: 'claude-sonnet-4-5', provider: 'anthropic' },
  { share: 0.1, model: 'gpt-5-mini', provider: 'openai' },
  { share: 0.08, model: 'gemini-2.5-flash', provider: 'google' },
  { share: 0.05, model: 'claude-haiku-4-5', provider: 'anthropic' },
  { share: 0.04, model: 'openai/gpt-oss-20b', provider: 'litellm' },
  { share: 0.03, model: 'deepseek-chat', provider: 'litellm' },
  { share: 0.02, model: 'ollama_chat/qwen2.5:7b', provider: 'litellm' },
  { share: 0.02, model: 'google/gemini-2.0-flash-exp:free', provider: 'litellm' },
  { share: 0.01, model: 'ft:gpt-4.1-2025-04-14:sierra:tau2-full-sft:BzrYdMNm', provider: 'openai' },
] as const

/** Assumed: how often things happen. */
export const RATES = {
  /** Of steps: the call to the model failed; half of them left no message at all. */
  llmError: 0.01,
  errorWithoutMessage: 0.5,
  /** Of tool calls (measured: 3.2 to 11 %). */
  toolFailure: 0.05,
  /** Of runs (measured: 2.5 and 4.8 %). */
  abnormalEnd: 0.03,
  /** Of runs: another model from the middle on. */
  modelChange: 0.05,
  /** Of steps. */
  reasoning: 0.3,
  /** Of steps with tool calls: the model says something, too. */
  textBesideCalls: 0.5,
  /** Of messages. */
  emoji: 0.02,
  nonLatin: 0.05,
  controlCharacter: 1 / 10_000,
  /** Of runs: one image in a message, and one that is large. */
  image: 0.005,
  largeImage: 0.001,
  /** Of runs: all of its steps carry a tag. */
  tagged: 0.3,
  /** Of steps. */
  feedback: 0.03,
  /** Of feedback. */
  positive: 2 / 3,
  feedbackTags: 0.1,
  feedbackChanged: 0.02,
  feedbackWithdrawn: 0.01,
  /** Of writes: sent again with the same id after a timeout; delayed on the way. */
  resent: 0.005,
  late: 0.01,
  /** Of agents. */
  idleAgents: 0.1,
} as const

/** Bytes of base64: measured on recorded provider traffic. */
export const IMAGE_BYTES = 131_000
export const LARGE_IMAGE_BYTES = [800_000, 2_800_000] as const

/** Assumed: seconds from a step to its feedback; a median of two minutes, up to seven days. */
export const FEEDBACK_DELAY = few(3, 120, 3600, 86_400, 604_800)
/** Assumed: the most seconds that a write is late, or sent again after. */
export const LATEST_SECONDS = 30

/** How runs end that do not end well (measured: agent error 9, step limit 5, server error 6, timeout 4, others 4). */
export const ABNORMAL_ENDS = [
  { share: 0.3, stop_reason: 'error', status: 'failed', error_type: 'AgentError' },
  { share: 0.2, stop_reason: 'max_steps', status: 'success', error_type: null },
  { share: 0.2, stop_reason: 'llm_api_error', status: 'failed', error_type: 'InternalServerError' },
  { share: 0.15, stop_reason: 'llm_api_error', status: 'failed', error_type: 'APITimeoutError' },
  { share: 0.07, stop_reason: 'invalid_tool_call', status: 'failed', error_type: 'InvalidToolCall' },
  { share: 0.08, stop_reason: 'cancelled', status: 'cancelled', error_type: null },
] as const

/** Assumed. */
export const LLM_ERRORS = [
  { share: 0.5, error_type: 'RateLimitError', message: 'The provider refused the request: too many of them' },
  { share: 0.25, error_type: 'APITimeoutError', message: 'The provider did not answer in time' },
  { share: 0.15, error_type: 'InternalServerError', message: 'The provider failed' },
  { share: 0.1, error_type: 'ContextWindowExceededError', message: 'The request is longer than the context window' },
] as const

/** Assumed: an installation with 200 busy runs writes about 25 steps a second. */
export const BUSY = { agents: 2000, runs: 200, projects: 7 } as const

/** Assumed: who reads while others record. */
export const READS = {
  /** For each step that is written. */
  lists: 1 / 10,
  singles: 1 / 20,
  /** Of lists, newest first, 50 a page. */
  kinds: [
    { share: 0.7, kind: 'agent' },
    { share: 0.1, kind: 'times' },
    { share: 0.1, kind: 'errors' },
    { share: 0.05, kind: 'model' },
    { share: 0.05, kind: 'feedback' },
  ],
  /** Of lists: read page by page to the end. */
  walks: 0.02,
} as const

export const TAGS = ['production', 'nightly', 'beta', 'support', 'triage', 'long context', 'eu', 'retry'] as const
export const FEEDBACK_TAGS = ['wrong tool', 'too slow', 'made up', 'helpful', 'rude', 'off topic'] as const
export const TOOLS = {
  assistant: ['get_order', 'find_user', 'update_reservation', 'cancel_booking', 'search_flights', 'calculate'],
  letta: ['search_files', 'grep_files', 'open_files', 'memory_insert', 'memory_replace', 'web_search'],
  coding: ['run_shell', 'bash', 'edit', 'view', 'find_file', 'submit'],
} as const satisfies Record<ProfileName, readonly string[]>
