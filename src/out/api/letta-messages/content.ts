/** Content parts of assistant and approval messages, left to right (contract, section 4.3, second table). */
import type { ContentPart } from '../../../domain/message.ts'
import type { BodyOf, LettaBody } from './shape.ts'

type Reasoning = BodyOf<'reasoning_message'>
type Summarized = Extract<ContentPart, { type: 'summarized_reasoning' }>

export function contentBodies(parts: readonly ContentPart[], textIsAssistant: boolean): LettaBody[] {
  const bodies: LettaBody[] = []
  for (const part of parts) {
    const body = partBody(part, textIsAssistant)
    if (body && !appended(bodies.at(-1), body, part)) bodies.push(body)
  }
  return bodies
}

function partBody(part: ContentPart, textIsAssistant: boolean): LettaBody | undefined {
  switch (part.type) {
    case 'text':
      return textIsAssistant
        ? { message_type: 'assistant_message', content: part.text }
        : reasoning(part.text, 'non_reasoner_model', null)
    case 'reasoning':
      return reasoning(part.reasoning, 'reasoner_model', part.signature ?? null)
    case 'summarized_reasoning':
      return summarizedBody(part)
    case 'redacted_reasoning':
      return { message_type: 'hidden_reasoning_message', state: 'redacted', hidden_reasoning: part.data }
    case 'omitted_reasoning':
      return { message_type: 'hidden_reasoning_message', state: 'omitted', hidden_reasoning: null }
    default:
      // A tool call is told by `tool_calls`; the union has no place for images and tool returns of an assistant.
      return undefined
  }
}

function summarizedBody(part: Summarized): Reasoning | undefined {
  const texts = part.summary.map((item) => item.text).filter((text) => text !== '')
  if (texts.length === 0) return undefined
  return reasoning(texts.join('\n\n'), 'reasoner_model', part.encrypted_content ?? null)
}

function reasoning(text: string, source: Reasoning['source'], signature: string | null): Reasoning {
  return { message_type: 'reasoning_message', reasoning: text, source, signature }
}

/** Adds an answer's text to an answer, and native reasoning to any reasoning, directly before it. */
function appended(previous: LettaBody | undefined, body: LettaBody, part: ContentPart): boolean {
  if (previous?.message_type === 'assistant_message' && body.message_type === 'assistant_message') {
    previous.content += body.content
    return true
  }
  if (previous?.message_type === 'reasoning_message' && part.type === 'reasoning') {
    // The first signature and source stay, as the contract has it.
    previous.reasoning += part.reasoning
    return true
  }
  return false
}
