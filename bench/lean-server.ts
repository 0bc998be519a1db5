/** {@link file://./lean.ts} as a process, and what it is asked. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { LEDGER_FILE, type StoreAddress } from '../src/store/open.ts'
import type { BareQuery } from './bare.ts'
import { listening } from './server.ts'
import { headerIn, type Stopwatch } from './stopwatch.ts'

export interface LeanServer {
  url(query: BareQuery): string
  /** Milliseconds of the statement alone. */
  statement(watch: Stopwatch, query: BareQuery): Promise<number>
  stop(): Promise<void>
}

export async function startLean(address: StoreAddress): Promise<LeanServer> {
  const place = 'url' in address ? address.url : `${address.dataDir}/${LEDGER_FILE}`
  const child = spawn(process.execPath, [new URL('lean.ts', import.meta.url).pathname, place], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const base = await listening(child)
  const path = (query: BareQuery) => `?${encodeURIComponent(JSON.stringify(query))}`
  const url = (query: BareQuery) => `${base}/${path(query)}`
  return {
    url,
    async statement(watch, query) {
      const { head } = await watch.get(`${base}/time${path(query)}`)
      return Number(headerIn(head, 'statement-ms'))
    },
    async stop() {
      const ended = once(child, 'exit')
      child.kill()
      await ended
    },
  }
}
