/** What the API answers, for the reference document (contract, sections 3, 4, 7, 8). */
import { z } from 'zod'
import { METRIC_FIELDS, METRIC_FIELD_NAMES, STEP_FIELDS, STEP_FIELD_NAMES } from '../domain/step.ts'
import { RUN_STATUSES } from '../domain/run.ts'
import { AnyObject, BY_KIND, StopReasonSchema, Tag } from './fields.ts'
import { MessageInputSchema } from './message-input.ts'

const DateTimeOut = z.string().meta({ format: 'date-time' })
const Int64 = z.int().nullable().meta({ format: 'int64' })
const text = z.string().nullable()

export const StepSchema = z
  .object({
    id: z.string().describe('step-<uuid>'),
    job_id: text.describe('Former name of run_id, the same value'),
    ...Object.fromEntries(
      STEP_FIELD_NAMES.map((name) => [
        name,
        BY_KIND[STEP_FIELDS[name].kind].nullable().describe(STEP_FIELDS[name].help),
      ]),
    ),
    tags: z.array(z.string()),
    messages: z.array(MessageInputSchema.meta({ id: 'Message' })).describe('Internal messages, chronological'),
    created_at: DateTimeOut.describe('When the step began, microseconds; an extension'),
  })
  .meta({ id: 'Step' })

export const StepMetricsSchema = z
  .object({
    id: z.string(),
    agent_id: text,
    run_id: text,
    project_id: text,
    ...Object.fromEntries(METRIC_FIELD_NAMES.map((name) => [name, METRIC_FIELDS[name] === 'id' ? text : Int64])),
  })
  .meta({ id: 'StepMetrics' })

export const ProviderTraceSchema = z
  .object({
    id: z.string(),
    step_id: text,
    agent_id: text,
    run_id: text,
    org_id: text,
    call_type: text,
    source: text,
    latency_ms: z.int().nullable(),
    created_at: DateTimeOut,
    updated_at: DateTimeOut.nullable(),
    created_by_id: text,
    last_updated_by_id: text,
    agent_tags: z.array(z.string()).nullable(),
    llm_config: AnyObject.nullable(),
    compaction_settings: AnyObject.nullable(),
    billing_context: AnyObject.nullable(),
    request_json: AnyObject,
    response_json: AnyObject,
  })
  .nullable()
  .meta({ id: 'ProviderTrace' })

export const LettaMessageSchema = z
  .looseObject({
    message_type: z.enum([
      'system_message',
      'user_message',
      'reasoning_message',
      'hidden_reasoning_message',
      'tool_call_message',
      'tool_return_message',
      'assistant_message',
      'approval_request_message',
      'approval_response_message',
      'summary_message',
      'event_message',
    ]),
    id: z.string().describe('Id of the internal message; several entries may share it'),
    date: DateTimeOut,
    step_id: text,
    run_id: text,
    otid: text,
  })
  .meta({ id: 'LettaMessage' })

export const RunSchema = z
  .object({
    id: z.string(),
    agent_id: text,
    status: z.enum(RUN_STATUSES),
    stop_reason: StopReasonSchema.nullable(),
    created_at: DateTimeOut,
    completed_at: DateTimeOut.nullable(),
    background: z.boolean().nullable(),
    conversation_id: text,
    base_template_id: text,
    metadata: AnyObject.nullable(),
    request_config: AnyObject.nullable(),
    callback_url: text,
    callback_sent_at: DateTimeOut.nullable(),
    callback_status_code: z.int().nullable(),
    callback_error: text,
    ttft_ns: Int64,
    total_duration_ns: Int64,
  })
  .meta({ id: 'Run' })

const sum = z.int().nullable()
export const RunUsageSchema = z
  .object({
    completion_tokens: z.int(),
    prompt_tokens: z.int(),
    total_tokens: z.int(),
    prompt_tokens_details: z
      .object({ cached_tokens: sum, cache_read_tokens: sum, cache_creation_tokens: sum })
      .nullable(),
    completion_tokens_details: z.object({ reasoning_tokens: sum }).nullable(),
  })
  .meta({ id: 'UsageStatistics' })

export const RunMetricsSchema = z
  .object({
    id: z.string(),
    agent_id: text,
    project_id: text,
    run_start_ns: Int64,
    run_ns: Int64,
    num_steps: z.int(),
    tools_used: z.array(z.string()),
    template_id: text,
    base_template_id: text,
  })
  .meta({ id: 'RunMetrics' })

export const SpanSchema = AnyObject.meta({ id: 'Span' })
export const HealthSchema = z.object({ version: z.string(), status: z.literal('ok') }).meta({ id: 'Health' })
export const ProblemSchema = z
  .object({
    detail: z.union([
      z.string(),
      z.array(z.object({ loc: z.array(z.union([z.string(), z.int()])), msg: z.string(), type: z.string() })),
    ]),
  })
  .meta({ id: 'Problem' })

export const FeedbackBody = z
  .strictObject({
    feedback: BY_KIND.feedback.nullish().describe('null clears; absent leaves it'),
    tags: z.array(Tag).nullish().describe('Tags to add'),
  })
  .meta({ id: 'FeedbackBody' })
