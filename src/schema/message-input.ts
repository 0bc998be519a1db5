/** What may be recorded as an internal message (contract, section 4.1). */
import { z } from 'zod'
import { MESSAGE_ID } from '../domain/id.ts'
import { ROLES } from '../domain/message.ts'
import { AnyObject, AnyValue, DateTime, OpaqueId } from './fields.ts'

/** Text inside a message is kept as it came, U+0000 included: it is stored as JSON. */
const Text = z.string()
const OptionalText = Text.nullish()

const TextPart = z.strictObject({ type: z.literal('text'), text: Text, signature: OptionalText })
const ImagePart = z.strictObject({
  type: z.literal('image'),
  source: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('url'), url: Text }),
    z.strictObject({ type: z.literal('base64'), media_type: Text, data: Text, detail: OptionalText }),
    z.strictObject({
      type: z.literal('letta'),
      file_id: Text,
      media_type: OptionalText,
      data: OptionalText,
      detail: OptionalText,
    }),
  ]),
})

const ContentPartSchema = z.discriminatedUnion('type', [
  TextPart,
  ImagePart,
  z.strictObject({ type: z.literal('tool_call'), id: Text, name: Text, input: AnyObject, signature: OptionalText }),
  z.strictObject({ type: z.literal('tool_return'), tool_call_id: Text, content: Text, is_error: z.boolean() }),
  z.strictObject({ type: z.literal('reasoning'), is_native: z.boolean(), reasoning: Text, signature: OptionalText }),
  z.strictObject({ type: z.literal('redacted_reasoning'), data: Text }),
  z.strictObject({ type: z.literal('omitted_reasoning'), signature: OptionalText }),
  z.strictObject({
    type: z.literal('summarized_reasoning'),
    id: Text,
    summary: z.array(z.strictObject({ index: z.int(), text: Text })),
    encrypted_content: OptionalText,
  }),
])

const ToolCall = z.strictObject({
  id: Text,
  type: z.literal('function').default('function'),
  function: z.strictObject({ name: Text, arguments: Text }),
})

const ToolReturn = z.strictObject({
  status: z.enum(['success', 'error']),
  func_response: z.union([Text, z.array(z.discriminatedUnion('type', [TextPart, ImagePart]))]).nullish(),
  stdout: z.array(Text).nullish(),
  stderr: z.array(Text).nullish(),
  tool_call_id: AnyValue.optional(),
})

const ApprovalReturn = z.strictObject({
  type: z.literal('approval'),
  tool_call_id: Text,
  approve: z.boolean(),
  reason: OptionalText,
})

export const MessageInputSchema = z.strictObject({
  id: z.string().regex(MESSAGE_ID, 'must be message-<uuid> in lower case').nullish(),
  role: z.enum(ROLES),
  content: z.union([Text, z.array(ContentPartSchema)]).nullish(),
  tool_calls: z.array(ToolCall).nullish(),
  tool_call_id: OptionalText,
  tool_returns: z.array(ToolReturn).nullish(),
  approvals: z.array(z.union([ApprovalReturn, ToolReturn])).nullish(),
  approve: z.boolean().nullish(),
  approval_request_id: OptionalText,
  denial_reason: OptionalText,
  name: OptionalText,
  model: OptionalText,
  agent_id: OpaqueId.nullish(),
  step_id: OptionalText,
  run_id: OpaqueId.nullish(),
  group_id: OptionalText,
  sender_id: OptionalText,
  batch_item_id: OptionalText,
  otid: OptionalText,
  conversation_id: OptionalText,
  is_err: z.boolean().nullish(),
  created_at: DateTime.nullish(),
  updated_at: OptionalText,
  created_by_id: OptionalText,
  last_updated_by_id: OptionalText,
})
