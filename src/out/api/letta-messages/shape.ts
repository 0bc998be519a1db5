/** Letta messages: what `/steps/{id}/messages` and `/runs/{id}/messages` return (contract, section 4.2). */
import type { ImagePart, TextPart } from '../../../domain/message.ts'

/** A stored part has come through JSON, where an absent key is absent: `undefined` is not one of its values. */
type Stored<T> = T extends object ? { [K in keyof T]: Stored<Exclude<T[K], undefined>> } : T
export type LettaPart = Stored<TextPart | ImagePart>

/** The keys that every variant has, null where the value is not known. */
export interface LettaCommon {
  /** The internal message's id, which repeats: several Letta messages can come from one internal message. */
  id: string
  /** ISO 8601 with an offset. */
  date: string
  name: string | null
  otid: string | null
  sender_id: string | null
  step_id: string | null
  /** Never false, as SDK users know it. */
  is_err: true | null
  /** Only streams number their messages. */
  seq_id: null
  run_id: string | null
}

export interface LettaToolCall {
  name: string
  /** JSON as text, as the model wrote it. */
  arguments: string
  tool_call_id: string
}

export interface LettaToolReturn<Content = string | LettaPart[]> {
  type: 'tool'
  tool_return: Content
  status: 'success' | 'error'
  tool_call_id: string
  stdout: string[] | null
  stderr: string[] | null
}

export interface LettaApprovalReturn {
  type: 'approval'
  tool_call_id: string
  approve: boolean
  reason: string | null
}

export interface CompactionStats {
  trigger: string
  context_window: number
  messages_count_before: number
  messages_count_after: number
  context_tokens_before: number | null
  context_tokens_after: number | null
}

/** The keys of each variant beside the common ones. Those marked deprecated repeat the first element of a list. */
interface Variants {
  system_message: { content: string }
  user_message: { content: string | LettaPart[] }
  reasoning_message: {
    reasoning: string
    source: 'reasoner_model' | 'non_reasoner_model'
    signature: string | null
  }
  hidden_reasoning_message: { state: 'redacted' | 'omitted'; hidden_reasoning: string | null }
  tool_call_message: {
    /** @deprecated The first of `tool_calls`. */
    tool_call: LettaToolCall
    tool_calls: LettaToolCall[]
  }
  /** All keys but `tool_returns` are deprecated and describe the first return. */
  tool_return_message: Omit<LettaToolReturn<string>, 'type'> & { tool_returns: LettaToolReturn[] }
  assistant_message: { content: string }
  approval_request_message: {
    /** @deprecated The first of `tool_calls`. */
    tool_call: LettaToolCall
    tool_calls: LettaToolCall[]
  }
  /** All keys but `approvals` are deprecated and describe the first approval. */
  approval_response_message: {
    approvals: (LettaApprovalReturn | LettaToolReturn)[]
    approve: boolean | null
    approval_request_id: string | null
    reason: string | null
  }
  summary_message: { summary: string; compaction_stats: CompactionStats | null }
  /** Part of the union, but never stored, so never made here. */
  event_message: { event_type: 'compaction'; event_data: Record<string, unknown> }
}

/** A Letta message before it is given the common keys. */
export type LettaBody = { [T in keyof Variants]: { message_type: T } & Variants[T] }[keyof Variants]
export type LettaMessage = { [T in keyof Variants]: { message_type: T } & Variants[T] & LettaCommon }[keyof Variants]
export type BodyOf<T extends keyof Variants> = Extract<LettaBody, { message_type: T }>

/** Which tool call is the agent's way to talk to its user, and which of its arguments is what it says. */
export interface MessageTool {
  name: string
  argument: string
}
export const MESSAGE_TOOL: MessageTool = { name: 'send_message', argument: 'message' }
