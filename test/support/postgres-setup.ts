/**
 * One PostgreSQL server for a run of vitest, started when the first test asks for it: a run that needs none pays for
 * none. It belongs to vitest's own process, as workers come and go.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startPostgres, STARTER, type PostgresServer } from './postgres.ts'

/** Nothing here outlives the run, so nothing waits for the disk; crashes are tested on servers of their own. */
const SETTINGS = { fsync: 'off', full_page_writes: 'off', max_connections: '200' }

export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.TEST_DATABASE_URL) return undefined
  let shared: Promise<PostgresServer> | undefined
  const starter = createServer((_request, response) => {
    shared ??= startPostgres({ settings: SETTINGS })
    shared.then(
      ({ url }) => response.end(url),
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  })
  starter.listen(0, '127.0.0.1').unref()
  await once(starter, 'listening')
  process.env[STARTER] = `http://127.0.0.1:${(starter.address() as AddressInfo).port}`
  return async () => {
    starter.close()
    const server = await shared?.catch(() => undefined)
    await server?.destroy()
  }
}
