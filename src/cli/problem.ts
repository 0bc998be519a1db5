/** From the API's error answers back to errors. */
import { LedgerError, type ErrorCode } from '../domain/errors.ts'
import { isJsonObject, parseExact } from '../domain/exact-json.ts'
import { UsageError } from './errors.ts'
import { plain } from './output.ts'

const CODES: Readonly<Record<number, ErrorCode>> = {
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  413: 'too_large',
  429: 'unavailable',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
}

const REMEDIES: Readonly<Record<number, string>> = {
  401: ' It needs an API key: --api-key or STEPLEDGER_API_KEY; make one there: stepledger keys create my-key --role read',
  500: ' stepledger doctor may know more.',
}

/** @param who the start of the sentence: `The ledger at http://…` */
export function errorOf(status: number, body: string, who: string): Error {
  const detail = plain(detailOf(body) ?? `answered ${status}`)
  if (status === 400 || status === 422) return new UsageError(detail)
  const said = status === 404 ? detail : `${who} says: ${detail}.`
  return new LedgerError(CODES[status] ?? 'unavailable', `${said}${REMEDIES[status] ?? ''}`)
}

/** The `detail` of an error answer as one text; OTLP calls it `message`. */
function detailOf(body: string): string | undefined {
  try {
    const answer = parseExact(body) as { detail?: unknown; message?: unknown }
    const detail = answer.detail ?? answer.message
    if (typeof detail === 'string') return detail
    if (Array.isArray(detail)) return detail.filter(isJsonObject).map(issueText).join('\n')
  } catch {
    // Something that is no ledger answered; the caller says who.
  }
  return undefined
}

function issueText({ loc, msg }: Record<string, unknown>): string {
  return `${Array.isArray(loc) ? loc.join('.') : 'request'}: ${String(msg)}`
}
