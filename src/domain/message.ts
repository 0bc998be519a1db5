/** Internal messages: what a step holds (contract, section 4.1). Keys are the API's own. */
import type { JsonObject, JsonValue } from './exact-json.ts'

export const ROLES = ['assistant', 'user', 'tool', 'function', 'system', 'approval', 'summary'] as const
export type Role = (typeof ROLES)[number]

export type ImageSource =
  | { type: 'url'; url: string }
  | { type: 'base64'; media_type: string; data: string; detail?: string | null | undefined }
  | {
      type: 'letta'
      file_id: string
      media_type?: string | null | undefined
      data?: string | null | undefined
      detail?: string | null | undefined
    }

export type TextPart = { type: 'text'; text: string; signature?: string | null | undefined }
export type ImagePart = { type: 'image'; source: ImageSource }
export type ContentPart =
  | TextPart
  | ImagePart
  | { type: 'tool_call'; id: string; name: string; input: JsonObject; signature?: string | null | undefined }
  | { type: 'tool_return'; tool_call_id: string; content: string; is_error: boolean }
  | { type: 'reasoning'; is_native: boolean; reasoning: string; signature?: string | null | undefined }
  | { type: 'redacted_reasoning'; data: string }
  | { type: 'omitted_reasoning'; signature?: string | null | undefined }
  | {
      type: 'summarized_reasoning'
      id: string
      summary: { index: number; text: string }[]
      encrypted_content?: string | null | undefined
    }

export interface ToolCall {
  id: string
  type: 'function'
  /** `arguments` is JSON as text, as the model wrote it. */
  function: { name: string; arguments: string }
}

export interface ToolReturn {
  status: 'success' | 'error'
  func_response?: string | (TextPart | ImagePart)[] | null | undefined
  stdout?: string[] | null | undefined
  stderr?: string[] | null | undefined
  tool_call_id?: JsonValue | undefined
}

export interface ApprovalReturn {
  type: 'approval'
  tool_call_id: string
  approve: boolean
  reason?: string | null | undefined
}

/** A message as somebody records it: only `role` is needed. */
export interface MessageInput {
  id?: string | null | undefined
  role: Role
  /** A plain text is short for one text part. */
  content?: string | ContentPart[] | null | undefined
  tool_calls?: ToolCall[] | null | undefined
  tool_call_id?: string | null | undefined
  tool_returns?: ToolReturn[] | null | undefined
  approvals?: (ApprovalReturn | ToolReturn)[] | null | undefined
  approve?: boolean | null | undefined
  approval_request_id?: string | null | undefined
  denial_reason?: string | null | undefined
  name?: string | null | undefined
  model?: string | null | undefined
  agent_id?: string | null | undefined
  step_id?: string | null | undefined
  run_id?: string | null | undefined
  group_id?: string | null | undefined
  sender_id?: string | null | undefined
  batch_item_id?: string | null | undefined
  otid?: string | null | undefined
  conversation_id?: string | null | undefined
  is_err?: boolean | null | undefined
  /** ISO 8601; the step's own time when absent. */
  created_at?: string | null | undefined
  updated_at?: string | null | undefined
  created_by_id?: string | null | undefined
  last_updated_by_id?: string | null | undefined
}

/** A message as a step keeps it: with an id, a time, content parts, and no key whose value is null. */
export interface Message extends Omit<MessageInput, 'id' | 'content' | 'created_at'> {
  id: string
  content?: ContentPart[]
  created_at: string
}
