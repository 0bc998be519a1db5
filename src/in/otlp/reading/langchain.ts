/** LangChain's objects as frameworks and instrumentations serialise them. */
import type { JsonValue } from '../../../domain/exact-json.ts'
import { at } from './values.ts'

/** The message that a tool returned, where what its span tells as output holds one. */
export function toolMessage(output: JsonValue | undefined): JsonValue | undefined {
  return messageIn(at(output, 'output')) ?? messageIn(output)
}

/** As it is serialised here and there; a command of LangGraph holds it among others. */
function messageIn(value: JsonValue | undefined): JsonValue | undefined {
  const commanded = at(value, 'lg_name') === 'Command' ? at(value, 'update', 'messages') : undefined
  if (!Array.isArray(commanded)) return at(value, 'kwargs') ?? at(value, 'data')
  return commanded.map((each) => at(each, 'kwargs') ?? each).find((each) => at(each, 'tool_call_id') !== undefined)
}
