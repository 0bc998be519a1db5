/** Letta messages as the API returns them, turned back into internal messages (contract, 4.1 to 4.3). */
import type { ApprovalReturn, ContentPart, MessageInput, ToolReturn } from '../../domain/message.ts'
import type { Micros } from '../../domain/time.ts'
import { contentParts, reasoning, toolCall, toolResponse } from './chat.ts'
import type { Place } from './place.ts'
import type { RunDraft, StepDraft } from './run-draft.ts'

/** The message types that an inference yields. */
export const GENERATED: ReadonlySet<string> = new Set([
  'reasoning_message',
  'hidden_reasoning_message',
  'assistant_message',
  'tool_call_message',
  'approval_request_message',
])

/** Adds a generated message to its step; the parts of one internal message share its id and become one again. */
export function generate(run: RunDraft, step: StepDraft, message: Place, time: Micros | null): void {
  const id = message.at('id').text()
  const type = message.at('message_type').text()
  const found = step.messages.find((entry) => id !== null && entry.message.id === id)?.message
  const target: MessageInput = found ?? {
    id,
    role: 'assistant',
    content: [],
    ...text(message, 'name'),
    ...text(message, 'sender_id'),
  }
  const content = target.content as ContentPart[]
  if (type === 'tool_call_message' || type === 'approval_request_message') {
    const calls = message.at('tool_calls').known ? message.at('tool_calls') : message.at('tool_call')
    const list = Array.isArray(calls.value) ? calls.list() : calls.known ? [calls] : []
    const made = list.map((call, index) => toolCall(call, { index, step: step.fields.id }))
    target.tool_calls = [...(target.tool_calls ?? []), ...made]
    run.asks(step, made)
    if (type === 'approval_request_message') target.role = 'approval'
  } else if (type === 'reasoning_message') {
    const native = message.at('source').text() === 'reasoner_model'
    content.push(reasoning(message.at('reasoning').text() ?? '', message.at('signature').text(), native))
  } else if (type === 'hidden_reasoning_message') {
    const hidden = message.at('hidden_reasoning').text()
    const redacted = message.at('state').text() === 'redacted' && hidden !== null
    content.push(redacted ? { type: 'redacted_reasoning', data: hidden } : { type: 'omitted_reasoning' })
  } else {
    content.push(...contentParts(message.at('content')))
  }
  if (!found) run.add(step, target, time)
}

/** A message that the agent was given. Events and statistics are none. */
export function heard(message: Place): MessageInput | undefined {
  const id = message.at('id').text()
  const common = { id, ...text(message, 'name'), ...text(message, 'sender_id'), ...text(message, 'otid') }
  switch (message.at('message_type').text()) {
    case 'user_message':
      return { ...common, role: 'user', content: contentParts(message.at('content')) }
    case 'system_message':
      return { ...common, role: 'system', content: contentParts(message.at('content')) }
    case 'assistant_message':
      return { ...common, role: 'assistant', content: contentParts(message.at('content')) }
    case 'summary_message':
      return { ...common, role: 'summary', content: contentParts(message.at('summary')) }
    case 'approval_response_message':
      return { ...common, role: 'approval', approvals: approvals(message) }
    default:
      return undefined
  }
}

/** A tool return message, in the newer form (`tool_returns`) or the older one (its fields on the message). */
export function toolReturns(message: Place): MessageInput {
  const returns = message.at('tool_returns').known ? message.at('tool_returns').list() : [message]
  return {
    id: message.at('id').text(),
    role: 'tool',
    tool_call_id: message.at('tool_call_id').text() ?? returns[0]?.at('tool_call_id').text() ?? null,
    ...text(message, 'name'),
    tool_returns: returns.map(toolReturn),
  }
}

function toolReturn(place: Place): ToolReturn {
  const status = place.at('status').text() === 'error' ? 'error' : 'success'
  const value = place.at('tool_return')
  return {
    status,
    func_response: value.known ? toolResponse(value, status) : null,
    ...lines(place, 'stdout'),
    ...lines(place, 'stderr'),
    ...(place.at('tool_call_id').known ? { tool_call_id: place.at('tool_call_id').value } : {}),
  }
}

function approvals(message: Place): (ApprovalReturn | ToolReturn)[] {
  if (!message.at('approvals').known)
    return message.at('approval_request_id').known ? [approval(message, 'approval_request_id')] : []
  return message
    .at('approvals')
    .list()
    .map((each) => (each.at('approve').known ? approval(each, 'tool_call_id') : toolReturn(each)))
}

function approval(place: Place, idKey: string): ApprovalReturn {
  return {
    type: 'approval',
    tool_call_id: place.at(idKey).text() ?? '',
    approve: place.at('approve').value === true,
    reason: place.at('reason').text(),
  }
}

function lines<K extends 'stdout' | 'stderr'>(place: Place, key: K): { [k in K]?: string[] } {
  const value = place.at(key)
  if (!value.known) return {}
  const texts = typeof value.value === 'string' ? [value.value] : value.list().map((each) => each.text() ?? '')
  return { [key]: texts } as { [k in K]?: string[] }
}

function text<K extends string>(place: Place, key: K): { [k in K]?: string } {
  const value = place.at(key).text()
  return (value === null ? {} : { [key]: value }) as { [k in K]?: string }
}
