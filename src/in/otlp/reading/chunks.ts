/** A streamed answer from its chunks, in the form of OpenAI's chat completions: what its pieces say of tool calls and of its end. */
import type { JsonObject, JsonValue } from '../../../domain/exact-json.ts'
import { asCount, asText, at } from './values.ts'

interface Piecewise {
  id: string
  name: string
  arguments: string
}

export interface Streamed {
  /** `{id, function: {name, arguments}}`, in the order of their indexes; arguments are the text as it was sent. */
  readonly calls: readonly JsonObject[]
  /** The last reason that a chunk told. */
  readonly finish: string | undefined
}

/** @param chunks `{choices: [{delta: {tool_calls: [{index, id, function}]}, finish_reason}]}`; anything else says nothing */
export function streamedIn(chunks: readonly JsonValue[]): Streamed {
  const calls = new Map<number, Piecewise>()
  let finish: string | undefined
  for (const chunk of chunks) {
    const choice = at(chunk, 'choices', 0)
    finish = asText(at(choice, 'finish_reason')) ?? finish
    const pieces = at(choice, 'delta', 'tool_calls')
    for (const piece of Array.isArray(pieces) ? pieces : []) {
      const index = asCount(at(piece, 'index')) ?? 0
      const call = calls.get(index) ?? { id: '', name: '', arguments: '' }
      call.id ||= asText(at(piece, 'id')) ?? ''
      call.name += asText(at(piece, 'function', 'name')) ?? ''
      call.arguments += asText(at(piece, 'function', 'arguments')) ?? ''
      calls.set(index, call)
    }
  }
  const inOrder = [...calls].sort(([a], [b]) => a - b).map(([, call]) => call)
  return { calls: inOrder.map(({ id, ...called }) => ({ id, function: called })), finish }
}
