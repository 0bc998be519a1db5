/** The one translation of errors into HTTP answers (contract, section 5.1). */
import type { ErrorCode, Issue } from '../domain/errors.ts'
import { LedgerError } from '../domain/errors.ts'

const STATUS: Record<ErrorCode, number> = {
  invalid: 422,
  unusable: 400,
  not_found: 404,
  conflict: 409,
  unauthenticated: 401,
  forbidden: 403,
  too_large: 413,
  unsupported: 415,
  unavailable: 503,
}

/** Seconds after which a client may try again. */
const RETRY_AFTER = '1'

export interface Problem {
  status: number
  headers: Record<string, string>
  /** What our own JSON tells: a text, or each single thing that is wrong. */
  detail: string | readonly Issue[]
  /** The same in one text. */
  message: string
}

/** An unexpected error tells the caller nothing about itself; the caller of this function logs it. */
export function problemOf(error: unknown): Problem {
  if (!(error instanceof LedgerError)) return problem(500, 'An unknown error occurred')
  const detail = error.issues.length > 0 ? error.issues : error.message
  return { ...problem(STATUS[error.code], error.message), detail }
}

export function problem(status: number, message: string, headers: Record<string, string> = {}): Problem {
  return {
    status,
    headers: {
      ...(status === 503 && { 'Retry-After': RETRY_AFTER }),
      ...(status === 401 && { 'WWW-Authenticate': 'Bearer' }),
      ...headers,
    },
    detail: message,
    message,
  }
}
