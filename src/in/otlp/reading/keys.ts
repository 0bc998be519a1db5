/** Fingerprints of messages, to recognise in a later request what an earlier call of the run held (mapping, 9.1). */
import type { Said, SaidPart } from './said.ts'
import type { JsonValue } from '../../../domain/exact-json.ts'

/** Shorter texts are their own fingerprint. */
const SHORT = 16

/**
 * One message as one text: the fingerprints of its parts, separated by blanks. Reasoning and ids are left out, because
 * many sources lose them between an answer and the next request.
 */
export function messageKey(said: Said): string {
  return said.parts
    .map((part) => partKey(said.role, part))
    .filter((key) => key !== '')
    .join(' ')
}

function partKey(role: string, part: SaidPart): string {
  const who = role.slice(0, 1)
  switch (part.type) {
    case 'text':
      return part.text === '' ? '' : `${who}t${fingerprint(part.text)}`
    case 'tool_call':
      return `${who}c${fingerprint(`${part.name}\n${canonical(part.input)}`)}`
    case 'tool_return':
      return resultKey(part.content)
    case 'image':
      return `${who}i${fingerprint(JSON.stringify(part.source))}`
    default:
      return ''
  }
}

/** The fingerprint of a tool's result, as it also stands in the key of a message that returns it. */
export function resultKey(content: string): string {
  return `tr${fingerprint(content)}`
}

/** JSON with sorted keys: the same arguments come back in another order. */
function canonical(value: JsonValue): string {
  if (typeof value !== 'object' || value === null || JSON.isRawJSON(value)) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  const keys = Object.keys(value).sort()
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key] as JsonValue)}`).join()}}`
}

/** 53 bits that differ for texts that differ (cyrb53), in base 36; enough among the messages of one run. */
export function fingerprint(text: string): string {
  if (text.length <= SHORT && /^[\w.,:-]+$/.test(text)) return `=${text}`
  let a = 0xdeadbeef ^ text.length
  let b = 0x41c6ce57
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    a = Math.imul(a ^ code, 2654435761)
    b = Math.imul(b ^ code, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return (4294967296 * (2097151 & b) + (a >>> 0)).toString(36)
}
