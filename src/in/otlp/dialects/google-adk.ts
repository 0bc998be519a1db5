/** Google ADK (mapping, section 12.8): spans known by scope and name; Python writes snake_case inside of the JSON. */
import { isJsonObject, type JsonObject } from '../../../domain/exact-json.ts'
import { finishOf } from '../reading/finish.ts'
import { messagesIn } from '../reading/messages.ts'
import { finishInResponse, idInResponse, modelInResponse, usageInResponse } from '../reading/responses.ts'
import { asText, at, firstText } from '../reading/values.ts'
import type { View } from '../reading/view.ts'
import type { Dialect } from './dialect.ts'
import { toolRead, withoutOperation } from './gen-ai.ts'

const PREFIX = 'gcp.vertex.agent.'

export const googleAdk: Dialect = {
  name: 'google_adk',
  namespaces: ['gcp'],

  kind(view) {
    const { name: scope } = view.source.scope
    if (scope !== 'gcp.vertex.agent' && scope !== 'google.adk') return undefined
    if (view.name === 'call_llm') return 'call'
    if (/^invoke_agent\b|^agent_run\b/.test(view.name)) return 'agent'
    return /^execute_tool\b/.test(view.name) ? 'tool' : 'wrapper'
  },

  model: (view) => firstText(at(request(view), 'model')),
  servedModel: (view) => modelInResponse(response(view)),
  responseId: (view) => idInResponse(response(view)),
  // Its attribute counts the candidates only; the answer's own counts hold the thoughts (6.2).
  usage: (view) => usageInResponse(response(view)),
  finish: (view) => finishInResponse(response(view)),
  failure(view) {
    const [code, message] = [first(view, 'errorCode', 'error_code'), first(view, 'errorMessage', 'error_message')]
    if (code === undefined && message === undefined) return undefined
    // An answer without content has its finish reason there, too.
    const finish = code === undefined ? undefined : finishOf(code)
    if (finish !== undefined && finish !== 'error') return undefined
    return { ...(code === undefined ? {} : { type: code }), ...(message === undefined ? {} : { message }) }
  },

  // The span of a failed call has no attributes at all (section 12.8).
  failsBare: () => true,

  agentSpanName: (view) => withoutOperation(view.name, ['invoke_agent', 'agent_run']),
  run: (view) => view.text(`${PREFIX}invocation_id`),
  session: (view) => view.text(`${PREFIX}session_id`),

  input(view) {
    const value = request(view)
    return value === undefined ? undefined : messagesIn(value, 'user')
  },
  output(view) {
    const content = at(response(view), 'content')
    return content === undefined ? undefined : messagesIn(content, 'assistant')
  },
  request(view) {
    const config = at(request(view), 'config')
    if (!isJsonObject(config)) return undefined
    const kept: JsonObject = {}
    for (const [key, value] of Object.entries(config)) {
      if (key !== 'systemInstruction' && key !== 'system_instruction' && !/http_?options/i.test(key)) kept[key] = value
    }
    return kept
  },

  tool: (view) =>
    toolRead(
      view.text('gen_ai.tool.call.id'),
      view.text('gen_ai.tool.name') ?? withoutOperation(view.name, ['execute_tool']),
      view.json(`${PREFIX}tool_response`),
    ),
}

function request(view: View): JsonObject | undefined {
  return view.object(`${PREFIX}llm_request`)
}

function response(view: View): JsonObject | undefined {
  return view.object(`${PREFIX}llm_response`)
}

function first(view: View, ...keys: string[]): string | undefined {
  for (const key of keys) {
    const text = asText(at(response(view), key))
    if (text !== undefined) return text
  }
  return undefined
}
