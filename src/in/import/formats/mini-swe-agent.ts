/** mini-swe-agent trajectories (`*.traj.json`): one run per file. See docs/import.md. */
import { createHash } from 'node:crypto'
import type { JsonObject, JsonValue } from '../../../domain/exact-json.ts'
import { derivedId } from '../../../domain/id.ts'
import type { MessageInput } from '../../../domain/message.ts'
import type { StepInput, StopReason } from '../../../domain/step.ts'
import {
  contentParts,
  nameOrNull,
  providerOf,
  reasoning,
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
import { RunDraft, trace, type StepPart } from '../run-draft.ts'

const AGENT = 'mini-swe-agent'

export const miniSweAgent: ImportFormat = {
  name: 'mini-swe-agent',
  describe: 'mini-swe-agent trajectories (.traj.json)',
  detect(file) {
    const head = file.head()
    const keys = topLevelKeys(head)
    if (/"trajectory_format"\s*:\s*"mini-swe-agent/.test(head)) return true
    if (!keys.has('info') || keys.has('simulations')) return false
    return file.name.endsWith('.traj.json') || /"(mini_version|api_calls|instance_cost)"\s*:/.test(head)
  },
  steps(file) {
    const root = new Place(file.json())
    root.object()
    return runSteps(root)
  },
}

function runSteps(root: Place): StepInput[] {
  const messages = root.at('messages').list()
  const info = root.at('info')
  const identity = identityOf(root, messages)
  const runId = derivedId('run', AGENT, ...identity)
  const config = info.at('config').at('model')
  const handle = config.at('model_name').text()
  const exit = info.at('exit_status').text() ?? messages.findLast(isExit)?.at('extra').at('exit_status').text() ?? null
  const shared: StepPart = {
    agent_id: AGENT,
    run_id: runId,
    provider_name: nameOrNull(providerOf(handle)),
    model_handle: handle?.includes('/') ? nameOrNull(handle) : null,
    status: 'success',
    tags: [...tag('task', root.at('instance_id').text()), ...tag('exit', exit)],
  }
  const request = { ...withoutUnknown({ model: handle }), ...config.at('model_kwargs').optionalObject() }
  const run = new RunDraft()
  const history: JsonValue[] = []
  messages.forEach((message, index) => {
    const time = timeOf(message)
    if (isExit(message)) return
    if (isStep(message)) {
      const id = derivedId('step', AGENT, ...identity, index)
      const answer = message.at('extra').at('response')
      const model = answer.at('model').text() ?? message.at('model').text()
      const draft = run.step(
        {
          id,
          ...shared,
          model: nameOrNull(model ?? (handle && handle.slice(handle.indexOf('/') + 1))),
          ...usageFields(answer.at('usage').known ? answer.at('usage') : message.at('usage')),
          stop_reason: stopReason(answer.at('choices').list()[0]?.at('finish_reason').text() ?? null),
        },
        time,
        message.where,
        generated(message, id),
      )
      const response = answer.optionalObject() ?? withoutExtra(message)
      draft.traces.push(trace({ ...request, messages: [...history] }, response, null))
    } else if (isToolResult(message)) {
      run.answer(toolResult(message), time)
    } else {
      const role = message.at('role').text() === 'system' ? 'system' : 'user'
      run.hear({ role, content: contentParts(message.at('content')) }, time)
    }
    history.push(withoutExtra(message))
  })
  const last = run.steps.at(-1)?.fields
  if (last) last.stop_reason = endOf(exit) ?? last.stop_reason ?? null
  return run.finish(null)
}

/**
 * A trajectory has no id, and one task is run many times: the first answer's id tells runs apart,
 * or its time, or (in the oldest files) all that was said.
 */
function identityOf(root: Place, messages: Place[]): string[] {
  const first = messages.find(isStep)
  const task = root.at('instance_id').text() ?? ''
  const answer = first?.at('extra').at('response').at('id').name() ?? first?.at('extra').at('timestamp').scalar()
  return [
    task,
    answer ??
      createHash('sha256')
        .update(JSON.stringify(root.at('messages').value ?? null))
        .digest('hex'),
  ]
}

function isExit(message: Place): boolean {
  return message.at('role').text() === 'exit'
}

/** An answer of the model: a chat message, or (with the Responses API) the whole response in its place. */
function isStep(message: Place): boolean {
  return message.at('role').text() === 'assistant' || message.at('object').value === 'response'
}

function isToolResult(message: Place): boolean {
  return message.at('role').text() === 'tool' || message.at('type').value === 'function_call_output'
}

function timeOf(message: Place): number | null {
  const extra = message.at('extra')
  return extra.at('timestamp').time() ?? message.at('timestamp').time() ?? extra.at('response').at('created').time()
}

function generated(message: Place, step: string): MessageInput {
  const output = message.at('output')
  if (output.known) return fromResponse(output, step)
  const beside = reasoningParts(message)
  const nested = message.at('extra').at('response').at('choices').list()[0]?.at('message')
  const thought = beside.length > 0 || !nested ? beside : reasoningParts(nested)
  const calls = message
    .at('tool_calls')
    .list()
    .map((call, index) => toolCall(call, { index, step }))
  return {
    role: 'assistant',
    content: [...thought, ...contentParts(message.at('content'))],
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  }
}

/** The output items of OpenAI's Responses API. */
function fromResponse(output: Place, step: string): MessageInput {
  const items = output.list()
  const calls = items.filter((item) => item.at('type').value === 'function_call')
  return {
    role: 'assistant',
    content: items.flatMap((item) => {
      if (item.at('type').value === 'message') return contentParts(item.at('content'))
      if (item.at('type').value !== 'reasoning') return []
      return item
        .at('summary')
        .list()
        .map((each) => reasoning(each.at('text').text() ?? ''))
    }),
    ...(calls.length > 0
      ? {
          tool_calls: calls.map((call, index) =>
            toolCall(new Place({ ...call.object(), id: call.at('call_id').value ?? null }, call.where), {
              index,
              step,
            }),
          ),
        }
      : {}),
  }
}

/** What the command printed is what the model was sent; the raw output is kept beside it where it says more. */
function toolResult(message: Place): MessageInput {
  const extra = message.at('extra')
  const code = extra.at('returncode').number()
  const status =
    code === null ? (extra.at('exception_info').name() ? 'error' : 'success') : code === 0 ? 'success' : 'error'
  const content = message.at('content').known ? message.at('content') : message.at('output')
  const text = typeof content.value === 'string' ? content.value : null
  const raw = extra.at('raw_output').text()
  const callId = message.at('tool_call_id').text() ?? message.at('call_id').text()
  return toolMessage(callId, message.at('name').text(), {
    status,
    func_response: toolResponse(content, status),
    ...(raw !== null && !text?.includes(raw.trimEnd()) ? { stdout: [raw] } : {}),
  })
}

/** A message as mini-swe-agent sends it: everything but `extra`. */
function withoutExtra(message: Place): JsonObject {
  const { extra: _, ...sent } = message.object()
  return sent
}

/** Why the loop ended after its last step; null when the exit status is not one that says so. */
function endOf(exit: string | null): StopReason | null {
  if (exit === null) return null
  if (exit === 'Submitted') return 'end_turn'
  if (exit === 'LimitsExceeded') return 'max_steps'
  if (exit === 'KeyboardInterrupt' || exit === 'UserInterruption') return 'cancelled'
  return 'error'
}
