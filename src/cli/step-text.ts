/** One step as a page of text: what is known of it, its times, and its messages as a conversation. */
import { isJsonObject, type JsonObject, type JsonValue } from '../domain/exact-json.ts'
import { METRIC_FIELDS, METRIC_FIELD_NAMES, STEP_FIELD_NAMES } from '../domain/step.ts'
import { partsOf, type Part } from './message-text.ts'
import { count, oneLine, plain, type Colors } from './output.ts'
import { duration, paintStatus, textOf } from './value-text.ts'

/** Shown apart, in a form of their own. */
const APART = new Set<string>(['error_data'])
const COUNTS = /_tokens$|_limit$/
/** Points in time; the other nanoseconds are durations. */
const INSTANTS = /_start_ns$/

/** @param metrics as the API gives them; null = none */
export function stepText(step: JsonObject, metrics: JsonObject | null, colors: Colors): string {
  const sections = [
    [colors.bold(textOf(step.id)), ...factLines(facts(step), colors)],
    factLines(times(metrics), colors),
    errorLines(step.error_data, colors),
    ...messages(step).map((message) => messageLines(message, colors)),
  ]
  return `${sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n')).join('\n\n')}\n` // prettier-ignore
}

type Fact = [name: string, text: string]

function facts(step: JsonObject): Fact[] {
  const known = STEP_FIELD_NAMES.filter((name) => step[name] != null && !APART.has(name))
  const tags =
    Array.isArray(step.tags) && step.tags.length > 0 ? [['tags', step.tags.map(textOf).join(', ')] as Fact] : []
  return [
    ['created_at', textOf(step.created_at)],
    ...known.map((name): Fact => [name, valueText(name, step[name])]),
    ...tags,
  ]
}

function valueText(name: string, value: JsonValue | undefined): string {
  if (typeof value === 'number' && COUNTS.test(name)) return count(value)
  return textOf(value)
}

/** Nanoseconds as people read them, with the exact number beside. */
function times(metrics: JsonObject | null): Fact[] {
  const known = METRIC_FIELD_NAMES.filter((name) => METRIC_FIELDS[name] === 'nanoseconds' && metrics?.[name] != null)
  return known.map((name) => {
    const exact = textOf(metrics?.[name])
    return [name, `${INSTANTS.test(name) ? instantText(exact) : duration(exact)} (${exact})`]
  })
}

function instantText(nanoseconds: string): string {
  const date = new Date(Number(BigInt(nanoseconds) / 1_000_000n))
  return Number.isNaN(date.getTime()) ? '' : date.toISOString()
}

function factLines(all: readonly Fact[], colors: Colors): string[] {
  const width = Math.max(...all.map(([name]) => name.length), 0)
  return all.map(([name, text]) => {
    const shown = oneLine(text)
    return `${colors.dim(name.padEnd(width))}  ${name === 'status' ? paintStatus(shown, colors) : shown}`
  })
}

function errorLines(error: JsonValue | undefined, colors: Colors): string[] {
  if (!isJsonObject(error)) return []
  const { message, traceback, ...rest } = error
  const details = Object.keys(rest).length > 0 ? JSON.stringify(rest, null, 2) : ''
  const texts = [message, traceback, details].filter((text) => typeof text === 'string' && text !== '')
  return texts.length === 0 ? [] : [colors.red('error'), ...texts.map((text) => indented(plain(text as string)))]
}

function messages({ messages: all }: JsonObject): JsonObject[] {
  return Array.isArray(all) ? all.filter(isJsonObject) : []
}

function messageLines(message: JsonObject, colors: Colors): string[] {
  const name = typeof message.name === 'string' ? ` ${oneLine(message.name)}` : ''
  const title = `${colors.bold(colors.cyan(textOf(message.role)))}${name}  ${colors.dim(textOf(message.created_at))}`
  return [title, ...partsOf(message).map((part) => indented(partText(part, colors)))]
}

function partText(part: Part, colors: Colors): string {
  const text = plain(part.text)
  switch (part.kind) {
    case 'thinking':
      return eachLine(`(thinks) ${text}`, colors.dim)
    case 'call':
      return `${colors.yellow('→')} ${text}`
    case 'result':
      return `${part.failed ? colors.red('← failed:') : colors.green('←')} ${text}`
    case 'text':
      return text
    default:
      return part satisfies never
  }
}

/** Paints line by line: a pager that shows a part of the text shows it in its colour. */
function eachLine(text: string, paint: (line: string) => string): string {
  return text.split('\n').map(paint).join('\n') // prettier-ignore
}

function indented(text: string): string {
  return text
    .replace(/^\s*\n/, '')
    .trimEnd()
    .replaceAll(/^(?=.)/gm, '  ')
}
