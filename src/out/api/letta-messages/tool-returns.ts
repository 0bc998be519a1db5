/** What tools answered (contract, section 4.3, "Tool returns"). */
import type { Message, ToolReturn } from '../../../domain/message.ts'
import type { BodyOf, LettaPart, LettaToolReturn } from './shape.ts'
import { describeParts, innerMessage, joinTexts, jsonText, parseObject, textsAndImages } from './text.ts'

const STATUS_OF: ReadonlyMap<unknown, LettaToolReturn['status']> = new Map([
  ['OK', 'success'],
  ['Failed', 'error'],
])

/**
 * One message for all returns but the hidden ones; undefined when none is left.
 *
 * The contract hides a whole tool message as soon as the message tool is called beside what it answers. When it
 * answers several calls, or an ordinary one, that would take the result of a call that is shown. So each return is
 * judged by the call it answers.
 */
export function toolReturnBody(
  message: Message,
  hidden: ReadonlySet<string>,
): BodyOf<'tool_return_message'> | undefined {
  const returns = returnsOf(message).filter((answer) => !hidden.has(answer.tool_call_id))
  const first = returns[0]
  if (!first) return undefined
  const { tool_return, status, tool_call_id, stdout, stderr } = first
  const text = typeof tool_return === 'string' ? tool_return : describeParts(tool_return)
  return {
    message_type: 'tool_return_message',
    tool_return: text,
    status,
    tool_call_id,
    stdout,
    stderr,
    tool_returns: returns,
  }
}

/** An internal tool return in the API's form; `callId` is the call it answers when it does not say so itself. */
export function lettaToolReturn(answer: ToolReturn, callId: string): LettaToolReturn {
  const id = answer.tool_call_id ?? callId
  return {
    type: 'tool',
    ...unpack(answer.func_response ?? '', answer.status),
    tool_call_id: jsonText(id) ?? callId,
    stdout: answer.stdout ?? null,
    stderr: answer.stderr ?? null,
  }
}

/**
 * Takes the text out of Letta's wrapper `{"status": "OK", "message": …, "time": …}`.
 * Only both keys make it a wrapper: tools from elsewhere answer with JSON of their own, which stays as it is.
 */
function unpack(
  response: NonNullable<ToolReturn['func_response']>,
  status: ToolReturn['status'],
): Pick<LettaToolReturn, 'tool_return' | 'status'> {
  if (typeof response !== 'string') return { tool_return: response as LettaPart[], status }
  const packed = parseObject(response)
  const wrapped = STATUS_OF.get(packed?.status)
  const text = wrapped && innerMessage(packed)
  return wrapped && text !== undefined ? { tool_return: text, status: wrapped } : { tool_return: response, status }
}

function returnsOf(message: Message): LettaToolReturn[] {
  const callId = message.tool_call_id ?? ''
  const stored = message.tool_returns ?? []
  // Among several, the message's one call id would be wrong for all but one of them.
  if (stored.length > 1) return stored.map((answer) => lettaToolReturn(answer, ''))
  const answers = returnParts(message)
  if (stored.length === 0 && answers.length > 0) return answers.map((answer) => lettaToolReturn(answer, callId))
  // Older rows keep the text in the content, with or without a return beside it.
  const answer = stored[0] ?? { status: message.is_err ? 'error' : 'success' }
  return [lettaToolReturn({ ...answer, func_response: answer.func_response ?? contentResponse(message) }, callId)]
}

/** Tool returns written as content parts. */
function returnParts(message: Message): ToolReturn[] {
  return (message.content ?? []).flatMap((part) =>
    part.type === 'tool_return'
      ? [
          {
            status: part.is_error ? ('error' as const) : ('success' as const),
            func_response: part.content,
            tool_call_id: part.tool_call_id,
          },
        ]
      : [],
  )
}

function contentResponse(message: Message): string | LettaPart[] {
  const parts = textsAndImages(message.content)
  return parts.length > 1 || parts[0]?.type === 'image' ? parts : joinTexts(parts)
}
