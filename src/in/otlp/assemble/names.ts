/** Names and ids from outside as a step can hold them (design 13). */
import { isOpaqueId, OPAQUE_ID_LENGTH } from '../../../domain/id.ts'
import { fingerprint } from '../reading/keys.ts'
import type { Who } from './who.ts'

/** The text as an id: without control characters; a too long one ends in its fingerprint, so it stays apart. */
export function opaque(text: string | undefined | null): string | null {
  if (text === undefined || text === null) return null
  if (isOpaqueId(text)) return text
  const clean = text
    .replaceAll(/\p{Cc}+/gu, ' ')
    .toWellFormed()
    .trim()
  if (clean.length <= OPAQUE_ID_LENGTH) return clean === '' ? null : clean
  const end = fingerprint(text)
  return `${clean.slice(0, OPAQUE_ID_LENGTH - end.length - 1).toWellFormed()}…${end}`
}

/** An explicit run id as it came, else `run-<uuid>` from the trace id's 128 bits (section 8.2); null without either. */
export function runIdOf(run: string | null, traceId: string | null): string | null {
  const told = opaque(run)
  if (told !== null || traceId === null) return told
  const parts = [
    traceId.slice(0, 8),
    traceId.slice(8, 12),
    traceId.slice(12, 16),
    traceId.slice(16, 20),
    traceId.slice(20),
  ]
  return `run-${parts.join('-')}`
}

/** Session and user have no column; as tags they can be filtered by. */
export function tagged(who: Who): string[] {
  const tags = [...who.tags]
  if (who.session !== null) tags.push(`session:${who.session}`)
  if (who.user !== null) tags.push(`user:${who.user}`)
  return [...new Set(tags.map((tag) => opaque(tag)).filter((tag) => tag !== null))]
}
