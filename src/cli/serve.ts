/** `stepledger serve` */
import { addressOf } from '../open-ledger.ts'
import { startServer } from '../server.ts'
import { describeAddress } from '../store/open.ts'
import { settingsOf } from './options.ts'
import { print } from './output.ts'

/** Serves until it is told to stop, and finishes what is in flight. */
export async function serveCommand(options: object): Promise<void> {
  const settings = settingsOf(options)
  // Listened for from the beginning: a signal may come as soon as the address is told, or before.
  const stopped = untilStopped()
  const server = await startServer(settings)
  const otlp = server.otlpUrl === null ? '' : `  otlp    ${server.otlpUrl}\n`
  const place = describeAddress(addressOf(settings))
  const welcome = `Stepledger listens on ${server.url}\n${otlp}  ledger  ${place}\n  docs    ${server.url}/docs\n`
  // A server whose standard output is closed still serves.
  await print(welcome).catch(() => {})
  await stopped
  await server.close()
}

/** Resolves at SIGTERM or SIGINT; a second signal ends the process as signals do. */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    const signals = ['SIGTERM', 'SIGINT'] as const
    const stop = () => {
      for (const signal of signals) process.off(signal, stop)
      resolve()
    }
    for (const signal of signals) process.on(signal, stop)
  })
}
