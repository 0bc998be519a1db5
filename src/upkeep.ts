/** What a server does by itself at regular times. Several servers on one ledger may do it at once. */
import type { Logger } from 'pino'
import type { Settings } from './config/settings.ts'
import type { Ledger } from './ledger.ts'

/** How often pending steps are looked through, in milliseconds. */
const ABANDON_EVERY_MS = 10_000
/** How often telemetry that is too old or too much is looked for, in milliseconds. */
const FORGET_EVERY_MS = 60_000

type Kept = Pick<Settings, 'abandon-after' | 'otlp-keep-hours' | 'otlp-keep-bytes'>

/** @returns stops it; resolves when nothing is under way any more */
export function startUpkeep(ledger: Ledger, settings: Kept, log: Logger): () => Promise<void> {
  const after = settings['abandon-after']
  const [hours, bytes] = [settings['otlp-keep-hours'], settings['otlp-keep-bytes']]
  const stops = [
    regularly(FORGET_EVERY_MS, 'forget telemetry', log, async () => {
      const parts = await ledger.forgetTelemetry(hours * 3600, bytes)
      if (parts > 0) log.info({ parts }, 'forgot telemetry')
    }),
  ]
  if (after > 0) {
    const abandon = async () => {
      const steps = await ledger.abandonPending(after)
      if (steps > 0) log.info({ steps }, 'ended abandoned steps')
    }
    stops.push(regularly(Math.min(ABANDON_EVERY_MS, after * 1000), 'end abandoned steps', log, abandon))
  }
  return async () => void (await Promise.all(stops.map((stop) => stop())))
}

/** Works now and again and again, never twice at once; a failure is logged and the next time may do better. */
function regularly(everyMs: number, what: string, log: Logger, work: () => Promise<void>): () => Promise<void> {
  const once = async () => {
    try {
      await work()
    } catch (err) {
      log.error({ err }, `could not ${what}`)
    }
    running = undefined
  }
  let running: Promise<void> | undefined = once()
  const timer = setInterval(() => (running ??= once()), everyMs)
  return async () => {
    clearInterval(timer)
    await running
  }
}
