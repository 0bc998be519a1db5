/** Claude Code's log events (mapping, section 13): one for each request to the API. Numbers may be texts. */
import { asText, textOf } from '../reading/values.ts'
import { readMessage, type Failure } from '../reading/errors.ts'
import { metadataOf } from '../reading/metadata.ts'
import { saidText } from '../reading/said.ts'
import { correctUsage, isUsageKnown, usageOf } from '../reading/usage.ts'
import type { View } from '../reading/view.ts'
import type { About, Facts } from '../facts.ts'
import type { LogRecord } from '../signal.ts'
import { callFacts, heard, momentOf, rawCounts, record, type LogDialect } from './log-dialect.ts'

const PREFIX = 'claude_code.'
const NAME = 'claude_code'

export const claudeCodeLogs: LogDialect = {
  name: NAME,
  owns: (log) =>
    log.eventName.startsWith(PREFIX) ||
    (typeof log.body === 'string' && log.body.startsWith(PREFIX)) ||
    asText(log.resource['service.name']) === 'claude-code',

  read(log, view, order) {
    const session = view.text('session.id')
    const event = nameOf(log)
    const group = session === undefined ? (log.traceId ?? `${NAME}:`) : `${NAME}:${session}`
    const common = { dialect: NAME, group, order, durationMs: view.number('duration_ms') }
    const about: { [K in keyof About]: About[K] | undefined } = {
      session,
      run: view.text('prompt.id'),
      user: view.text('user.id', 'user.account_uuid'),
    }
    if (event === 'api_request' || event === 'api_error' || event === 'api_refusal') {
      return record(log, { ...common, kind: 'call', ...callOf(log, view, event, about, session ?? '') })
    }
    if (event === 'user_prompt') return promptOf(log, view, { ...common, about })
    if (event !== 'tool_result') return undefined
    const name = view.text('tool_name')
    const id = view.text('tool_use_id')
    const tool = { ...(name === undefined ? {} : { name }), ...(id === undefined ? {} : { id }) }
    return record(log, { ...common, kind: 'tool', identity: null, about: { ...about, tool } })
  },
}

/** The full name is the body; the attribute has it without the prefix. */
function nameOf({ eventName, body }: LogRecord): string {
  const full = eventName === '' && typeof body === 'string' ? body : eventName
  return full.startsWith(PREFIX) ? full.slice(PREFIX.length) : full
}

type Common = Pick<Parameters<typeof record>[1], 'dialect' | 'group' | 'order' | 'durationMs' | 'about'>

function callOf(
  log: LogRecord,
  view: View,
  event: string,
  about: Common['about'],
  session: string,
): Pick<Parameters<typeof record>[1], 'identity' | 'about' | 'rest'> {
  const request = view.text('request_id')
  const sequence = view.text('event.sequence')
  const identity = request ?? (sequence === undefined ? `at ${momentOf(log, view)}` : `no ${sequence}`)
  const usage = usageOf({
    prompt: view.count('input_tokens'),
    completion: view.count('output_tokens'),
    total: undefined,
    cached: view.count('cache_read_tokens'),
    cacheWrite: view.count('cache_creation_tokens'),
    reasoning: undefined,
  })
  const details = ['query_source', 'effort', 'speed', 'attempt', 'organization.id'].flatMap((key) => {
    const value = view.raw(key)
    return value === undefined ? [] : [[key, value] as const]
  })
  return {
    identity: `${session}:${identity}`,
    about: {
      ...about,
      metadata: metadataOf(details),
      finish: event === 'api_refusal' ? 'refusal' : view.text('stop_reason'),
      failure: event === 'api_error' ? failureOf(view) : undefined,
      call: callFacts({
        scope: log.scope.name,
        provider: 'anthropic',
        model: view.text('model'),
        // Its input leaves the cached parts out (6.2).
        usage: isUsageKnown(usage) ? correctUsage(usage, true) : undefined,
        requestId: request,
        firstTokenMs: view.number('ttft_ms'),
      }),
    },
    rest: rawCounts(view),
  }
}

function failureOf(view: View): Failure {
  const message = view.text('error', 'error.message')
  const status = view.count('status_code')
  return {
    ...(message === undefined ? {} : readMessage(message)),
    ...(status === undefined || status === 0 ? {} : { httpStatus: status }),
  }
}

/** What the person typed, where that is sent at all. */
function promptOf(log: LogRecord, view: View, common: Common): Facts | undefined {
  const prompt = view.text('prompt')
  if (prompt === undefined || /^<?\[?REDACTED/i.test(prompt)) return undefined
  return record(log, { ...common, kind: 'note', identity: null, spoken: heard([saidText('user', textOf(prompt))]) })
}
