/** LangChain's objects as frameworks and instrumentations serialise them. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../domain/exact-json.ts'
import { asText, at } from './values.ts'

/** The message that a tool returned, where what its span tells as output holds one. */
export function toolMessage(output: JsonValue | undefined): JsonObject | undefined {
  return messageIn(at(output, 'output')) ?? messageIn(output)
}

/** As it is serialised here and there; a command of LangGraph holds it among others. */
function messageIn(value: JsonValue | undefined): JsonObject | undefined {
  const commanded = at(value, 'lg_name') === 'Command' ? at(value, 'update', 'messages') : undefined
  const candidates = Array.isArray(commanded)
    ? commanded.map((each) => at(each, 'kwargs') ?? each)
    : [at(value, 'kwargs'), at(value, 'data'), value]
  return candidates.filter(isJsonObject).find(isToolMessage)
}

function isToolMessage(value: JsonObject): boolean {
  return 'content' in value && (asText(value.tool_call_id) !== undefined || value.type === 'tool')
}
