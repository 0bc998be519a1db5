/**
 * From internal messages to Letta messages (contract, section 4.3).
 *
 * Pure, and total: whatever a message holds, it is shown as well as it can be, because one odd message must not take
 * the page with it (D17; letta #2727). Pages are cut between internal messages, so one call makes all of its entries.
 */
import type { Message } from '../../domain/message.ts'
import { approvalRequestBody, approvalResponseBody } from './letta-messages/approvals.ts'
import { contentBodies } from './letta-messages/content.ts'
import { derivedOtid, messageDate } from './letta-messages/identity.ts'
import { MESSAGE_TOOL } from './letta-messages/shape.ts'
import type { BodyOf, LettaBody, LettaMessage, MessageTool } from './letta-messages/shape.ts'
import { summaryBody } from './letta-messages/summary.ts'
import { innerMessage, joinTexts, parseObject, textsAndImages } from './letta-messages/text.ts'
import { callBodies } from './letta-messages/tool-calls.ts'
import { toolReturnBody } from './letta-messages/tool-returns.ts'

export type { LettaMessage, MessageTool } from './letta-messages/shape.ts'
export { messageToolCalls, usesMessageTool } from './letta-messages/tool-calls.ts'

export interface ConversionOptions {
  /** Whether an assistant's text is its answer; false for legacy agents, which answer through a message tool. */
  textIsAssistant: boolean
  /** `send_message` with its argument `message` when absent; null = no tool is the message tool. */
  messageTool?: MessageTool | null
  order: 'asc' | 'desc'
}

/** What a message does not say about itself. */
export interface ConversionContext {
  /** Calls of the message tool in the same step ({@link messageToolCalls}): their returns are left out. */
  messageToolCallIds: ReadonlySet<string>
  /** For messages that do not name their own. */
  step_id?: string | null
  run_id?: string | null
}

/** All Letta messages of one internal message, maybe none. `desc` is the exact mirror of `asc`. */
export function toLettaMessages(
  message: Message,
  context: ConversionContext,
  options: ConversionOptions,
): LettaMessage[] {
  const entries = bodiesOf(message, context, options).map((body, index) => complete(body, index, message, context))
  return options.order === 'desc' ? entries.reverse() : entries
}

function bodiesOf(message: Message, context: ConversionContext, options: ConversionOptions): LettaBody[] {
  const tool = options.messageTool === undefined ? MESSAGE_TOOL : options.messageTool
  const calls = message.tool_calls ?? []
  switch (message.role) {
    case 'user':
      return [userBody(message)]
    case 'system':
      return [{ message_type: 'system_message', content: joinTexts(message.content) }]
    case 'summary':
      return [summaryBody(message)]
    case 'assistant':
      return [...contentBodies(message.content ?? [], options.textIsAssistant), ...callBodies(calls, tool)]
    case 'approval':
      return [
        ...contentBodies(message.content ?? [], options.textIsAssistant),
        approvalRequestBody(calls) ?? approvalResponseBody(message),
      ]
    case 'tool':
    case 'function': {
      const body = toolReturnBody(message, tool ? context.messageToolCallIds : new Set())
      return body ? [body] : []
    }
    default:
      // No role that a ledger accepts; the union has no place for it.
      return []
  }
}

function userBody(message: Message): BodyOf<'user_message'> {
  const parts = textsAndImages(message.content)
  const only = parts.length === 1 ? parts[0] : undefined
  if (only?.type === 'text') return { message_type: 'user_message', content: unpackUserText(only.text) }
  return { message_type: 'user_message', content: parts.length === 0 ? '' : parts }
}

/** The text in `{"type": "user_message", "message": …}`; other packed texts (logins, heartbeats) stay as they are. */
function unpackUserText(text: string): string {
  const packed = parseObject(text)
  return (packed?.type === 'user_message' ? innerMessage(packed) : undefined) ?? text
}

/** These carry the otid that their sender gave them; all others one made from the message's id. */
const STORED_OTID: ReadonlySet<LettaBody['message_type']> = new Set([
  'user_message',
  'system_message',
  'summary_message',
  'approval_request_message',
  'approval_response_message',
] as const)

/** Adds the common keys: all of them to every variant, which is harmless where the retired server left some out. */
function complete(body: LettaBody, index: number, message: Message, context: ConversionContext): LettaMessage {
  const { message_type, ...own } = body
  return {
    message_type,
    id: message.id,
    otid: STORED_OTID.has(message_type) ? (message.otid ?? null) : derivedOtid(message.id, index),
    date: messageDate(message.created_at),
    ...own,
    step_id: message.step_id ?? context.step_id ?? null,
    run_id: message.run_id ?? context.run_id ?? null,
    name: message.name ?? null,
    sender_id: message.sender_id ?? null,
    is_err: message.is_err ? true : null,
    seq_id: null,
    // The compiler cannot see that `own` belongs to `message_type` once they are apart.
  } as LettaMessage
}
