/** Messages in span events and the attributes of GenAI conventions up to 1.26 (mapping, section 12.2). Readers only. */
import { messagesOfEvents } from '../reading/events.ts'
import { messagesIn } from '../reading/messages.ts'
import { finishInResponse, idInResponse, modelInResponse, usageInResponse } from '../reading/responses.ts'
import type { Said } from '../reading/said.ts'
import { tryJson } from '../reading/values.ts'
import type { View } from '../reading/view.ts'
import type { Dialect } from './dialect.ts'

export const genAiEvents: Dialect = {
  name: 'gen_ai_events',
  namespaces: ['gen_ai', 'event:gen_ai'],
  servedModel: (view) => modelInResponse(view.json('gen_ai.completion')),
  responseId: (view) => idInResponse(view.json('gen_ai.completion')),
  usage: (view) => usageInResponse(view.json('gen_ai.completion')),
  finish: (view) => finishInEvents(view) ?? finishInResponse(view.json('gen_ai.completion')),
  input: (view) =>
    nonEmpty(inEvents(view).input) ?? contentEvent(view, 'gen_ai.content.prompt', 'gen_ai.prompt', 'user'),
  output: (view) =>
    nonEmpty(inEvents(view).output) ??
    contentEvent(view, 'gen_ai.content.completion', 'gen_ai.completion', 'assistant'),
}

function inEvents(view: View): { input: Said[]; output: Said[] } {
  return messagesOfEvents(view.source.events.map(({ name, attributes }) => ({ name, fields: { ...attributes } })))
}

function finishInEvents(view: View): string | undefined {
  return inEvents(view).output.find((said) => said.finish !== undefined)?.finish
}

function contentEvent(view: View, event: string, key: string, role: 'user' | 'assistant'): Said[] | undefined {
  const own = view.json(key)
  if (own !== undefined) return messagesIn(own, role)
  const found = view.source.events.find(({ name }) => name === event)?.attributes[key]
  return found === undefined ? undefined : nonEmpty(messagesIn(typeof found === 'string' ? opened(found) : found, role))
}

function opened(text: string): ReturnType<typeof tryJson> {
  return tryJson(text) ?? text
}

function nonEmpty(said: Said[]): Said[] | undefined {
  return said.length > 0 ? said : undefined
}
