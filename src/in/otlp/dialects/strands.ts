/** Strands Agents (mapping, section 12.8): GenAI operations, usage in three spellings, events in its own block format. */
import { resultText } from '../reading/parts.ts'
import { tryJson } from '../reading/values.ts'
import type { View } from '../reading/view.ts'
import type { Dialect } from './dialect.ts'
import { toolRead } from './gen-ai.ts'

export const strands: Dialect = {
  name: 'strands',
  // Where the application has a name, scope and provider have the same.
  namespaces: ['scope:strands-agents', 'scope:service'],

  kind: (view) =>
    view.name === 'execute_event_loop_cycle' || view.name === 'execute_agent_loop_cycle' ? 'wrapper' : undefined,
  isStepWrapper: (view) => /^execute_(?:agent|event)_loop_cycle$/.test(view.name),

  // On Claude models the prompt is counted without its cached parts (6.2).
  countsApart: (view) => isStrands(view) && /claude|anthropic/i.test(view.text('gen_ai.request.model') ?? ''),

  tool(view) {
    if (!isStrands(view)) return undefined
    const id = view.text('gen_ai.tool.call.id')
    const status = view.text('gen_ai.tool.status', 'tool.status')
    const told = view.source.events.find(({ name }) => name === 'gen_ai.choice')?.attributes.message
    const blocks = typeof told === 'string' ? (tryJson(told) ?? told) : told
    const result = blocks === undefined ? undefined : resultText(blocks)
    return toolRead(id, view.text('gen_ai.tool.name'), result, status === 'error')
  },
}

function isStrands(view: View): boolean {
  const scope = view.source.scope.name
  return scope === 'strands-agents' || view.text('gen_ai.system', 'gen_ai.provider.name') === scope
}
