/** Messages of a step as text for people. */
import { isJsonObject, type JsonObject, type JsonValue } from '../domain/exact-json.ts'

export type Part =
  | { kind: 'text'; text: string }
  | { kind: 'thinking'; text: string }
  | { kind: 'call'; text: string }
  | { kind: 'result'; text: string; failed: boolean }

const objects = (value: JsonValue | undefined): JsonObject[] => (Array.isArray(value) ? value.filter(isJsonObject) : [])
const textOf = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '')

/** What a message says, in order: its content, and the calls and results that only its lists hold. */
export function partsOf(message: JsonObject): Part[] {
  const content = objects(message.content)
  const calls = new Set(content.filter(({ type }) => type === 'tool_call').map(({ id }) => id))
  const results = new Set(content.filter(({ type }) => type === 'tool_return').map((part) => part.tool_call_id ?? ''))
  return [
    ...contentParts(message.content),
    ...objects(message.tool_calls).filter(({ id }) => !calls.has(id)).map(callPart), // prettier-ignore
    ...objects(message.tool_returns).filter((result) => !results.has(result.tool_call_id ?? '')).map(returnPart), // prettier-ignore
    ...objects(message.approvals).map(approvalPart),
  ].filter(({ text }) => text !== '')
}

/** The first words of what the agent answered: its text, else the tools it asked for, else its error. */
export function answerOf(step: JsonObject): string {
  const said = objects(step.messages)
    .filter(({ role }) => role === 'assistant' || role === 'approval')
    .flatMap(partsOf)
  const best = said.find(({ kind }) => kind === 'text') ?? said.find(({ kind }) => kind === 'call')
  if (best) return firstLine(best.text)
  const error = isJsonObject(step.error_data) ? textOf(step.error_data.message) : ''
  return firstLine(error)
}

/** As much of a line as a list shows. */
const LONGEST_LINE = 160

function firstLine(text: string): string {
  return (text.trimStart().split('\n', 1)[0] ?? '').slice(0, LONGEST_LINE)
}

function contentParts(content: JsonValue | undefined): Part[] {
  if (typeof content === 'string') return [{ kind: 'text', text: content }]
  return objects(content).map(contentPart)
}

function contentPart(part: JsonObject): Part {
  switch (part.type) {
    case 'text':
      return { kind: 'text', text: textOf(part.text) }
    case 'reasoning':
      return { kind: 'thinking', text: textOf(part.reasoning) }
    case 'redacted_reasoning':
    case 'omitted_reasoning':
      return { kind: 'thinking', text: '[not shown by the provider]' }
    case 'summarized_reasoning':
      return { kind: 'thinking', text: objects(part.summary).map(({ text }) => textOf(text)).join('\n') } // prettier-ignore
    case 'tool_call':
      return { kind: 'call', text: `${textOf(part.name)}(${JSON.stringify(part.input ?? {})})` }
    case 'tool_return':
      return { kind: 'result', text: textOf(part.content), failed: part.is_error === true }
    case 'image':
      return { kind: 'text', text: imageText(part.source) }
    default:
      return { kind: 'text', text: JSON.stringify(part) }
  }
}

function imageText(source: JsonValue | undefined): string {
  const { type, url, media_type, file_id } = isJsonObject(source) ? source : ({} as JsonObject)
  const what = type === 'url' ? textOf(url) : [media_type, file_id].filter((word) => typeof word === 'string').join(' ')
  return `[image${what ? ` ${what}` : ''}]`
}

function callPart({ function: called }: JsonObject): Part {
  const { name, arguments: args } = isJsonObject(called) ? called : ({} as JsonObject)
  return { kind: 'call', text: `${textOf(name)}(${textOf(args)})` }
}

function returnPart({ func_response, stdout, stderr, status }: JsonObject): Part {
  const response = typeof func_response === 'string' ? func_response : contentParts(func_response).map(({ text }) => text).join('\n') // prettier-ignore
  const streams = [stdout, stderr].flatMap((lines) => (Array.isArray(lines) ? lines.map(textOf) : []))
  const text = [response, ...streams].filter((part) => part !== '').join('\n')
  return { kind: 'result', text: text || '(nothing)', failed: status === 'error' }
}

function approvalPart(approval: JsonObject): Part {
  if (approval.type !== 'approval') return returnPart(approval)
  const reason = textOf(approval.reason)
  return { kind: 'text', text: `${approval.approve ? 'approved' : 'denied'}${reason ? `: ${reason}` : ''}` }
}
