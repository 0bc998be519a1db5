/** Where the parts meet: opens the store, makes the ledger, serves it, and closes in reverse order. */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import type { Hono } from 'hono'
import { pino } from 'pino'
import type { Settings } from './config/settings.ts'
import { LedgerError } from './domain/errors.ts'
import { makeApp } from './http/app.ts'
import { isOpen } from './http/auth.ts'
import { Gate } from './http/gate.ts'
import { isLoopback } from './http/guard.ts'
import { WRITE_ROUTES } from './in/api/index.ts'
import type { Ingest } from './in/otlp/ingest.ts'
import { makeIngest as recordTelemetry } from './in/otlp/recorder.ts'
import { otlpRoutes } from './in/otlp/routes.ts'
import type { Ledger } from './ledger.ts'
import { addressOf, openLedger } from './open-ledger.ts'
import { READ_ROUTES } from './out/api/index.ts'
import { startUpkeep } from './upkeep.ts'

export const ROUTES = [...READ_ROUTES, ...WRITE_ROUTES]

export interface RunningServer {
  /** With the port that was really taken. */
  url: string
  /** Where OTLP is received besides; null = only at the same address as everything else. */
  otlpUrl: string | null
  ledger: Ledger
  /** Refuses new work, finishes what is in flight, lets go of everything. */
  close(): Promise<void>
}

/** How often connections that have become idle are looked for while the server closes, in milliseconds. */
const IDLE_EVERY_MS = 50
/** How long requests in flight may take to end when the server closes, in milliseconds. */
const GRACE_MS = 30_000

/**
 * @param makeIngest where telemetry goes; another one for tests
 * @throws LedgerError `unusable` when others could reach a ledger that has no key, or nobody may listen here
 */
export async function startServer(
  settings: Settings,
  makeIngest: (ledger: Ledger) => Ingest = recordTelemetry,
): Promise<RunningServer> {
  const log = pino({ level: settings['log-level'] }, pino.destination({ dest: 2, sync: true }))
  const ledger = await openLedger(settings)
  try {
    const loopback = isLoopback(settings.host)
    if (!loopback && (await isOpen(ledger.access))) throw openToOthers(settings)
    const gate = new Gate()
    const app = makeApp({
      ledger,
      routes: [...ROUTES, ...otlpRoutes(makeIngest(ledger), settings['otlp-prefixes'])],
      log,
      maxBodyBytes: settings['max-body-bytes'],
      corsOrigins: settings['cors-origins'],
      allowOpen: loopback,
      gate,
    })
    const servers = await listenAll(app, settings)
    const stopUpkeep = startUpkeep(ledger, settings, log)
    const [url = '', otlpUrl = null] = servers.map((server) => urlOf(settings.host, server))
    return {
      url,
      otlpUrl,
      ledger,
      async close() {
        const upkeep = stopUpkeep()
        // It goes on listening meanwhile, so that new work is told to come back instead of finding nobody.
        await gate.close(GRACE_MS)
        await Promise.all(servers.map(drain))
        await upkeep
        await ledger.close()
      },
    }
  } catch (error) {
    await ledger.close()
    throw error
  }
}

/** The same app for this process alone: commands use the API's own meaning on a local ledger without a socket. */
export function localApp(ledger: Ledger): Hono {
  return makeApp({
    ledger,
    routes: ROUTES,
    log: pino({ level: 'silent' }),
    maxBodyBytes: Number.MAX_SAFE_INTEGER,
    corsOrigins: [],
    allowOpen: true,
    trusted: true,
  })
}

function openToOthers(settings: Settings): LedgerError {
  const address = addressOf(settings)
  const flag = 'url' in address ? '--database-url …' : `--data-dir ${address.dataDir}`
  return new LedgerError(
    'unusable',
    `--host ${settings.host} lets other machines reach a ledger that has no API key. Make one first:\n` +
      `  stepledger keys create my-key --role admin ${flag}`,
  )
}

/** One server, or with an OTLP port two of the same app. */
async function listenAll(app: Hono, { host, port, 'otlp-port': otlpPort }: Settings): Promise<Server[]> {
  const server = await listen(app, host, port, '--port')
  if (otlpPort === null) return [server]
  try {
    return [server, await listen(app, host, otlpPort, '--otlp-port')]
  } catch (error) {
    await drain(server)
    throw error
  }
}

function urlOf(host: string, server: Server): string {
  const { port } = server.address() as AddressInfo
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

function listen(app: Hono, host: string, port: number, flag: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: host, port }, () => resolve(server)) as Server
    server.once('error', (error: NodeJS.ErrnoException) => {
      const used = error.code === 'EADDRINUSE'
      const remedy = used
        ? `${host}:${port} is in use; stop what listens there, or choose another: ${flag}`
        : error.message
      reject(new LedgerError('unusable', `Cannot listen: ${remedy}`, { cause: error }))
    })
  })
}

/** Ends idle connections at once and busy ones when they have answered. */
async function drain(server: Server): Promise<void> {
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_EVERY_MS)
  const force = setTimeout(() => server.closeAllConnections(), GRACE_MS)
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  clearInterval(idle)
  clearTimeout(force)
}
