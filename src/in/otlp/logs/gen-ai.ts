/** GenAI events as log records: one message each (up to 1.36), or a call's details (mapping, sections 9.1 and 9.4). */
import { isJsonObject } from '../../../domain/exact-json.ts'
import { genAi } from '../dialects/gen-ai.ts'
import { Panel } from '../dialects/panel.ts'
import { readCall } from '../reduce-call.ts'
import { exceptionOf } from '../reading/failure.ts'
import { messageOfEvent } from '../reading/events.ts'
import type { Said } from '../reading/said.ts'
import { spoken, spokenIn, type Spoken } from '../reading/spoken.ts'
import { tryJson } from '../reading/values.ts'
import type { LogRecord } from '../signal.ts'
import { record, type LogDialect } from './log-dialect.ts'

/** Records know no other dialect. */
const GEN_AI = new Panel([genAi])
const DETAILS = 'gen_ai.client.inference.operation.details'
const EXCEPTION = 'gen_ai.client.operation.exception'

export const genAiLogs: LogDialect = {
  name: 'gen_ai',
  // A record of no span has no call to belong to.
  owns: (log) => log.eventName.startsWith('gen_ai.') && log.traceId !== null && log.spanId !== null,

  read(log, view, order) {
    const common = { dialect: 'gen_ai', group: log.traceId ?? '', identity: null, kind: 'content', order } as const
    if (log.eventName === DETAILS) {
      const said = spokenIn(view, GEN_AI)
      const { call } = readCall(view, GEN_AI)
      const about = {
        finish: genAi.finish?.(view) ?? said.content.output?.[0]?.finish,
        session: genAi.session?.(view),
        call: { ...call, scope: '' },
      }
      return record(log, { ...common, about, spoken: said })
    }
    if (log.eventName === EXCEPTION) return record(log, { ...common, about: { failure: exceptionOf(log.attributes) } })
    const message = messageOfEvent(log.eventName, bodyOf(log))
    if (!message || message.said.length === 0) return undefined
    const finish = message.said.find((each) => each.finish !== undefined)?.finish
    const isInput = message.side === 'input'
    return record(log, {
      ...common,
      about: { finish },
      spoken: isInput ? oneMessage(message.said) : spoken([], [], message.said),
    })
  },
}

/** What helps to put a request's records in order again. */
function oneMessage(input: readonly Said[]): Spoken {
  const { content, said } = spoken([], input, [])
  const parts = input.flatMap((each) => each.parts)
  const asks = parts.filter((part) => part.type === 'tool_call').map(({ id }) => id)
  const answers = parts.find((part) => part.type === 'tool_return')?.tool_call_id
  return { content, said: { ...said, ...(asks.length > 0 && { asks }), ...(answers !== undefined && { answers }) } }
}

/** Content is in the body, or (as span events have it) in attributes. */
function bodyOf(log: LogRecord): LogRecord['body'] {
  const isEmpty = log.body === null || log.body === '' || log.body === log.eventName
  if (isEmpty) return { ...log.attributes }
  if (isJsonObject(log.body)) return log.body
  // Semantic Kernel writes the whole message as JSON text.
  const message = typeof log.body === 'string' && log.body.startsWith('{') ? tryJson(log.body) : undefined
  return isJsonObject(message) && ('role' in message || 'message' in message) ? message : { content: log.body }
}
