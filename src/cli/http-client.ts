/** A ledger over HTTP. */
import { setTimeout as sleep } from 'node:timers/promises'
import { LedgerError } from '../domain/errors.ts'
import { parseExact, type JsonValue } from '../domain/exact-json.ts'
import { withQuery, type ApiClient } from './api-client.ts'
import { UsageError } from './errors.ts'
import { errorOf } from './problem.ts'

export interface Remote {
  url: string
  apiKey?: string
}

export interface Answer {
  headers: Headers
  text: string
}

interface Body {
  content: string | Buffer<ArrayBuffer>
  type: string
}

/** How long one attempt may take, in milliseconds. */
const TIMEOUT_MS = 120_000
/** How often a call is tried again when the server is there but cannot answer now. */
const RETRIES = 10
const LONGEST_WAIT_SECONDS = 30

export class HttpClient implements ApiClient {
  readonly url: string
  private readonly headers: Record<string, string>

  /** @throws UsageError when the address is none */
  constructor({ url, apiKey }: Remote, project: string | undefined) {
    this.url = checkedUrl(url)
    this.headers = {
      Accept: 'application/json',
      ...(apiKey !== undefined && { Authorization: `Bearer ${apiKey}` }),
      ...(project !== undefined && { 'X-Project': project }),
    }
  }

  async get(path: string, query?: URLSearchParams): Promise<JsonValue> {
    return this.parsed((await this.send('GET', withQuery(path, query))).text)
  }

  /** Posts a body, JSON unless its type is said. Sent again after a 503, so only for what may be sent twice. */
  post(path: string, content: Body['content'], type = 'application/json'): Promise<Answer> {
    return this.send('POST', path, { content, type })
  }

  private async send(method: string, path: string, body?: Body): Promise<Answer> {
    for (let attempt = 0; ; attempt++) {
      const response = await this.attempt(method, path, body)
      const text = await response.text()
      if (response.ok) return { headers: response.headers, text }
      const isBusy = response.status === 503 || response.status === 429
      if (!isBusy || attempt === RETRIES) throw errorOf(response.status, text, `The ledger at ${this.url}`)
      await sleep(waitOf(response.headers, attempt) * 1000)
    }
  }

  private async attempt(method: string, path: string, body: Body | undefined): Promise<Response> {
    const headers = body === undefined ? this.headers : { ...this.headers, 'Content-Type': body.type }
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    try {
      return await fetch(`${this.url}${path}`, { method, headers, signal, ...(body && { body: body.content }) })
    } catch (error) {
      throw new LedgerError('unavailable', `${this.url} does not answer: ${reasonOf(error as Error)}`, { cause: error })
    }
  }

  private parsed(text: string): JsonValue {
    try {
      return parseExact(text)
    } catch (error) {
      throw new LedgerError('unavailable', `What answers at ${this.url} is not a ledger: its answer is not JSON`, {
        cause: error,
      })
    }
  }
}

/** The address without its last slash; it may have a path in front of `/v1`. */
function checkedUrl(url: string): string {
  const parsed = URL.parse(url)
  if (parsed?.protocol !== 'http:' && parsed?.protocol !== 'https:') {
    throw new UsageError(`--url: must be an address such as http://localhost:8283, got '${url}'`)
  }
  return `${parsed.origin}${parsed.pathname.replace(/\/+$/, '')}`
}

/** Seconds to wait: as the server says, else doubling. */
function waitOf(headers: Headers, attempt: number): number {
  const told = Number(headers.get('retry-after') ?? Number.NaN)
  return Math.min(Number.isFinite(told) && told >= 0 ? Math.max(told, 0.1) : 2 ** attempt, LONGEST_WAIT_SECONDS)
}

/** Why a fetch failed: the system's word is in the cause. */
function reasonOf(error: Error): string {
  if (error.name === 'TimeoutError') return `nothing came in ${TIMEOUT_MS / 1000} seconds`
  const { cause } = error as { cause?: NodeJS.ErrnoException }
  if (cause?.code === 'ECONNREFUSED') return 'nothing listens there. Is the server running? stepledger serve'
  if (cause?.code === 'ENOTFOUND') return 'no machine has this name'
  return cause?.message || error.message
}
