/** Steps whose sizes follow from their numbers, so that what is counted of them does too. */
import type { JsonObject } from '../../src/domain/exact-json.ts'
import { normalise } from '../../src/domain/normalise.ts'
import type { MessageInput } from '../../src/domain/message.ts'
import type { StepInput } from '../../src/domain/step.ts'
import type { StepChange } from '../../src/store/store.ts'

export const BEGIN = Date.UTC(2026, 0, 1)

/** The n-th step of a ledger. */
export function stepId(n: number): string {
  return `step-00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
}

export function stepInput(n: number, own: Partial<StepInput> = {}): StepInput {
  return {
    id: stepId(n),
    created_at: new Date(BEGIN + n * 1000).toISOString(),
    status: 'success',
    stop_reason: 'end_turn',
    prompt_tokens: 100,
    completion_tokens: 20,
    total_tokens: 120,
    metrics: { llm_request_ns: 5_000_000, step_ns: 6_000_000 },
    ...own,
  }
}

/** What a model was asked and answered, calling a tool; of about so many bytes. */
export function turn(n: number, bytes: number): MessageInput[] {
  const call = { id: `call_${n}`, type: 'function' as const, function: { name: 'search', arguments: '{"limit":10}' } }
  return [
    { role: 'user', content: prose(bytes / 2, n * 2) },
    { role: 'assistant', content: prose(bytes / 2, n * 2 + 1), tool_calls: [call] },
  ]
}

/** A provider's request with a history of so many turns, and its response. */
export function trace(history: readonly number[], bytes: number): StepInput['provider_trace'] {
  const messages = history.flatMap((n) => turn(n, bytes)) as unknown as JsonObject[]
  const answer = prose(bytes / 2, history.length)
  return { request_json: { model: 'gpt-4.1-mini', messages }, response_json: { choices: [{ content: answer }] } }
}

const WORDS = `order customer flight refund account request response server value list file function result user agent
the of and to a in that is was for on with as by at from this be are or an it not have which one all were`.split(/\s+/)

/** Text that compresses like text, the same for the same seed (mulberry32). */
export function prose(bytes: number, seed: number): string {
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  let text = ''
  while (text.length < bytes)
    text += `${next() < 0.2 ? Math.floor(next() * 1e6) : WORDS[Math.floor(next() * WORDS.length)]} `
  return text.slice(0, bytes)
}

/** As the store takes it. */
export function recorded(input: StepInput): StepChange {
  return { kind: 'record', ...normalise(input, null) }
}
