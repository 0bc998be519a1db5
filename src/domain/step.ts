/**
 * The step: one LLM inference and what came out of it (contract, sections 3 and 8). Keys are the API's own.
 *
 * `STEP_FIELDS` says each plain field once; schemas, columns, merge and presentation are derived from it.
 */
import type { JsonObject, JsonValue } from './exact-json.ts'
import type { Message, MessageInput } from './message.ts'
import type { Micros } from './time.ts'

export const STATUSES = ['pending', 'success', 'failed', 'cancelled'] as const
export type Status = (typeof STATUSES)[number]

export const FEEDBACKS = ['positive', 'negative'] as const
export type Feedback = (typeof FEEDBACKS)[number]

/** Contract, section 3.1: each stop reason with the run status it implies. */
export const STOP_REASONS = {
  end_turn: 'completed',
  max_steps: 'completed',
  tool_rule: 'completed',
  requires_approval: 'completed',
  error: 'failed',
  llm_api_error: 'failed',
  invalid_llm_response: 'failed',
  invalid_tool_call: 'failed',
  no_tool_call: 'failed',
  max_tokens_exceeded: 'failed',
  insufficient_credits: 'failed',
  context_window_overflow_in_system_prompt: 'failed',
  cancelled: 'cancelled',
} as const
export type StopReason = keyof typeof STOP_REASONS

/**
 * How a field's value is read and kept:
 * `id` opaque text of 1 to 255 characters without control characters; `text` any text without U+0000;
 * `count` a whole number from 0; `object` a JSON object; the others one of their list.
 */
export type FieldKind = 'id' | 'text' | 'count' | 'object' | 'stop_reason' | 'status' | 'feedback'

interface FieldValues {
  id: string
  text: string
  count: number
  object: JsonObject
  stop_reason: StopReason
  status: Status
  feedback: Feedback
}

/** The plain fields of a step, in the order of the contract. */
export const STEP_FIELDS = {
  agent_id: { kind: 'id', help: 'Agent that ran the step' },
  run_id: { kind: 'id', help: 'Run the step belongs to' },
  origin: { kind: 'text', help: 'Surface the step came from' },
  provider_id: { kind: 'id', help: 'Configured provider record' },
  provider_name: { kind: 'id', help: 'Provider, such as openai or anthropic' },
  provider_category: { kind: 'text', help: 'base or byok in practice' },
  model: { kind: 'id', help: 'Bare model name, such as gpt-4o-mini' },
  model_handle: { kind: 'id', help: 'Provider-qualified model, such as openai/gpt-4o-mini' },
  model_endpoint: { kind: 'text', help: 'URL that was called' },
  context_window_limit: { kind: 'count', help: 'Tokens configured for the context window' },
  prompt_tokens: { kind: 'count', help: 'All input tokens, cached ones included; null = not reported' },
  completion_tokens: { kind: 'count', help: 'Generated tokens, reasoning included; null = not reported' },
  total_tokens: { kind: 'count', help: 'Prompt and completion tokens as reported; null = not reported' },
  cached_input_tokens: { kind: 'count', help: 'Input tokens served from a cache; null = not reported' },
  cache_write_tokens: { kind: 'count', help: 'Input tokens written to a cache; null = not reported' },
  reasoning_tokens: { kind: 'count', help: 'Thinking tokens; null = not reported' },
  prompt_tokens_details: { kind: 'object', help: 'cached_tokens, cache_read_tokens, cache_creation_tokens, …' },
  completion_tokens_details: { kind: 'object', help: 'reasoning_tokens, …' },
  stop_reason: { kind: 'stop_reason', help: 'Why the step ended' },
  status: { kind: 'status', help: 'pending until the step has ended' },
  error_type: { kind: 'id', help: 'Class name of the failure' },
  error_data: { kind: 'object', help: 'message, traceback, details of the failure' },
  tid: { kind: 'text', help: 'Transaction id' },
  trace_id: { kind: 'id', help: 'OpenTelemetry trace id' },
  request_id: { kind: 'text', help: 'Id of the API request' },
  feedback: { kind: 'feedback', help: "A person's verdict" },
  project_id: { kind: 'id', help: 'Project of the agent' },
} as const satisfies Record<string, { kind: FieldKind; help: string }>

export type StepField = keyof typeof STEP_FIELDS
export const STEP_FIELD_NAMES = Object.keys(STEP_FIELDS) as StepField[]

/** The plain fields with their values; null = not known. */
export type StepFields = { [F in StepField]: FieldValues[(typeof STEP_FIELDS)[F]['kind']] | null }

/** Contract, section 8.1. Nanoseconds are whole numbers beyond 2^53, so they are carried as decimal text. */
export const METRIC_FIELDS = {
  provider_id: 'id',
  template_id: 'id',
  base_template_id: 'id',
  step_start_ns: 'nanoseconds',
  llm_request_start_ns: 'nanoseconds',
  llm_request_ns: 'nanoseconds',
  tool_execution_ns: 'nanoseconds',
  step_ns: 'nanoseconds',
} as const
export type MetricField = keyof typeof METRIC_FIELDS
export const METRIC_FIELD_NAMES = Object.keys(METRIC_FIELDS) as MetricField[]
/** Only what is known; nanoseconds as decimal text. */
export type StepMetrics = Partial<Record<MetricField, string>>
/** As somebody records them: nanoseconds as a number, an exact number or decimal text. */
export type StepMetricsInput = { [F in MetricField]?: JsonValue | undefined }

/** Contract, section 8.2, without what follows from the step. */
export interface ProviderTrace {
  id: string
  created_at: Micros
  call_type: string | null
  source: string | null
  latency_ms: number | null
  agent_tags: string[] | null
  llm_config: JsonObject | null
  compaction_settings: JsonObject | null
  billing_context: JsonObject | null
  request_json: JsonValue
  response_json: JsonValue
}

/** As somebody records it; see {@link ProviderTrace}. */
export interface ProviderTraceInput {
  id?: string | null | undefined
  created_at?: string | null | undefined
  call_type?: string | null | undefined
  source?: string | null | undefined
  latency_ms?: number | null | undefined
  agent_tags?: string[] | null | undefined
  llm_config?: JsonObject | null | undefined
  compaction_settings?: JsonObject | null | undefined
  billing_context?: JsonObject | null | undefined
  request_json: JsonObject
  response_json: JsonObject
}

/** A step as somebody records it: everything is optional, null means not known. */
export type StepInput = { [F in StepField]?: StepFields[F] | undefined } & {
  id?: string | null | undefined
  /** ISO 8601, microseconds kept; now when absent. */
  created_at?: string | null | undefined
  /** Former name of `run_id`. */
  job_id?: string | null | undefined
  tags?: string[] | null | undefined
  messages?: MessageInput[] | null | undefined
  metrics?: StepMetricsInput | null | undefined
  provider_trace?: ProviderTraceInput | ProviderTraceInput[] | null | undefined
}

/** A step as the ledger means it, whole and normal: what the store is given and what `mergeSteps` works on. */
export interface Step extends StepFields {
  id: string
  created_at: Micros
  /** Distinct, in the order first seen. */
  tags: string[]
  /** Chronological. */
  messages: Message[]
  /** null = none recorded. */
  metrics: StepMetrics | null
}
