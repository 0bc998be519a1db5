/** Whether a server answers, for `doctor`. */
import type { Settings } from '../config/settings.ts'
import { LedgerError } from '../domain/errors.ts'
import { isJsonObject, type JsonValue } from '../domain/exact-json.ts'
import type { Finding } from '../store/store.ts'
import { telemetryFinding } from './doctor-telemetry.ts'
import { UsageError } from './errors.ts'
import { HttpClient, type Remote } from './http-client.ts'

/** @param remote the server to ask; undefined = the one that would run here, which need not */
export async function serverFinding({ host, port }: Settings, remote: Remote | undefined): Promise<Finding> {
  if (remote) return otherServer(remote)
  if (port === 0) return { check: 'server', ok: true, detail: 'port 0: the system chooses one at each start' }
  return ownServer(`http://${host.includes(':') ? `[${host}]` : host}:${port}`, port)
}

async function otherServer(remote: Remote): Promise<Finding> {
  const remedy = 'Check the address (--url), the key (--api-key), and that the server runs there'
  try {
    const client = new HttpClient(remote, undefined)
    const version = versionIn(await client.get('/v1/health/'))
    if (version === undefined) return { check: 'server', ok: false, detail: `${remote.url} is no ledger`, remedy }
    await client.get('/v1/ready/')
    await client.get('/v1/steps/', new URLSearchParams({ limit: '1', include_messages: 'false' }))
    return { check: 'server', ok: true, detail: `version ${version} answers at ${remote.url}` }
  } catch (error) {
    if (error instanceof UsageError || !(error instanceof LedgerError)) throw error
    return { check: 'server', ok: false, detail: error.message, remedy }
  }
}

/** What that server could not keep of telemetry; nothing when it is too old to know. */
export async function serverTelemetry(remote: Remote, project: string | undefined): Promise<Finding[]> {
  try {
    const client = new HttpClient(remote, project)
    const [stats, rejections] = await Promise.all(
      ['stats', 'rejections'].map((name) => client.get(`/v1/ingest/${name}`)),
    )
    const listed = (answer: JsonValue | undefined) => (Array.isArray(answer) ? answer.filter(isJsonObject) : [])
    const received = listed(stats).map(({ received: count }) => ({
      outcome: 'received',
      dialect: '',
      count: Number(count),
    }))
    const lost = listed(rejections).map(({ reason, dialect, count }) => {
      return { outcome: textOf(reason), dialect: textOf(dialect), count: Number(count) }
    })
    return [telemetryFinding([...received, ...lost])]
  } catch (error) {
    if (error instanceof LedgerError && error.code === 'not_found') return []
    throw error
  }
}

const textOf = (value: JsonValue | undefined) => (typeof value === 'string' ? value : '')

async function ownServer(url: string, port: number): Promise<Finding> {
  const answer = await ask(`${url}/v1/health/`)
  if (answer.who === 'nobody')
    return { check: 'server', ok: true, detail: `nothing listens on port ${port}; it is free for: stepledger serve` }
  if (answer.who === 'ledger')
    return { check: 'server', ok: true, detail: `version ${answer.version} answers at ${url}` }
  return {
    check: 'server',
    ok: false,
    detail: `port ${port} is taken by another program`,
    remedy: 'Stop it, or serve on another port: stepledger serve --port 9000',
  }
}

const PATIENCE_MS = 3000

type Answerer = { who: 'ledger'; version: string } | { who: 'nobody' | 'stranger' }

async function ask(url: string): Promise<Answerer> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) })
    const version = versionIn((await response.json()) as JsonValue)
    return version === undefined ? { who: 'stranger' } : { who: 'ledger', version }
  } catch (error) {
    const { cause } = error as { cause?: NodeJS.ErrnoException }
    return { who: cause?.code === 'ECONNREFUSED' ? 'nobody' : 'stranger' }
  }
}

function versionIn(health: JsonValue): string | undefined {
  return isJsonObject(health) && health.status === 'ok' && typeof health.version === 'string'
    ? health.version
    : undefined
}
