/**
 * Who may talk to the server at all (design 9).
 *
 * Without keys nobody is asked who they are, so requests must come from this machine and not from a web page: a
 * page of another site can make a browser send requests to localhost, and by rebinding a name of its own even read
 * the answers. The Host and Origin headers give both away.
 */
import { isIP } from 'node:net'
import { LedgerError } from '../domain/errors.ts'

/** Whether a host name or address means this machine only. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase()
  if (name === 'localhost' || name.endsWith('.localhost')) return true
  return name === '::1' || (isIP(name) === 4 && name.startsWith('127.'))
}

/** The name part of `name:port`, `[::1]:port` or `name`. */
function nameOf(host: string): string {
  return host.replace(/:\d+$/, '')
}

/**
 * @param open whether callers are let in without a key
 * @param allowedOrigins origins of web pages that the user let in (setting cors-origins)
 * @throws LedgerError `forbidden`
 */
export function guard(headers: Headers, open: boolean, allowedOrigins: readonly string[]): void {
  const host = headers.get('host')
  if (open && host !== null && !isLoopback(nameOf(host))) {
    throw new LedgerError(
      'forbidden',
      `Host '${host}' is not this machine; a ledger without keys answers on localhost only`,
    )
  }
  const origin = headers.get('origin')
  if (origin !== null && !isOwn(origin, host) && !allowedOrigins.includes(origin)) {
    throw new LedgerError('forbidden', `Origin '${origin}' is not allowed (setting cors-origins)`)
  }
  if (open && origin === null && headers.get('sec-fetch-site') === 'cross-site') {
    throw new LedgerError('forbidden', 'Requests from pages of other sites are not allowed (setting cors-origins)')
  }
}

/** A page that this server sent itself. */
function isOwn(origin: string, host: string | null): boolean {
  return host !== null && (origin === `http://${host}` || origin === `https://${host}`)
}
