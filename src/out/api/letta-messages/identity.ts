/** What tells the Letta messages of one internal message apart, and when it was (contract, section 4.3, "Ids, …"). */
import { derivedId } from '../../../domain/id.ts'
import { formatMicros, parseMicros } from '../../../domain/time.ts'

const UUID_AT_END = /(?:^|-)([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4})-([0-9a-f]{12})$/i
const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/

/**
 * The otid of the derived message at `index`: the internal message's uuid with its lowest 7 bits replaced.
 * A message id without a uuid stands for one made from the whole id, so that otids stay distinct and stable.
 */
export function derivedOtid(messageId: string, index: number): string {
  const match = UUID_AT_END.exec(messageId) ?? UUID_AT_END.exec(derivedId('message', messageId))
  const [, head, tail] = match as unknown as [string, string, string]
  const bits = Number.parseInt(tail, 16)
  // From index 128 on, 7 bits are too few: it goes on counting in the higher ones rather than start again.
  const own = (bits - (bits % 128) + index) % 2 ** 48
  return `${head}-${own.toString(16).padStart(12, '0')}`.toLowerCase()
}

/**
 * A stored time as the SDKs read it: as it stands when it already names its offset, else the same instant in UTC.
 * Text that is no time at all is left alone: showing it beats hiding the message.
 */
export function messageDate(stored: string): string {
  if (RFC_3339.test(stored)) return stored
  const micros = parseMicros(stored)
  return micros === undefined ? stored : formatMicros(micros)
}
