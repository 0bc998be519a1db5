/** What PostgreSQL's errors mean to a caller. */
import { LedgerError } from '../../domain/errors.ts'
import { Restart } from '../sql/engine.ts'

type DriverError = Error & { code?: string | undefined; cause?: unknown }

/** SQLSTATE classes that are about the server or the way to it: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const SERVER_STATES = /^(08|53|57|58|28|3D|25006)/
/** Those that say that it does not serve at all: ended, ending, starting, or not to be reached. */
const AWAY_STATES = /^(08|57P|58)/
/** The way to the server, as the system calls say it. */
const NETWORK = /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|ENOENT)/
/** What the driver says without a code about a connection that is gone or silent. */
const DRIVER =
  /Connection terminated|Client has encountered a connection error|not queryable|Cannot use a pool|Query read timeout|server does not support SSL/i
/** What the pool says when all of its connections are in use for too long: the server is busy, not away. */
const BUSY = /^timeout exceeded when trying to connect$/
/** Two writers in each other's way: one of them begins anew. */
const COLLISION = /^(40001|40P01|55P03)$/
const TOO_LARGE = /^(54000|22P06)$/

/** Whether the database as a whole cannot do its work now. */
export function isDatabaseFailure(error: DriverError): boolean {
  if (error instanceof LedgerError) return error.code === 'unavailable'
  const code = error.code ?? ''
  return SERVER_STATES.test(code) || isGone(error) || (code === '' && BUSY.test(error.message))
}

/** Whether the server, or the way to it, is away: not merely slow. */
export function isAway(error: DriverError): boolean {
  // What was found out already, or is of our own making: more waits to be written than may.
  if (error instanceof LedgerError) return false
  return AWAY_STATES.test(error.code ?? '') || isGone(error)
}

/** Whether the driver gave up waiting for an answer. */
export function isSilence({ message }: Error): boolean {
  return message === 'Query read timeout'
}

function isGone({ code = '', message }: DriverError): boolean {
  return NETWORK.test(code) || (code === '' && DRIVER.test(message))
}

/** Whether the transaction may succeed when it is tried again at once; nothing of it was kept. */
export function isCollision(error: DriverError): boolean {
  return error instanceof Restart || COLLISION.test(error.code ?? '')
}

/** The error for the caller; what the database said is its cause, for the log only. */
export function storageError(error: DriverError): Error {
  if (error instanceof LedgerError) return error
  if (TOO_LARGE.test(error.code ?? '')) {
    return new LedgerError('too_large', 'A step is larger than the database can hold in one row', { cause: error })
  }
  if (isDatabaseFailure(error) || isCollision(error)) {
    return new LedgerError('unavailable', 'The ledger cannot reach its database now; see the server log', {
      cause: error,
    })
  }
  return error
}
