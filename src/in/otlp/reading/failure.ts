/** Whether a span failed, from everything that says so (mapping, section 7.1), and what is known of it (7.4). */
import type { Panel } from '../dialects/panel.ts'
import type { Attributes } from '../signal.ts'
import { fillFailure, isTelling, readMessage, typeNamed, type Failure } from './errors.ts'
import { finishOf } from './finish.ts'
import { asText } from './values.ts'
import type { View } from './view.ts'

const ERROR = 2

/** Undefined = nothing says that it failed. */
export function failureOf(view: View, panel: Panel, finish: string | undefined): Failure | undefined {
  const { statusCode, statusMessage, events } = view.source
  const said: Failure[] = []
  const type = view.text('error.type')
  if (type !== undefined) said.push({ type: typeNamed(type), ...statusOf(type) })
  for (const event of events) {
    if (event.name === 'exception' || event.name === 'gen_ai.client.operation.exception')
      said.push(exceptionOf(event.attributes))
  }
  if (statusCode === ERROR && !(said.length === 0 && panel.any('borrowsStatus', view)))
    said.push(statusMessage === '' ? {} : readMessage(statusMessage))
  said.push(...panel.all('failure', view))
  if (said.length === 0 && (finish === undefined || finishOf(finish) !== 'error')) return undefined
  const message = view.text('error.message')
  if (message !== undefined) said.push(readMessage(message))
  const name = view.text('error.name')
  if (name !== undefined) said.push({ type: name })
  const status = view.count('http.response.status_code')
  const known = said.reduce<Failure>((all, each) => fillFailure(all, each), {})
  if (known.httpStatus === undefined && status !== undefined && status >= 400) known.httpStatus = status
  const request = view.text('anthropic.request.id')
  if (known.requestId === undefined && request !== undefined) known.requestId = request
  return known
}

/** `error.type` is the HTTP status where there is no better name. */
function statusOf(type: string): Failure {
  return /^[45]\d\d$/.test(type) ? { httpStatus: Number(type) } : {}
}

export function exceptionOf(attributes: Attributes): Failure {
  const type = asText(attributes['exception.type'])
  const message = asText(attributes['exception.message'])
  const stack = asText(attributes['exception.stacktrace'])
  const read = message === undefined ? {} : readMessage(message)
  return {
    ...read,
    ...(type === undefined || (read.type !== undefined && !isTelling(type)) ? {} : { type: typeNamed(type) }),
    ...(stack === undefined ? {} : { stack: stack.replaceAll('\0', '').toWellFormed() }),
  }
}
