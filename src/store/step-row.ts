/**
 * A step as it rests in a table, and the way there and back.
 *
 * Objects and messages rest as JSON text: exact, free of U+0000, and ready to be sent without being parsed.
 */
import { parseExact, stringifyExact, type JsonObject } from '../domain/exact-json.ts'
import type { Message } from '../domain/message.ts'
import {
  STEP_FIELDS,
  STEP_FIELD_NAMES,
  type Step,
  type StepField,
  type StepFields,
  type StepMetrics,
} from '../domain/step.ts'

type Stored<F extends StepField> = (typeof STEP_FIELDS)[F]['kind'] extends 'object' ? string | null : StepFields[F]

/** The columns of `steps` that say what the step is. */
export type StepRow = { [F in StepField]: Stored<F> } & {
  id: string
  /** Microseconds since 1970. */
  created_at: number
  /** JSON array of texts. */
  tags: string
  /** JSON object, nanoseconds as numbers of any length; null = none recorded. */
  metrics: string | null
  /** One JSON object a line (a line break never stands raw inside JSON); empty = none. */
  messages: string
}

export const STEP_COLUMNS = ['id', 'created_at', ...STEP_FIELD_NAMES, 'tags', 'metrics', 'messages'] as const
const OBJECT_FIELDS = new Set<string>(STEP_FIELD_NAMES.filter((name) => STEP_FIELDS[name].kind === 'object'))
const NANOSECONDS = /_ns$/

export function encodeStep(step: Step): StepRow {
  const row = {} as Record<string, unknown>
  for (const name of STEP_FIELD_NAMES) {
    const value = step[name]
    row[name] = value !== null && OBJECT_FIELDS.has(name) ? stringifyExact(value) : value
  }
  row.id = step.id
  row.created_at = step.created_at
  row.tags = stringifyExact(step.tags)
  row.metrics = step.metrics && encodeMetrics(step.metrics)
  row.messages = encodeMessages(step.messages)
  return row as unknown as StepRow
}

export function decodeStep(row: StepRow): Step {
  const fields = {} as Record<string, unknown>
  for (const name of STEP_FIELD_NAMES) {
    const value = row[name]
    fields[name] = value !== null && OBJECT_FIELDS.has(name) ? parseExact(value as string) : value
  }
  return {
    ...(fields as unknown as StepFields),
    id: row.id,
    created_at: row.created_at,
    tags: decodeTags(row.tags),
    metrics: decodeMetrics(row.metrics),
    messages: decodeMessages(row.messages),
  }
}

function encodeMessages(messages: readonly Message[]): string {
  return messages.map((message) => stringifyExact(message)).join('\n')
}

export function decodeMessages(text: string): Message[] {
  return text === '' ? [] : text.split('\n').map((line) => parseExact(line) as unknown as Message)
}

export function decodeTags(text: string): string[] {
  return text === '[]' ? [] : (JSON.parse(text) as string[])
}

function encodeMetrics(metrics: StepMetrics): string {
  const entries = Object.entries(metrics).map(([name, value]) => [
    name,
    NANOSECONDS.test(name) ? JSON.rawJSON(value) : value,
  ])
  return stringifyExact(Object.fromEntries(entries))
}

export function decodeMetrics(text: string | null): StepMetrics | null {
  if (text === null) return null
  const entries = Object.entries(parseExact(text) as JsonObject).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : stringifyExact(value),
  ])
  return Object.fromEntries(entries) as StepMetrics
}
