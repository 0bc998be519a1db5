/** Inspect's chat messages, usage and tool events in our terms. */
import type { ContentPart, MessageInput, Role } from '../../../domain/message.ts'
import { contentParts, funcResponse, reasoning, sum, toolCall, toolMessage } from '../chat.ts'
import { Place } from '../place.ts'
import type { RunDraft, StepPart } from '../run-draft.ts'

/** Finds what is new in each model call's input, which repeats the conversation so far. */
export class InputReader {
  private readonly run: RunDraft
  private readonly known = new Set<string>()

  constructor(run: RunDraft) {
    this.run = run
  }

  read(input: Place[]): void {
    const counts = new Map<string, number>()
    for (const message of input) {
      const key = keyOf(message)
      const nth = (counts.get(key) ?? 0) + 1
      counts.set(key, nth)
      const role = message.at('role').text()
      // Some logs name an answer and its later repetition differently, so an assistant's words count as well.
      const keys = role === 'assistant' ? [`${key}#${nth}`, `${contentKey(message)}#${nth}`] : [`${key}#${nth}`]
      const isKnown = keys.some((each) => this.known.has(each))
      for (const each of keys) this.known.add(each)
      if (!isKnown) this.hear(message, role)
    }
  }

  /** What the model just said is not new when it comes back. */
  generated(message: Place): void {
    for (const key of [keyOf(message), contentKey(message)]) {
      let nth = 1
      while (this.known.has(`${key}#${nth}`)) nth++
      this.known.add(`${key}#${nth}`)
    }
  }

  private hear(message: Place, role: string | null): void {
    if (role === 'tool') {
      const callId = message.at('tool_call_id').text()
      const asker = callId === null ? null : this.run.asker(callId)
      const isAnswered = asker?.messages.some(
        (entry) => entry.message.role === 'tool' && entry.message.tool_call_id === callId,
      )
      if (!isAnswered) this.run.answer(chatToolMessage(message), null)
    } else {
      this.run.hear(chatMessage(message, keyOf(message)), null)
    }
  }
}

function keyOf(message: Place): string {
  return message.at('id').name() ?? contentKey(message)
}

function contentKey(message: Place): string {
  const calls = message
    .at('tool_calls')
    .list()
    .map((call) => call.at('id').value ?? null)
  return JSON.stringify([message.at('role').value ?? null, message.at('content').value ?? null, calls])
}

const ROLES: Record<string, Role> = { system: 'system', user: 'user', assistant: 'assistant', tool: 'tool' }

/** A system, user or assistant message. */
export function chatMessage(message: Place, step: string): MessageInput {
  const role = ROLES[message.at('role').text() ?? ''] ?? message.at('role').fail('system, user, assistant or tool')
  const calls = message
    .at('tool_calls')
    .list()
    .map((call, index) => toolCall(call, { index, step }))
  const beside = message.at('reasoning').value
  return {
    id: message.at('id').text(),
    role,
    content: [
      ...(typeof beside === 'string' && beside !== '' ? [reasoning(beside)] : []),
      ...content(message.at('content')),
    ],
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  }
}

function content(place: Place): ContentPart[] {
  if (!Array.isArray(place.value)) return contentParts(place)
  return place.list().flatMap((part): ContentPart[] => {
    if (part.at('type').value !== 'reasoning') return contentParts(new Place([part.value ?? null], place.where))
    const text = part.at('reasoning').text() ?? ''
    if (part.at('redacted').value === true) return [{ type: 'redacted_reasoning', data: text }]
    return text === '' ? [] : [reasoning(text, part.at('signature').text())]
  })
}

function chatToolMessage(message: Place): MessageInput {
  return toolResult(
    message.at('content'),
    message.at('error'),
    message.at('tool_call_id').text(),
    message.at('function').text(),
  )
}

export function toolEventMessage(event: Place): MessageInput {
  return toolResult(event.at('result'), event.at('error'), event.at('id').text(), event.at('function').text())
}

function toolResult(result: Place, error: Place, callId: string | null, name: string | null): MessageInput {
  const status = error.known ? 'error' : 'success'
  const problem = error.at('message').text() ?? (typeof error.value === 'string' ? error.value : null)
  const isEmpty = !result.known || result.value === ''
  const parts = Array.isArray(result.value) ? content(result) : []
  const isShowable = parts.length > 0 && parts.every((part) => part.type === 'text' || part.type === 'image')
  const text = isEmpty ? (problem ?? '') : (result.scalar() ?? '')
  return toolMessage(callId, name, {
    status,
    func_response: isShowable
      ? parts.filter((part) => part.type === 'text' || part.type === 'image')
      : funcResponse(text, status),
    ...(problem !== null && !isEmpty ? { stderr: [problem] } : {}),
  })
}

const APART = new Set(['anthropic', 'bedrock'])

/**
 * Inspect's usage. Whether `input_tokens` includes cached ones differs by provider and by Inspect's version;
 * its own total tells which: input + output = total, or the cached tokens are still to be added.
 */
export function usageOf(usage: Place, provider: string | null): StepPart {
  if (!usage.optionalObject()) return {}
  const input = usage.at('input_tokens').count()
  const output = usage.at('output_tokens').count()
  const total = usage.at('total_tokens').count()
  const read = usage.at('input_tokens_cache_read').count()
  const write = usage.at('input_tokens_cache_write').count()
  const thought = usage.at('reasoning_tokens').count()
  const cached = (read ?? 0) + (write ?? 0)
  const matches = (prompt: number): boolean =>
    output !== null && total !== null && (prompt + output === total || prompt + output + (thought ?? 0) === total)
  const apart =
    input !== null &&
    cached > 0 &&
    !matches(input) &&
    (matches(input + cached) || cached > input || APART.has(provider ?? ''))
  const prompt = input === null || !apart ? input : input + cached
  return {
    prompt_tokens: prompt,
    completion_tokens: output,
    total_tokens: total ?? sum(prompt, output),
    cached_input_tokens: read,
    cache_write_tokens: write,
    reasoning_tokens: thought,
    prompt_tokens_details:
      read === null && write === null ? null : details({ cache_read_tokens: read, cache_creation_tokens: write }),
    completion_tokens_details: thought === null ? null : { reasoning_tokens: thought },
  }
}

function details(counts: Record<string, number | null>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter((entry): entry is [string, number] => entry[1] !== null))
}
