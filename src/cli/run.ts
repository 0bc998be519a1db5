/** One run of the command line, from arguments to exit code. */
import { loadSettings } from '../config/load.ts'
import { EXIT, reportOf, type ExitCode } from './errors.ts'
import { complain } from './output.ts'
import { makeProgram } from './program.ts'

/** @param args without the names of the interpreter and the script */
export async function run(args: string[]): Promise<ExitCode> {
  // Who reads our output may leave; each write is told so by itself.
  process.stdout.on('error', () => {})
  let exitCode: ExitCode = EXIT.ok
  let logLevel: string | undefined
  const program = makeProgram((code) => (exitCode = code)).hook('preAction', (_, command) => {
    logLevel = command.opts<{ logLevel?: string }>().logLevel
  })
  try {
    if (args.length === 0) program.outputHelp()
    else await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    const report = reportOf(error, isVerbose(logLevel))
    if (report.text !== undefined) complain(report.text)
    return report.exitCode
  }
}

function isVerbose(logLevel: string | undefined): boolean {
  try {
    return ['debug', 'trace'].includes(loadSettings({ 'log-level': logLevel })['log-level'])
  } catch {
    // A wrong setting is told as such; it is not the one that asks for more.
    return false
  }
}
