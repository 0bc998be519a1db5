/** What no dialect marks: a model and token usage make a call (mapping, section 3, row 14); generic places of content. */
import type { JsonValue } from '../../../domain/exact-json.ts'
import { messagesIn } from '../reading/messages.ts'
import { saidText, type Said, type SaidRole } from '../reading/said.ts'
import type { Dialect } from './dialect.ts'

export const unmarked: Dialect = {
  name: 'unmarked',
  namespaces: ['model', 'input', 'output', 'traceloop', 'conversation', 'session_id'],

  kind(view) {
    if (!view.has('gen_ai.request.model') && !view.has('gen_ai.response.model')) return undefined
    return view.keys.some((key) => key.startsWith('gen_ai.usage.')) ? 'call' : undefined
  },

  model: (view) => view.unquoted('model'),
  session: (view) => view.text('conversation.id', 'session_id'),
  input: (view) => plain(view.json('input') ?? view.json('traceloop.entity.input'), 'user'),
  output: (view) => plain(view.json('output') ?? view.json('traceloop.entity.output'), 'assistant'),
}

function plain(value: JsonValue | undefined, role: SaidRole): Said[] | undefined {
  if (value === undefined) return undefined
  return typeof value === 'string' ? [saidText(role, value)] : messagesIn(value, role)
}
