/** Codex's log events (mapping, section 13): counts come with the end of the stream, failures with the request. */
import type { About } from '../facts.ts'
import { resultKey } from '../reading/keys.ts'
import { readMessage, type Failure } from '../reading/errors.ts'
import { normaliseProvider } from '../reading/provider.ts'
import { saidText } from '../reading/said.ts'
import { correctUsage, isUsageKnown, usageOf } from '../reading/usage.ts'
import { asText } from '../reading/values.ts'
import type { View } from '../reading/view.ts'
import type { LogRecord } from '../signal.ts'
import { callFacts, heard, momentOf, rawCounts, record, type LogDialect } from './log-dialect.ts'

const PREFIX = 'codex.'
const NAME = 'codex'
/** What a person decides when a tool may not run. */
const REFUSED: ReadonlySet<string> = new Set(['denied', 'abort'])

export const codexLogs: LogDialect = {
  name: NAME,
  owns: (log) => log.eventName.startsWith(PREFIX),

  read(log, view, order) {
    const session = view.text('conversation.id')
    const group = session === undefined ? (log.traceId ?? `${NAME}:`) : `${NAME}:${session}`
    const common = { dialect: NAME, group, order, durationMs: view.number('duration_ms') }
    const about: { [K in keyof About]: About[K] | undefined } = {
      session,
      user: view.text('user.account_id', 'user.email'),
    }
    const event = log.eventName.slice(PREFIX.length)
    switch (event) {
      case 'sse_event':
      case 'websocket_event':
      case 'api_request': {
        const failure = failureOf(view)
        const isEnd = event !== 'api_request' && isEndOfStream(view)
        // A request that went well ends in an event of its stream.
        if (!isEnd && (event !== 'api_request' || failure === undefined)) return undefined
        return record(log, {
          ...common,
          kind: 'call',
          identity: `${session ?? ''}:${momentOf(log, view)}:${event}`,
          about: { ...about, ...aboutCall(log, view, failure) },
          rest: rawCounts(view),
        })
      }
      case 'conversation_starts':
        return record(log, {
          ...common,
          kind: 'note',
          identity: null,
          about: { ...about, sessionWide: sessionWide(view) },
        })
      case 'user_prompt': {
        const prompt = view.text('prompt')
        if (prompt === undefined || /^\[REDACTED/i.test(prompt)) return undefined
        return record(log, {
          ...common,
          kind: 'note',
          identity: null,
          about,
          spoken: heard([saidText('user', prompt)]),
        })
      }
      case 'tool_decision':
      case 'tool_result':
        return toolOf(log, view, common, about)
      default:
        return undefined
    }
  },
}

/** A stream that went well ends in two events of the same kind; only one of them has the counts. */
function isEndOfStream(view: View): boolean {
  const kind = view.text('event.kind') ?? ''
  if (kind === 'response.completed') return view.count('input_token_count', 'output_token_count') !== undefined
  return kind === 'response.failed' || kind === 'response.incomplete'
}

function aboutCall(
  log: LogRecord,
  view: View,
  failure: Failure | undefined,
): { [K in keyof About]: About[K] | undefined } {
  const usage = usageOf({
    prompt: view.count('input_token_count'),
    completion: view.count('output_token_count'),
    total: undefined,
    cached: view.count('cached_token_count'),
    cacheWrite: view.count('cache_write_token_count'),
    reasoning: view.count('reasoning_token_count'),
  })
  const isCut = view.text('event.kind') === 'response.incomplete'
  return {
    failure,
    finish: failure ? undefined : isCut ? 'incomplete' : 'completed',
    call: callFacts({
      scope: log.scope.name,
      model: view.text('model', 'slug'),
      usage: isUsageKnown(usage) ? correctUsage(usage, false) : undefined,
      firstTokenMs: view.number('ttft_ms'),
    }),
  }
}

function failureOf(view: View): Failure | undefined {
  const status = view.count('http.response.status_code')
  const message = view.text('error.message')
  const isFailed =
    message !== undefined || (status !== undefined && status >= 400) || view.text('event.kind') === 'response.failed'
  if (!isFailed) return undefined
  return {
    ...(message === undefined ? {} : readMessage(message)),
    ...(status !== undefined && status >= 400 && { httpStatus: status }),
  }
}

function sessionWide(view: View): NonNullable<About['sessionWide']> {
  const provider = normaliseProvider(view.text('provider_name'))
  const contextWindow = view.count('context_window')
  return { ...(provider === undefined ? {} : { provider }), ...(contextWindow === undefined ? {} : { contextWindow }) }
}

function toolOf(
  log: LogRecord,
  view: View,
  common: { dialect: string; group: string; order: number; durationMs: number | undefined },
  about: { [K in keyof About]: About[K] | undefined },
): ReturnType<LogDialect['read']> {
  const isDecision = log.eventName.endsWith('decision')
  const isDenied = isDecision && REFUSED.has(view.text('decision')?.toLowerCase() ?? '')
  if (isDecision && !isDenied) return undefined
  const id = view.text('call_id')
  const name = view.text('tool_name')
  const output = isDecision ? undefined : asText(view.raw('output'))
  return record(log, {
    ...common,
    kind: 'tool',
    identity: null,
    about: {
      ...about,
      tool: {
        ...(id === undefined ? {} : { id }),
        ...(name === undefined ? {} : { name }),
        ...(output === undefined ? {} : { resultKey: resultKey(output) }),
        ...(isDenied && { isDenied: true as const }),
      },
    },
    result: output === undefined ? undefined : { text: output, isError: view.flag('success') === false },
  })
}
