/** LangChain's objects as frameworks and instrumentations serialise them. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../domain/exact-json.ts'
import { asText, at, firstText } from './values.ts'

/** What a tool's span tells as output: the message that the tool returned, where it holds one, else the result itself. */
export function returned(output: JsonValue | undefined): {
  id: string | undefined
  name: string | undefined
  result: JsonValue | undefined
  isError: boolean
} {
  const message = messageIn(at(output, 'output')) ?? messageIn(output)
  return {
    id: firstText(at(message, 'tool_call_id')),
    name: firstText(at(message, 'name')),
    result: at(message, 'content') ?? output,
    isError: at(message, 'status') === 'error',
  }
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
