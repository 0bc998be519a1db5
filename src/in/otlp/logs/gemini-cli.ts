/** Gemini CLI's log events (mapping, section 13). Its output counts leave the thoughts out. */
import { DETAILS } from '../reading/events.ts'
import type { About } from '../facts.ts'
import { geminiCli } from '../dialects/gemini-cli.ts'
import { genAi } from '../dialects/gen-ai.ts'
import { Panel } from '../dialects/panel.ts'
import { readMessage, type Failure } from '../reading/errors.ts'
import { messagesIn } from '../reading/messages.ts'
import { metadataOf } from '../reading/metadata.ts'
import { chunksJoined, saidText } from '../reading/said.ts'
import { spoken, spokenIn } from '../reading/spoken.ts'
import { isUsageKnown, usageOf, type Usage } from '../reading/usage.ts'
import { asText, asTexts, isEmpty, textOf } from '../reading/values.ts'
import type { View } from '../reading/view.ts'
import type { LogRecord } from '../signal.ts'
import { callFacts, heard, momentOf, rawCounts, record, type LogDialect } from './log-dialect.ts'

const PREFIX = 'gemini_cli.'
const NAME = 'gemini_cli'
/** Records know no other dialect. */
const OWN = new Panel([geminiCli, genAi])

export const geminiCliLogs: LogDialect = {
  name: NAME,
  owns: (log) => log.eventName.startsWith(PREFIX) || asText(log.resource['service.name']) === 'gemini-cli',

  read(log, view, order) {
    const session = view.text('session.id') ?? asText(log.resource['session.id'])
    const group = session === undefined ? (log.traceId ?? `${NAME}:`) : `${NAME}:${session}`
    const common = { dialect: NAME, group, order, durationMs: view.number('duration_ms') }
    const moment = `${session}|${momentOf(log, view)}`
    const about: { [K in keyof About]: About[K] | undefined } = {
      session,
      run: view.text('prompt_id'),
      user: view.text('user.email'),
    }
    switch (log.eventName) {
      case `${PREFIX}api_response`:
      case `${PREFIX}api_error`:
        return record(log, {
          ...common,
          kind: 'call',
          identity: moment,
          about: { ...about, ...aboutCall(log, view, moment) },
          spoken: spoken([], [], answerIn(view)),
          rest: rawCounts(view),
        })
      case DETAILS:
        // The same call once more; it is joined by its span or by its moment and is never a step.
        return record(log, {
          ...common,
          kind: 'content',
          identity: null,
          about: {
            ...about,
            finish: genAi.finish?.(view),
            call: callFacts({ scope: '', momentId: moment, responseId: view.text('gen_ai.response.id') }),
          },
          spoken: spokenIn(view, OWN),
        })
      case `${PREFIX}user_prompt`: {
        const prompt = view.text('prompt')
        if (prompt === undefined) return undefined
        return record(log, {
          ...common,
          kind: 'note',
          identity: null,
          about,
          spoken: heard([saidText('user', prompt)]),
        })
      }
      case `${PREFIX}tool_call`: {
        const name = view.text('function_name')
        return record(log, {
          ...common,
          kind: 'tool',
          identity: null,
          about: { ...about, tool: name === undefined ? {} : { name } },
        })
      }
      default:
        return undefined
    }
  },
}

function aboutCall(
  log: LogRecord,
  view: View,
  moment: string,
): Pick<Partial<About>, 'call'> & { [K in keyof About]: About[K] | undefined } {
  const usage = usageIn(view)
  const details = ['auth_type', 'role', 'installation.id'].flatMap((key) => {
    const value = view.raw(key)
    return value === undefined ? [] : [[key, value] as const]
  })
  const [finish] = asTexts(view.raw('finish_reasons'))
  return {
    finish,
    metadata: metadataOf(details),
    failure: log.eventName === `${PREFIX}api_error` ? failureOf(view) : undefined,
    call: callFacts({
      scope: log.scope.name,
      provider: view.text('auth_type')?.includes('vertex') ? 'google_vertex' : 'google_ai',
      model: view.text('model', 'model_name'),
      usage: isUsageKnown(usage) ? usage : undefined,
      momentId: moment,
      // Where the answer was streamed, the record is written when its span is no longer the current one.
      isAdrift: log.spanId === null ? true : undefined,
    }),
  }
}

function usageIn(view: View): Usage {
  const output = view.count('output_token_count')
  const thoughts = view.count('thoughts_token_count')
  const prompt = view.count('input_token_count')
  const completion = output === undefined ? undefined : output + (thoughts ?? 0)
  return usageOf({
    prompt,
    completion,
    total: prompt !== undefined && completion !== undefined ? prompt + completion : view.count('total_token_count'),
    cached: view.count('cached_content_token_count'),
    cacheWrite: undefined,
    reasoning: thoughts,
  })
}

function failureOf(view: View): Failure {
  const message = view.text('error', 'error.message', 'error_message')
  const type = view.text('error_type', 'error.type')
  const status = view.count('status_code', 'http.status_code')
  return {
    ...(message === undefined ? {} : readMessage(message)),
    ...(type === undefined ? {} : { type }),
    ...(status === undefined ? {} : { httpStatus: status }),
  }
}

/** JSON of Gemini's answer (or of a list of its chunks), or text. */
function answerIn(view: View): ReturnType<typeof messagesIn> {
  const value = view.json('response_text')
  if (isEmpty(value)) return []
  if (typeof value === 'string') return [saidText('assistant', value)]
  const said = chunksJoined(messagesIn(value, 'assistant'))
  return said.some(({ parts }) => parts.length > 0) ? said : [saidText('assistant', textOf(value))]
}
