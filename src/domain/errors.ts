/** The errors that callers can be told about: one class, a closed list of codes. HTTP statuses are given in `http/problem.ts`. */

export type ErrorCode =
  /** A value has the wrong type, form or name. */
  | 'invalid'
  /** Values parse but cannot be used, alone or together. */
  | 'unusable'
  /** What is named does not exist for this caller. */
  | 'not_found'
  /** It builds on something that has changed since: whoever asks reads that again and asks anew. */
  | 'conflict'
  /** No key, or a key that is not known. */
  | 'unauthenticated'
  /** A known caller that may not do this. */
  | 'forbidden'
  /** The request is larger than a limit. */
  | 'too_large'
  /** The request is in a form that nobody here reads: its content type or its encoding. */
  | 'unsupported'
  /** The server cannot answer now; the same call may succeed later. */
  | 'unavailable'

/** One thing wrong with an input: where (`['body', 3, 'status']`), what, and a short machine-readable kind. */
export interface Issue {
  readonly loc: readonly (string | number)[]
  readonly msg: string
  readonly type: string
}

export class LedgerError extends Error {
  readonly code: ErrorCode
  /** Only with `invalid`: each single thing that is wrong. */
  readonly issues: readonly Issue[]

  constructor(code: ErrorCode, message: string, options: { issues?: readonly Issue[]; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'LedgerError'
    this.code = code
    this.issues = options.issues ?? []
  }
}

/** An `invalid` error about one field. */
export function invalid(loc: readonly (string | number)[], msg: string, type = 'value_error'): LedgerError {
  return new LedgerError('invalid', `${loc.join('.')}: ${msg}`, { issues: [{ loc, msg, type }] })
}

export function notFound(what: string, id: string): LedgerError {
  return new LedgerError('not_found', `${what} with id '${id}' not found`)
}
