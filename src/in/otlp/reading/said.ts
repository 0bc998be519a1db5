/** A message as dialects report it, before it becomes a step's message. JSON-serialisable. */
import type { ContentPart } from '../../../domain/message.ts'

export type SaidRole = 'system' | 'user' | 'assistant' | 'tool'

/** Parts as in mapping section 9.3; a tool call or return whose id nobody told has the id `''`. */
export type SaidPart = ContentPart

export interface Said {
  role: SaidRole
  parts: SaidPart[]
  name?: string
  /** An output's finish reason, in the source's own word. */
  finish?: string
}

/** Whether a part is reasoning of whatever kind. */
export function isThought({ type }: SaidPart): boolean {
  return type.endsWith('reasoning')
}

export function textPart(text: string): SaidPart {
  return { type: 'text', text }
}

export function saidText(role: SaidRole, text: string): Said {
  return { role, parts: text === '' ? [] : [textPart(text)] }
}

/** Messages of one answer, told piece by piece, as the one message they are. */
export function joined(messages: readonly Said[]): Said[] {
  const out: Said[] = []
  for (const message of messages) {
    const last = out.at(-1)
    if (last?.role === 'assistant' && message.role === 'assistant') {
      last.parts = [...last.parts, ...message.parts]
      if (message.finish !== undefined) last.finish = message.finish
    } else {
      out.push({ ...message })
    }
  }
  return out
}

/** Chunks of one streamed answer, each told as a message: their texts are one text. */
export function chunksJoined(messages: readonly Said[]): Said[] {
  return joined(messages).map((said) => ({ ...said, parts: said.parts.reduce<SaidPart[]>(appended, []) }))
}

function appended(parts: SaidPart[], next: SaidPart): SaidPart[] {
  const last = parts.at(-1)
  if (last?.type === 'text' && next.type === 'text') parts[parts.length - 1] = textPart(last.text + next.text)
  else if (last?.type === 'reasoning' && next.type === 'reasoning' && last.signature === undefined)
    parts[parts.length - 1] = { ...next, reasoning: last.reasoning + next.reasoning }
  else parts.push(next)
  return parts
}
