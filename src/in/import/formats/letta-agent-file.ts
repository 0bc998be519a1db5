/** Letta agent files (`.af`): an agent, or several, with their messages. See docs/import.md. */
import { isJsonObject, parseExact } from '../../../domain/exact-json.ts'
import { derivedId } from '../../../domain/id.ts'
import type { ContentPart, MessageInput, ToolReturn } from '../../../domain/message.ts'
import type { StepInput } from '../../../domain/step.ts'
import { contentParts, nameOrNull, reasoning, toolCall } from '../chat.ts'
import type { ImportFormat } from '../format.ts'
import { Place, topLevelKeys } from '../place.ts'
import { idOr, RunDraft, type StepPart } from '../run-draft.ts'

export const lettaAgentFile: ImportFormat = {
  name: 'letta-agent-file',
  describe: 'Letta agent files (.af)',
  detect(file) {
    const keys = topLevelKeys(file.head())
    if (keys.has('agents'))
      return file.name.endsWith('.af') || /"(agent_type|llm_config|memory_blocks)"\s*:/.test(file.head())
    return keys.has('agent_type') && (keys.has('core_memory') || keys.has('llm_config') || keys.has('messages'))
  },
  *steps(file) {
    const root = new Place(file.json())
    root.object()
    for (const agent of root.at('agents').known ? root.at('agents').list() : [root]) yield* agentSteps(agent, root)
  },
}

function agentSteps(agent: Place, root: Place): StepInput[] {
  agent.object()
  const messages = agent.at('messages').list()
  const own = agent.at('id').text()
  const name = agent.at('name').text()
  // Files of the newer form count their agents (agent-0, agent-1): that is no id of an agent, the name says more.
  const known = own !== null && !/^agent-\d+$/.test(own) ? own : null
  const created = agent.at('created_at').time() ?? root.at('created_at').time()
  const first =
    messages
      .find((message) => message.at('created_at').known)
      ?.at('created_at')
      .scalar() ?? ''
  const identity = [name ?? '', known ?? own ?? '', created ?? '', first]
  const agentId = nameOrNull(known) ?? nameOrNull(name) ?? nameOrNull(own)
  const config = agent.at('llm_config')
  const shared: StepPart = {
    agent_id: agentId,
    run_id: derivedId('run', 'letta-agent-file', ...identity),
    status: 'success',
    tags: agent
      .at('tags')
      .list()
      .flatMap((each) => nameOrNull(each.text()) ?? []),
  }
  const run = new RunDraft()
  messages.forEach((message, index) => {
    const role = message.at('role').text()
    const time = message.at('created_at').time()
    const id = derivedId('step', 'letta-agent-file', ...identity, message.at('id').text() ?? index)
    const asks = message.at('tool_calls').list().length > 0
    if (role === 'assistant' || (role === 'approval' && asks)) {
      const step = idOr(
        stepId(message.at('step_id').text()),
        'step',
        'letta-agent-file',
        ...identity,
        message.at('id').text() ?? index,
      )
      const last = run.steps.at(-1)
      // One inference whose answer is kept as several messages names the same step.
      if (last && last.fields.id === step) run.add(last, internal(message, role, step), time)
      else {
        const runId = message.at('run_id').text()
        run.step(
          { id: step, ...shared, ...(runId ? { run_id: runId } : {}), ...modelFields(message, config) },
          time,
          message.where,
          internal(message, role, step),
        )
      }
    } else if (role === 'tool') {
      run.answer(toolMessage(message, id), time)
    } else if (
      role === 'user' ||
      role === 'system' ||
      role === 'summary' ||
      role === 'approval' ||
      role === 'function'
    ) {
      run.hear(internal(message, role, id), time)
    } else message.at('role').fail('system, user, assistant, tool, approval or summary')
  })
  return run.finish(created)
}

/** The agent's configuration is the one at the time of export: it tells about a step only if the model is the same. */
function modelFields(message: Place, config: Place): StepPart {
  const model = nameOrNull(message.at('model').text())
  if (model === null || config.at('model').text() !== model) return { model }
  return {
    model,
    model_handle: nameOrNull(config.at('handle').text()),
    provider_name: nameOrNull(config.at('provider_name').text() ?? config.at('model_endpoint_type').text()),
    provider_category: config.at('provider_category').text(),
    model_endpoint: config.at('model_endpoint').text(),
    context_window_limit: config.at('context_window').count(),
  }
}

/** The file's messages are internal messages already, but for ids that only count them. */
function internal(
  message: Place,
  role: 'assistant' | 'user' | 'system' | 'summary' | 'approval' | 'function',
  step: string,
): MessageInput {
  const calls = message
    .at('tool_calls')
    .list()
    .map((call, index) => toolCall(call, { index, step }))
  const approvals = message.at('approvals').list()
  return {
    id: message.at('id').text(),
    role,
    content: content(message.at('content')),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
    ...(approvals.length > 0 ? { approvals: approvals.map(approval) } : {}),
    ...kept(message, [
      'name',
      'model',
      'group_id',
      'sender_id',
      'otid',
      'approval_request_id',
      'denial_reason',
    ] as const),
    ...(typeof message.at('approve').value === 'boolean' ? { approve: message.at('approve').value as boolean } : {}),
  }
}

function kept<K extends string>(message: Place, keys: readonly K[]): { [k in K]?: string } {
  const entries = keys.map((key) => [key, message.at(key).text()]).filter(([, value]) => value !== null)
  return Object.fromEntries(entries) as { [k in K]?: string }
}

const OURS = new Set([
  'reasoning',
  'redacted_reasoning',
  'omitted_reasoning',
  'summarized_reasoning',
  'tool_call',
  'tool_return',
])

function content(place: Place): ContentPart[] {
  if (!Array.isArray(place.value)) return contentParts(place)
  return place.list().flatMap((part): ContentPart[] => {
    const type = part.at('type').text() ?? ''
    if (type === 'text') return [textPart(part)]
    if (type === 'image' && isJsonObject(part.at('source').value)) return [part.object() as unknown as ContentPart]
    if (type === 'reasoning' && !part.at('is_native').known)
      return [reasoning(part.at('reasoning').text() ?? '', part.at('signature').text())]
    if (OURS.has(type)) return [part.object() as unknown as ContentPart]
    return contentParts(new Place([part.value ?? null], place.where))
  })
}

function textPart(part: Place): ContentPart {
  const signature = part.at('signature').text()
  return { type: 'text', text: part.at('text').text() ?? '', ...(signature === null ? {} : { signature }) }
}

/** Older files keep a tool's result as the message's text only: `{"status": "OK", "message": …, "time": …}`. */
function toolMessage(message: Place, step: string): MessageInput {
  const callId = message.at('tool_call_id').text()
  const returns = message.at('tool_returns').list().map(toolReturn)
  const text = contentParts(message.at('content'))
    .map((part) => (part.type === 'text' ? part.text : ''))
    .join('')
  const one: ToolReturn = {
    status: failed(text) ? 'error' : 'success',
    func_response: text,
    ...(callId === null ? {} : { tool_call_id: callId }),
  }
  return {
    ...kept(message, ['name', 'model', 'group_id'] as const),
    id: message.at('id').text() ?? derivedId('message', step),
    role: 'tool',
    tool_call_id: callId ?? (returns[0]?.tool_call_id as string | undefined) ?? null,
    tool_returns: returns.length > 0 ? returns : [one],
  }
}

function failed(text: string): boolean {
  if (!text.startsWith('{')) return false
  try {
    const envelope = parseExact(text)
    return isJsonObject(envelope) && envelope['status'] === 'Failed'
  } catch {
    return false
  }
}

function toolReturn(place: Place): ToolReturn {
  const response = place.at('func_response')
  return {
    status: place.at('status').text() === 'error' ? 'error' : 'success',
    func_response:
      response.known && typeof response.value !== 'string' ? JSON.stringify(response.value) : response.text(),
    ...output(place, 'stdout'),
    ...output(place, 'stderr'),
    ...(place.at('tool_call_id').known ? { tool_call_id: place.at('tool_call_id').value } : {}),
  }
}

function output<K extends 'stdout' | 'stderr'>(place: Place, key: K): { [k in K]?: string[] } {
  const lines = place.at(key)
  if (!lines.known) return {}
  const texts = typeof lines.value === 'string' ? [lines.value] : lines.list().map((line) => line.text() ?? '')
  return { [key]: texts } as { [k in K]?: string[] }
}

function approval(
  place: Place,
): ToolReturn | { type: 'approval'; tool_call_id: string; approve: boolean; reason?: string | null } {
  if (place.at('approve').value === undefined) return toolReturn(place)
  return {
    type: 'approval',
    tool_call_id: place.at('tool_call_id').text() ?? '',
    approve: place.at('approve').value === true,
    reason: place.at('reason').text(),
  }
}

function stepId(id: string | null): string | null {
  return id !== null && /^step-[0-9a-f-]{36}$/.test(id) ? id : null
}
