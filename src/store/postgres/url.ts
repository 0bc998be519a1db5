/** The address of a PostgreSQL database. */
import { LedgerError } from '../../domain/errors.ts'

/** Says which server it is, never its password. */
export function describeUrl(url: string): string {
  const { hostname, port, pathname, username } = new URL(url)
  return `postgres://${username === '' ? '' : `${username}@`}${hostname}${port === '' ? '' : `:${port}`}${pathname}`
}

/** @throws LedgerError `unusable` for an address that is no PostgreSQL URL; it does not repeat what might be a password */
export function checkUrl(url: string): void {
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new LedgerError(
      'unusable',
      'The database (--database-url or DATABASE_URL) must be like postgres://user:password@host:5432/name',
    )
  }
}
