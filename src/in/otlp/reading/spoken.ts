/** The messages of a span or record, first source first, separately for input and output (mapping, section 9.1). */
import type { Dialect } from '../dialects/dialect.ts'
import type { Content, SaidKeys } from '../facts.ts'
import { messageKey } from './keys.ts'
import type { Said } from './said.ts'
import type { View } from './view.ts'

export interface Spoken {
  readonly content: Content
  readonly said: SaidKeys
}

export function spokenIn(view: View, dialects: readonly Dialect[]): Spoken {
  const system = firstSaid(dialects, (dialect) => dialect.system?.(view))
  const input = firstSaid(dialects, (dialect) => dialect.input?.(view))
  const choices = firstSaid(dialects, (dialect) => dialect.output?.(view))
  return spoken(system ?? [], input ?? [], choices ?? [])
}

/** @param choices every choice of the answer; the first is the step's own */
export function spoken(system: readonly Said[], input: readonly Said[], choices: readonly Said[]): Spoken {
  const output = choices.slice(0, 1)
  const others = choices.slice(1)
  const lists = { system, input, output, others }
  const content = Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)) as Content
  return { content, said: keysOf(content) }
}

export function keysOf(content: Content): SaidKeys {
  const keys: { -readonly [K in keyof SaidKeys]?: SaidKeys[K] } = {}
  if (content.system) keys.system = content.system.map(messageKey)
  if (content.input) keys.input = content.input.map(messageKey)
  if (content.output) {
    keys.output = content.output.map(messageKey)
    const calls = content.output.flatMap((said) => said.parts).filter((part) => part.type === 'tool_call')
    if (calls.length > 0) {
      keys.calls = calls.map(({ id, name, input }) => ({
        id,
        name,
        ...(Object.keys(input).length === 1 && typeof input._raw === 'string' ? { isInvalid: true as const } : {}),
      }))
    }
  }
  return keys
}

function firstSaid(
  dialects: readonly Dialect[],
  question: (dialect: Dialect) => Said[] | undefined,
): Said[] | undefined {
  for (const dialect of dialects) {
    const said = question(dialect)?.filter((each) => each.parts.length > 0 || each.finish !== undefined)
    if (said && said.some((each) => each.parts.some((part) => part.type !== 'text' || part.text !== ''))) return said
  }
  return undefined
}
