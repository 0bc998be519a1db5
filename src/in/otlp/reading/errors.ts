/** Failures: whether a call failed, what is known of it, and which stop reason that is (mapping, sections 7.1 and 7.4). */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../domain/exact-json.ts'
import type { StopReason } from '../../../domain/step.ts'
import { pythonDictionary } from './python-literal.ts'
import { at, asCount, asText, tryJson } from './values.ts'

/** What one source tells of a failure. All optional: a failure may be known by its flag only. */
export interface Failure {
  type?: string
  message?: string
  stack?: string
  httpStatus?: number
  providerType?: string
  code?: string
  requestId?: string
}

/** Values of `error.type` that name nothing. */
const NO_TYPE: ReadonlySet<string> = new Set(['_OTHER', 'unknown', 'Error', 'Exception'])

/** The class's own name: Python prints some as `<class 'package.Name'>`. */
export function typeNamed(type: string): string {
  return /^<class '([\w.]+)'>$/.exec(type)?.[1] ?? type
}

/** Whether a type says more than that something failed. */
export function isTelling(type: string): boolean {
  return !NO_TYPE.has(type)
}

/** Fills what is not known yet. */
export function fillFailure(known: Failure, next: Failure): Failure {
  const filled: Failure = { ...next, ...known }
  if (next.type !== undefined && (known.type === undefined || NO_TYPE.has(known.type))) {
    filled.type = NO_TYPE.has(next.type) ? (known.type ?? next.type) : next.type
  }
  return filled
}

const LEADING_STATUS = /^\s*(?:Error:\s*|Error code:\s*|HTTP(?:\/\d(?:\.\d)?)?\s+|status(?: code)?:?\s+)?([45]\d\d)\b/i
/** Python's SDKs and frameworks wrap their errors in each other's. */
const NAMED_STATUS = /\b(?:Error code|status_code|status code):\s*([45]\d\d)\b/i

/** A message as sources write it, taken apart: JSON of the provider's answer, a leading HTTP status, a stack trace. */
export function readMessage(given: string): Failure {
  const { stack, ...cut } = cutStack(given.replaceAll('\0', '').toWellFormed())
  const { text, type } = unprinted(cut.text) ?? cut
  const failure: Failure = type === undefined ? { message: text } : { message: text, type }
  if (stack !== undefined) failure.stack = stack
  const status = (LEADING_STATUS.exec(text) ?? NAMED_STATUS.exec(text.slice(0, 500)))?.[1]
  if (status !== undefined) failure.httpStatus = Number(status)
  const brace = text.indexOf('{')
  const body = brace < 0 ? undefined : (tryJson(text.slice(brace)) ?? pythonError(text, brace))
  return isJsonObject(body) ? { ...failure, ...readBody(body) } : failure
}

/** The provider's answer in Python's spelling, behind a status or at the end; not any other dictionary that a message quotes. */
function pythonError(text: string, start: number): JsonValue | undefined {
  const { value, rest = '' } = pythonDictionary(text.slice(start)) ?? {}
  if (!isJsonObject(value)) return undefined
  if (!NAMED_STATUS.test(text.slice(0, start).slice(-500)) && !/^[\s"')\]}.]*$/.test(rest)) return undefined
  const isError = isJsonObject(value.error) || ('message' in value && ('type' in value || 'code' in value))
  return isError ? value : undefined
}

/** The provider's error object, `{error: {type, code, message}}` or bare. */
function readBody(body: JsonObject): Failure {
  const error = isJsonObject(body.error) ? body.error : body
  const failure: Failure = {}
  const message = asText(error.message)
  if (message !== undefined) failure.message = message
  // Google's errors are `{code: 429, status: 'RESOURCE_EXHAUSTED', message}`.
  const type = asText(error.type) ?? asText(error.status)
  if (type !== undefined) failure.providerType = type
  const status = asCount(error.code) ?? asCount(body.status) ?? asCount(error.status)
  if (status !== undefined && status >= 400 && status < 600) failure.httpStatus = status
  else if (asText(error.code) !== undefined) failure.code = asText(error.code) as string
  const request = asText(body.request_id) ?? asText(at(error, 'request_id'))
  if (request !== undefined) failure.requestId = request
  return failure
}

const PRINTED =
  /^(?=[A-Z]\w{0,80}\()([A-Z]\w*(?:Error|Exception|Exit|Interrupt|Timeout)\w*)\((?:(['"])([\s\S]*)\2,?)?\)$/

/** An error as Python prints it: `ValueError('no such city')`. */
function unprinted(text: string): { text: string; type: string } | undefined {
  const [, type, quote, said = ''] = PRINTED.exec(text) ?? []
  // With several arguments a quote closes in between.
  const hasSeveral = quote !== undefined && said.replaceAll(/\\./g, '').includes(quote)
  return type === undefined || hasSeveral
    ? undefined
    : { type, text: said.replaceAll(/\\(['"\\n])/g, (_, c) => (c === 'n' ? '\n' : c)) }
}

/** LangChain's messages hold the text, the text again behind its class, and the stack. */
function cutStack(given: string): { text: string; stack?: string; type?: string } {
  const start = /\n[ \t]+at .+[:)]|\n?Traceback \(most recent call last\):(?=\s*\n)|\n {2}File "/.exec(given)
  if (!start) return { text: given.trim() }
  const head = given.slice(0, start.index).trim()
  // Nothing but a stack, of which Python's ends in the message.
  if (head === '' && given.trimStart().startsWith('Traceback'))
    return { text: given.trim().split('\n').at(-1) ?? '', stack: given.trim() }
  // LangChain's: the message, which may have blank lines of its own, then class and message once more.
  const again = saidAgain(head)
  if (again)
    return {
      text: again.said,
      type: again.type,
      stack: given.slice(given.indexOf(`${again.type}: `, again.said.length)).trim(),
    }
  const blank = head.indexOf('\n\n')
  const first = blank < 0 ? head : head.slice(0, blank)
  const rest = blank < 0 ? '' : head.slice(blank).trim()
  const isRepeated = rest.endsWith(first.trim()) && /^[\w.$]*:/.test(rest)
  return { text: isRepeated ? first.trim() : head, stack: given.slice(isRepeated ? blank : start.index).trim() }
}

/** Blank lines of a message behind which it may stand once more. */
const MOST_BLANKS = 50

/** A message that stands once more behind a blank line and its class: `slow\n\ndown\n\nRateLimitError: slow\n\ndown`. */
function saidAgain(head: string): { said: string; type: string } | undefined {
  let blank = head.indexOf('\n\n')
  for (let left = MOST_BLANKS; blank > 0 && left > 0; left--) {
    const said = head.slice(0, blank).trimEnd()
    const rest = head.slice(blank).trimStart()
    const type = /^([A-Z][\w.$]*): /.exec(rest.slice(0, LONGEST_CLASS))?.[1]
    if (type !== undefined && said !== '' && rest.startsWith(said, type.length + 2)) return { said, type }
    blank = head.indexOf('\n\n', blank + 2)
  }
  return undefined
}

const LONGEST_CLASS = 100

/** The class in front of the colon: `RateLimitError: slow down`. */
export function classIn(message: string | undefined): string | undefined {
  const name = /^([A-Za-z_$][\w.$]{2,80}):\s/.exec(message ?? '')?.[1]
  return name !== undefined && /error|exception|abort|timeout|cancel|fail/i.test(name) && name !== 'Error'
    ? name
    : undefined
}

export function errorTypeOf(failure: Failure): string {
  return failure.type ?? classIn(failure.message) ?? failure.providerType ?? '_OTHER'
}

const ABORT =
  /\b(?:AbortError|APIUserAbortError|CancelledError|CanceledError|GeneratorExit|aborted|cancell?ed by (?:the )?user|request was cancell?ed)\b/i
const TIMEOUT = /time[d_ -]?out|deadline/i
/** A status of gRPC's, which Genkit gives its own errors: a conflict or a limit, nobody's wish. */
const GRPC_ABORTED = /^(?:\w+Error: )?ABORTED: /

/** Whether a failure is somebody's wish. A timeout is none. */
export function isAbort(failure: Failure): boolean {
  const said = `${failure.type ?? ''} ${failure.message ?? ''}`
  return ABORT.test(said) && !TIMEOUT.test(said) && !GRPC_ABORTED.test(failure.message ?? '')
}

const INTERRUPT = /\b(?:GraphInterrupt|NodeInterrupt|ToolInterruptError)\b/

/** Whether work was broken off to ask a person, and goes on later. */
export function isInterrupt({ type, message }: Failure): boolean {
  return INTERRUPT.test(`${type ?? ''} ${message?.slice(0, LONGEST_CLASS) ?? ''}`)
}

const LIMIT =
  /GraphRecursionError|Recursion limit of \d+|MaxTurnsExceeded|Max turns \(\d+\)|Exceeded maximum tool call iterations/

/** Whether a loop ended because it had gone round as often as it may. */
export function isLimit({ type, message }: Failure): boolean {
  return LIMIT.test(`${type ?? ''} ${message ?? ''}`)
}

/** Causes in words, in the order of section 7.4's table; the first that matches decides. */
const CAUSES: readonly [StopReason, RegExp][] = [
  ['insufficient_credits', /\bbilling|payment required|insufficient[_ ](?:credits|balance|funds)|credit balance/i],
  [
    'no_tool_call',
    /no tool (?:call|was called)|did not call (?:a|any|the) (?:required )?tool|tool (?:call )?(?:was |is )?required/i,
  ],
  [
    'invalid_tool_call',
    /NoSuchTool|InvalidTool(?:Input|Arguments|Call)|unknown tool|unavailable tool|no such tool|tool .{0,60}not found|invalid (?:input|arguments?|parameters) for (?:the )?tool|INVALID_ARGUMENT: Schema validation failed/i,
  ],
  [
    'invalid_llm_response',
    /invalid JSON|not valid JSON|JSON ?parse|JSONDecode|InvalidResponse|NoObjectGenerated|NoOutputGenerated|no output generated|EmptyResponse|empty (?:response|choices)|TypeValidation|OutputParser|UnexpectedModelBehavior|does not match (?:the )?schema/i,
  ],
]

/** Mistakes of the program itself, made without a provider. */
const LOCAL = /^(?:TypeError|ReferenceError|RangeError|NameError|AttributeError|KeyError|IndexError|AssertionError)$/

/** The stop reason of a failed call (7.4). */
export function stopReasonOfFailure(failure: Failure): StopReason {
  if (isAbort(failure)) return 'cancelled'
  const said = [failure.type, failure.providerType, failure.code, failure.message].filter(Boolean).join(' ')
  if (failure.httpStatus === 402) return 'insufficient_credits'
  const cause = CAUSES.find(([, words]) => words.test(said))
  if (cause) return cause[0]
  const isLocal =
    LOCAL.test(failure.type ?? '') &&
    failure.httpStatus === undefined &&
    !/fetch|network|connect|terminated/i.test(said)
  return isLocal ? 'error' : 'llm_api_error'
}

/** `error_data`: always the same three keys. */
export function errorData(failure: Failure): JsonObject {
  const details: JsonObject = {}
  if (failure.httpStatus !== undefined) details.http_status = failure.httpStatus
  if (failure.providerType !== undefined) details.provider_error_type = failure.providerType
  if (failure.code !== undefined) details.provider_code = failure.code
  if (failure.requestId !== undefined) details.request_id = failure.requestId
  return {
    message: failure.message ?? null,
    traceback: failure.stack ?? null,
    details: Object.keys(details).length > 0 ? details : null,
  }
}
