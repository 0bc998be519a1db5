/** Tool calls of assistant messages, and the message tool among them (contract, section 4.3, "Tool calls"). */
import type { JsonValue } from '../../../domain/exact-json.ts'
import type { Message, ToolCall } from '../../../domain/message.ts'
import { MESSAGE_TOOL, type LettaBody, type LettaToolCall, type MessageTool } from './shape.ts'
import { jsonText, parseObject } from './text.ts'

/** Consecutive ordinary calls together; what the agent says through its message tool as answers between them. */
export function callBodies(calls: readonly ToolCall[], tool: MessageTool | null): LettaBody[] {
  const bodies: LettaBody[] = []
  let group: LettaToolCall[] | undefined
  for (const call of calls) {
    const said = whatItSays(call, tool)
    if (said !== undefined) {
      bodies.push({ message_type: 'assistant_message', content: said })
      group = undefined
    } else if (group) {
      group.push(lettaToolCall(call))
    } else {
      const first = lettaToolCall(call)
      group = [first]
      bodies.push({ message_type: 'tool_call_message', tool_call: first, tool_calls: group })
    }
  }
  return bodies
}

export function lettaToolCall(call: ToolCall): LettaToolCall {
  return { name: call.function.name, arguments: call.function.arguments, tool_call_id: call.id }
}

/**
 * The calls of the message tool in one step: what answers them is left out.
 *
 * Only calls that are shown as answers count. One without its argument is shown as a call, so its return is too; an
 * approval request shows every call as a call. An id that an ordinary call also has hides nothing: better a return
 * too many than a result lost.
 */
export function messageToolCalls(messages: Iterable<Message>, tool: MessageTool = MESSAGE_TOOL): Set<string> {
  const says = new Set<string>()
  const ordinary = new Set([''])
  for (const message of messages) {
    for (const call of message.tool_calls ?? []) {
      const isAnswer = message.role === 'assistant' && whatItSays(call, tool) !== undefined
      const kind = isAnswer ? says : ordinary
      kind.add(call.id)
    }
  }
  return says.difference(ordinary)
}

/** Whether these messages are of an agent that talks through a tool, so that its plain text is its reasoning. */
export function usesMessageTool(messages: Iterable<Message>, tool: MessageTool = MESSAGE_TOOL): boolean {
  for (const message of messages) {
    if (message.tool_calls?.some((call) => call.function.name === tool.name)) return true
  }
  return false
}

/** The text a call says to the user; undefined for every call that is shown as a call. */
function whatItSays(call: ToolCall, tool: MessageTool | null): string | undefined {
  if (call.function.name !== tool?.name) return undefined
  const given = parseObject(call.function.arguments)
  if (!given || !Object.hasOwn(given, tool.argument)) return undefined
  // With null for its argument it says nothing either.
  return given[tool.argument] === null ? undefined : jsonText(given[tool.argument] as JsonValue)
}
