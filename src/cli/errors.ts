/** What becomes of an error at the command line: a sentence, and an exit code. */
import { CommanderError } from 'commander'
import { LedgerError } from '../domain/errors.ts'
import { VERSION } from '../version.ts'

/** What a command returns to the system. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** Flags or values that cannot be meant so. */
export class UsageError extends Error {
  override name = 'UsageError'
}

export interface ErrorReport {
  exitCode: ExitCode
  /** Absent: there is nothing to say, or it was said already. */
  text?: string
}

/** Errors of the file system that a user can do something about; their messages name the path. */
const FILE_TROUBLE = /^(ENOENT|ENOTDIR|EISDIR|EACCES|EPERM|EROFS|ENOSPC|EEXIST|EMFILE|ENAMETOOLONG|ENOTEMPTY|EXDEV)$/

/** @param verbose show the stacks, for those who look for the cause */
export function reportOf(error: unknown, verbose: boolean): ErrorReport {
  if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? EXIT.ok : EXIT.usage }
  const { code, message } = (error instanceof Error ? error : new Error(String(error))) as NodeJS.ErrnoException
  // Whoever reads our output has seen enough: `stepledger export | head`.
  if (code === 'EPIPE') return { exitCode: EXIT.ok }
  const text = verbose ? stacksOf(error) : message
  if (error instanceof UsageError) return { exitCode: EXIT.usage, text: message }
  if (error instanceof LedgerError || FILE_TROUBLE.test(code ?? '')) return { exitCode: EXIT.failed, text }
  const more = verbose ? '' : '\nSTEPLEDGER_LOG_LEVEL=debug shows where it happened.'
  return { exitCode: EXIT.failed, text: `${text}\nThis is a bug in stepledger ${VERSION}; please report it.${more}` }
}

/** An error with its stack and those of its causes. */
function stacksOf(error: unknown): string {
  const { stack, message, cause } = error as Error
  return `${stack ?? message ?? String(error)}${cause ? `\ncaused by: ${stacksOf(cause)}` : ''}`
}
