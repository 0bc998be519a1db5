/** Messages told one by one, as span events or log records (GenAI conventions up to 1.36; mapping, section 9.1). */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../domain/exact-json.ts'
import { message, roleOf } from './messages.ts'
import type { Said, SaidRole } from './said.ts'
import { asText, isEmpty, looksLikeJson, tryJson } from './values.ts'

const ROLE_OF_EVENT: Readonly<Partial<Record<string, SaidRole>>> = {
  'gen_ai.system.message': 'system',
  'gen_ai.user.message': 'user',
  'gen_ai.assistant.message': 'assistant',
  'gen_ai.tool.message': 'tool',
}

/** The event or record of a whole request or answer, in the convention from 1.37 on (mapping, section 9.1). */
export const DETAILS = 'gen_ai.client.inference.operation.details'

export interface EventMessage {
  readonly side: 'input' | 'output'
  readonly said: Said[]
}

/**
 * @param fields the record's body, or the event's attributes, where contents are JSON texts
 * @returns undefined for an event that holds no message
 */
export function messageOfEvent(name: string, fields: JsonValue): EventMessage | undefined {
  const body = isJsonObject(fields) ? opened(fields) : { content: fields }
  const role = ROLE_OF_EVENT[name]
  if (role !== undefined) return { side: 'input', said: message(flattened(body), roleOf(asText(body.role)) ?? role) }
  if (name !== 'gen_ai.choice') return undefined
  const told = body.message ?? body['message.content'] ?? body.content ?? null
  const said = message(isJsonObject(told) ? told : { ...body, content: told }, 'assistant')
  const finish = asText(body.finish_reason)
  return { side: 'output', said: finish === undefined ? said : said.map((each) => ({ ...each, finish })) }
}

/** JSON texts of an event's attributes, opened. */
function opened(fields: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => {
      const isJson = typeof value === 'string' && looksLikeJson(value)
      return [key, isJson ? (tryJson(value) ?? value) : value]
    }),
  )
}

/** Strands puts a list of blocks where a text is expected, also in the tool's message. */
function flattened(body: JsonObject): JsonObject {
  return isEmpty(body.content) && !isEmpty(body.message) ? { ...body, content: body.message as JsonValue } : body
}

/** Several events of one call, in their order. */
export function messagesOfEvents(events: readonly { readonly name: string; readonly fields: JsonValue }[]): {
  input: Said[]
  output: Said[]
} {
  const found = { input: [] as Said[], output: [] as Said[] }
  for (const event of events) {
    const one = messageOfEvent(event.name, event.fields)
    if (one) found[one.side].push(...one.said)
  }
  return found
}

/** Pydantic AI's list of events in one attribute: `[{"event.name": "gen_ai.user.message", content, role}]`. */
export function messagesOfEventList(list: JsonValue | undefined): { input: Said[]; output: Said[] } {
  const events = (Array.isArray(list) ? list : []).filter((event) => isJsonObject(event))
  return messagesOfEvents(events.map((event) => ({ name: asText(event['event.name']) ?? '', fields: event })))
}
