/** The messages of a span or record, first source first, separately for input and output (mapping, section 9.1). */
import type { Panel } from '../dialects/panel.ts'
import type { Content, SaidKeys, Writable } from '../facts.ts'
import { messageKey } from './keys.ts'
import { isThought, type Said } from './said.ts'
import type { View } from './view.ts'

export interface Spoken {
  readonly content: Content
  readonly said: SaidKeys
}

export function spokenIn(view: View, panel: Panel): Spoken {
  return spoken(firstSaid('system', view, panel), firstSaid('input', view, panel), answerOf(view, panel))
}

/** @param choices every choice of the answer; the first is the step's own */
export function spoken(system: readonly Said[], input: readonly Said[], choices: readonly Said[]): Spoken {
  const content: Writable<Content> = {}
  if (system.length > 0) content.system = system.filter(isSaid)
  if (input.length > 0) content.input = input.filter(isSaid)
  const [first, ...others] = choices
  if (first) content.output = [first, ...others.filter(isReturn)]
  const further = others.filter((each) => !isReturn(each))
  if (further.length > 0) content.others = further
  return { content, said: keysOf(content) }
}

/** What the provider's own tools gave back within an answer. */
function isReturn({ role }: Said): boolean {
  return role === 'tool'
}

function isSaid({ parts, finish }: Said): boolean {
  return parts.length > 0 || finish !== undefined
}

export function keysOf(content: Content): SaidKeys {
  const keys: Writable<SaidKeys> = {}
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

/** The first source that holds anything but empty texts. */
function firstSaid(side: 'system' | 'input' | 'output', view: View, panel: Panel): Said[] {
  return panel.askFor(side, view, holdsAnything) ?? []
}

/** What was thought and what was said may stand in attributes of different dialects. */
function answerOf(view: View, panel: Panel): Said[] {
  const [first, ...others] = firstSaid('output', view, panel)
  if (first === undefined || !first.parts.every(isThought)) return first ? [first, ...others] : []
  const [said] = panel.askFor('output', view, ([each]) => each !== undefined && !each.parts.every(isThought)) ?? []
  if (said === undefined) return [first, ...others]
  return [{ ...first, ...said, parts: [...first.parts, ...said.parts.filter((part) => !isThought(part))] }, ...others]
}

function holdsAnything(said: readonly Said[]): boolean {
  return said.some(({ parts }) => parts.some((part) => part.type !== 'text' || part.text !== ''))
}
