/** Pydantic AI and Logfire (mapping, section 12.8): GenAI names; pending placeholders; events in one attribute. */
import { messagesOfEventList } from '../reading/events.ts'
import { joined, type Said } from '../reading/said.ts'
import type { View } from '../reading/view.ts'
import type { Dialect } from './dialect.ts'
import { named, toolRead } from './gen-ai.ts'

export const pydanticAi: Dialect = {
  name: 'pydantic_ai',
  namespaces: ['logfire', 'pydantic_ai', 'events', 'agent_name', 'model_name', 'all_messages_events'],

  /** Its agent and tool spans have no operation name in older versions. */
  kind(view) {
    if (view.has('gen_ai.operation.name')) return undefined
    if (view.has('gen_ai.tool.name') && !view.has('gen_ai.request.model')) return 'tool'
    const isAgent = view.has('pydantic_ai.all_messages') || view.has('all_messages_events') || view.has('final_result')
    return isAgent || (view.has('agent_name') && view.has('model_name')) ? 'agent' : undefined
  },

  agent: (view) => named(undefined, view.text('agent_name')),
  agentSpanName: (view) => view.text('agent_name'),
  // Logfire's baggage.
  user: (view) => view.text('user_id'),
  // One of them only says what kind of span it is.
  tags: (view) => view.texts('logfire.tags').filter((tag) => tag !== 'LLM'),
  input: (view) => nonEmpty(eventsOf(view).input),
  output: (view) => nonEmpty(eventsOf(view).output),
  request(view) {
    const parameters = view.object('model_request_parameters')
    return parameters && { model_request_parameters: parameters }
  },
  tool: (view) => toolRead(view.text('gen_ai.tool.call.id'), view.text('gen_ai.tool.name'), view.json('tool_response')),
}

/** Logfire's form for the Responses API has no event for the answer: its items stand at the end of the request. */
function eventsOf(view: View): { input: Said[]; output: Said[] } {
  const told = messagesOfEventList(view.json('events'))
  const end = told.input.findLastIndex(({ role }) => role !== 'assistant') + 1
  if (!view.source.scope.name.startsWith('logfire.') || told.output.length > 0 || end === told.input.length) return told
  return { input: told.input.slice(0, end), output: joined(told.input.slice(end)) }
}

function nonEmpty(said: Said[]): Said[] | undefined {
  return said.length > 0 ? said : undefined
}

/** A placeholder that Logfire sends before the real span ends (section 3, row 0). */
export interface Announced {
  readonly spanId: string
  readonly parentId: string | null
}

/** Which span a placeholder stands for: its parent is the span itself, the attribute names the true parent. */
export function announcedBy(view: View, parentId: string | null): Announced | undefined {
  if (view.text('logfire.span_type') !== 'pending_span' || parentId === null) return undefined
  const parent = view.text('logfire.pending_parent_id')?.toLowerCase() ?? ''
  return { spanId: parentId, parentId: /^[0-9a-f]{16}$/.test(parent) && !/^0+$/.test(parent) ? parent : null }
}
