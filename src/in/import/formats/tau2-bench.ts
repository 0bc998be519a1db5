/** tau2-bench results: an agent and a simulated customer talk; each is an agent of its own here. See docs/import.md. */
import type { JsonObject, JsonValue } from '../../../domain/exact-json.ts'
import { derivedId } from '../../../domain/id.ts'
import type { MessageInput, ToolCall } from '../../../domain/message.ts'
import type { StepInput, StopReason } from '../../../domain/step.ts'
import {
  contentParts,
  nameOrNull,
  providerOf,
  reasoningParts,
  stopReason,
  tag,
  toolCall,
  toolMessage,
  toolResponse,
  usageFields,
  withoutUnknown,
} from '../chat.ts'
import type { ImportFormat } from '../format.ts'
import { Place, topLevelKeys } from '../place.ts'
import { idOr, RunDraft, trace } from '../run-draft.ts'

type Role = 'assistant' | 'user'

export const tau2Bench: ImportFormat = {
  name: 'tau2-bench',
  describe: 'tau2-bench simulation results (.json)',
  detect(file) {
    const head = file.head()
    const keys = topLevelKeys(head)
    if (keys.has('simulations') && (keys.has('tasks') || keys.has('info'))) return true
    if (keys.has('info') && /"agent_info"\s*:/.test(head)) return true
    return keys.has('task_id') && keys.has('id') && (keys.has('termination_reason') || keys.has('start_time'))
  },
  *steps(file) {
    const root = new Place(file.json())
    root.object()
    const one = !root.at('simulations').known && root.at('messages').known
    const seen = new Map<string, number>()
    for (const simulation of one ? [root] : root.at('simulations').list())
      yield* simulationSteps(root, simulation, seen)
  },
}

/** One side of a conversation: who it is, its run, and what it has seen so far in the form a model is sent. */
interface Side {
  role: Role
  run: RunDraft
  runId: string
  agent: string | null
  model: string | null
  request: JsonObject
  history: JsonValue[]
}

function simulationSteps(root: Place, simulation: Place, seen: Map<string, number>): StepInput[] {
  simulation.object()
  const own = simulation.at('id').scalar()
  const base = simulation.at('start_time').time() ?? simulation.at('timestamp').time() ?? root.at('timestamp').time()
  const told =
    own ??
    [simulation.at('task_id').scalar(), simulation.at('trial').scalar(), simulation.at('seed').scalar(), base].join('/')
  const count = (seen.get(told) ?? 0) + 1
  seen.set(told, count)
  const identity = count === 1 ? told : `${told}#${count}`
  const runId = idOr(own === null ? null : identity, 'run', 'tau2-bench', identity)
  const info = root.at('info')
  const environment = info.at('environment_info')
  const tags = [
    ...tag('domain', info.at('environment_info').at('domain_name').text()),
    ...tag('task', simulation.at('task_id').scalar()),
    ...tag('trial', simulation.at('trial').scalar()),
    ...tag('reward', simulation.at('reward_info').at('reward').scalar()),
    ...tag('ended', simulation.at('termination_reason').text()),
  ]
  const userRun = idOr(`${runId}:user`, 'run', 'tau2-bench', identity, 'user')
  const sides = {
    assistant: side('assistant', runId, info.at('agent_info'), environment.at('tool_defs'), environment.at('policy')),
    user: side('user', userRun, info.at('user_info'), null, info.at('user_info').at('global_simulation_guidelines')),
  }
  simulation
    .at('messages')
    .list()
    .forEach((message, index) => {
      const role = message.at('role').text()
      if (role === 'assistant' || role === 'user') spoken(sides, role, message, { identity, index, runId, tags })
      else if (role === 'tool') {
        const results = message.at('tool_messages').known ? message.at('tool_messages').list() : [message]
        for (const result of results) answered(sides, result)
      } else if (role === 'system') {
        for (const each of [sides.assistant, sides.user]) heard(each, 'system', message)
      } else message.at('role').fail('assistant, user, tool or system')
    })
  const ended = endOf(simulation.at('termination_reason').text())
  const last = sides.assistant.run.steps.at(-1)?.fields
  if (last && ended) last.stop_reason = ended === 'end_turn' ? (last.stop_reason ?? ended) : ended
  return [...sides.assistant.run.finish(base), ...sides.user.run.finish(base)]
}

function side(role: Role, runId: string, info: Place, tools: Place | null, told: Place): Side {
  const prompt = told.text()
  const model = info.at('llm').text()
  const known = tools?.known && Array.isArray(tools.value) ? { tools: tools.value } : {}
  return {
    role,
    run: new RunDraft(),
    runId,
    agent: nameOrNull(info.at('implementation').text()),
    model,
    request: { ...withoutUnknown({ model }), ...info.at('llm_args').optionalObject(), ...known },
    // What the file holds of the system prompt; the words around it are not recorded.
    history: prompt === null ? [] : [{ role: 'system', content: prompt }],
  }
}

interface Told {
  identity: string
  index: number
  runId: string
  tags: string[]
}

/** A message of the agent or the customer: its own step (or canned words), and something heard for the other one. */
function spoken(sides: Record<Role, Side>, role: Role, message: Place, told: Told): void {
  const speaker = sides[role]
  const other = sides[role === 'assistant' ? 'user' : 'assistant']
  const time = message.at('timestamp').time()
  const isStep = message.at('usage').known || message.at('raw_data').known
  const id = derivedId('step', 'tau2-bench', told.identity, role, told.index)
  const calls = toolCalls(message, id)
  const parts = contentParts(message.at('content'))
  const raw = message.at('raw_data')
  const said: MessageInput = {
    role: 'assistant',
    content: [
      ...reasoningParts(message),
      ...(reasoningParts(message).length ? [] : reasoningParts(raw.at('message'))),
      ...parts,
    ],
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  }
  if (isStep) {
    const finish = raw.at('finish_reason').text() ?? (raw.at('choices').list()[0]?.at('finish_reason').text() || null)
    const draft = speaker.run.step(
      {
        id,
        agent_id: speaker.agent,
        run_id: speaker.runId,
        trace_id: told.runId,
        model: nameOrNull(speaker.model),
        model_handle: speaker.model?.includes('/') ? nameOrNull(speaker.model) : null,
        provider_name: nameOrNull(providerOf(speaker.model)),
        ...usageFields(message.at('usage')),
        stop_reason: stopReason(finish),
        status: 'success',
        tags: told.tags,
      },
      time,
      message.where,
      said,
    )
    const request = { ...speaker.request, messages: [...speaker.history] }
    for (const rejected of message.at('errors').list())
      draft.traces.push(trace(request, { error: rejected.scalar() }, null))
    const seconds = message.at('generation_time_seconds').number()
    draft.traces.push(trace(request, response(message, raw), seconds === null ? null : Math.round(seconds * 1000)))
    if (seconds !== null) draft.fields.metrics = { llm_request_ns: String(Math.round(seconds * 1e9)) }
  } else {
    speaker.run.hear(said, time)
  }
  speaker.history.push(
    withoutUnknown({
      role: 'assistant',
      content: message.at('content').value ?? '',
      tool_calls: calls.length ? (calls as unknown as JsonValue) : null,
    }),
  )
  // A message with tool calls goes to the tools and not to the other one, whatever words are beside them.
  if (calls.length === 0 && parts.length > 0) heard(other, 'user', message)
}

function heard(listener: Side, role: 'user' | 'system', message: Place): void {
  listener.run.hear({ role, content: contentParts(message.at('content')) }, message.at('timestamp').time())
  listener.history.push({ role, content: message.at('content').value ?? '' })
}

function answered(sides: Record<Role, Side>, result: Place): void {
  const asker = result.at('requestor').text() === 'user' ? sides.user : sides.assistant
  const status = result.at('error').value === true ? 'error' : 'success'
  const id = result.at('id').text() ?? result.at('tool_call_id').text()
  asker.run.answer(
    toolMessage(id, result.at('name').text(), { status, func_response: toolResponse(result.at('content'), status) }),
    result.at('timestamp').time(),
  )
  asker.history.push({ role: 'tool', tool_call_id: id, content: result.at('content').value ?? '' })
}

/** The message's tool calls, their arguments as the model wrote them where the provider's answer is kept. */
function toolCalls(message: Place, step: string): ToolCall[] {
  const written = new Map(
    message
      .at('raw_data')
      .at('message')
      .at('tool_calls')
      .list()
      .map((call, index) => {
        const { id, function: asked } = toolCall(call, { index, step })
        return [id, asked]
      }),
  )
  return message
    .at('tool_calls')
    .list()
    .map((call, index) => {
      const made = toolCall(call, { index, step })
      const asked = written.get(made.id)
      return asked?.name === made.function.name ? { ...made, function: asked } : made
    })
}

/** The provider's choice and usage as they are kept, in the frame of a chat completion. */
function response(message: Place, raw: Place): JsonObject {
  const kept = withoutUnknown({ usage: message.at('usage').value, cost: message.at('cost').value })
  if (raw.at('choices').known) return { ...kept, ...raw.object() }
  const choice = raw.optionalObject() ?? {
    message: withoutUnknown({
      role: 'assistant',
      content: message.at('content').value,
      tool_calls: message.at('tool_calls').value,
    }),
  }
  return { choices: [choice], ...kept }
}

function endOf(termination: string | null): StopReason | null {
  if (termination === 'max_steps') return 'max_steps'
  if (termination === 'agent_stop') return 'end_turn'
  return termination !== null && /error/.test(termination) ? 'error' : null
}
