/** Connections to a PostgreSQL server: how a session is set up, and what happens while the server is away. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool, types, type ClientBase, type PoolClient } from 'pg'
import { LedgerError } from '../../domain/errors.ts'
import { isAway, isSilence, storageError } from './failure.ts'
import type { PostgresOptions } from './options.ts'
import { describeUrl } from './url.ts'

/** The oldest and newest server that the tests run on are named in docs/scale.md; older ones lack what the schema needs. */
const LEAST_VERSION = 150_000

const INT8 = 20
/** 64-bit integers as numbers: ours are exact in one, and those that are not are read as text. */
const TYPES = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === INT8 && format !== 'binary' ? Number : types.getTypeParser(oid, format)) as typeof types.getTypeParser,
}

/** How long a session may hold locks without doing anything: a server process that was stopped lets go of them. */
const IDLE_IN_TRANSACTION_MS = 15_000
/** How much longer than the server's own time-out an answer may take, when the way to the server swallows it. */
const ANSWER_GRACE_MS = 2_000
/** Two groups of commits at a time, and one for upkeep. */
const MOST_WRITERS = 3
/** How often the server is asked whether it is there, and how long it may take to answer that. */
const HEARTBEAT_MS = 5_000
const SILENCE_MS = 5_000
const PROBE_FIRST_MS = 100
const PROBE_MOST_MS = 2_000

/** A commit must be on the server's disk when it returns (design 3), whatever the server's default. */
const DURABLE = `select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') in ('off', 'local')`

/**
 * Every statement is written for one index that yields its rows in order, and stops at its limit. The planner cannot
 * know better, but it can know worse: a prepared statement's plan is made for any limit, for statistics of yesterday or
 * none, perhaps while the tables are empty; then it reads and sorts everything (test/store/plans). These ways are
 * costed out, not forbidden: a few rows without an order are still sorted.
 *
 * A Citus coordinator's settings do not reach its workers. There each statement is planned anew, with its limit, and
 * what the SQL says (see `naming`) keeps it from the wrong indexes.
 */
const UNWANTED = ['seqscan', 'bitmapscan', 'sort', 'material', 'hashjoin', 'mergejoin']

/** Neither pays for statements as short as these, and costs that are put on a way make them look worth while. */
const UNUSED = { jit: 'off', max_parallel_workers_per_gather: '0' }

const SETTINGS = { ...Object.fromEntries(UNWANTED.map((way) => [`enable_${way}`, 'off'])), ...UNUSED }
const PLANNED = Object.entries(SETTINGS).map(([name, value]) => `set_config('${name}', '${value}', false)`)

const SESSION = `${DURABLE}; select ${PLANNED.join(', ')}`

/**
 * A pool that knows whether the server is there. While it is not, calls fail at once and it is asked again and again
 * until it answers; nobody waits and nothing piles up.
 */
export class Connections {
  /** For reading. */
  readonly pool: Pool
  /** Writing has connections of its own, so that slow lists do not hold up what is recorded. */
  private readonly writers: Pool
  private away: Error | undefined
  private readonly closing = new AbortController()
  /** Connections that nobody uses now. */
  private readonly idle = new Set<PoolClient>()
  private readonly open = new Set<PoolClient>()
  private readonly heartbeat: NodeJS.Timeout

  constructor(options: PostgresOptions) {
    const forWriting = Math.max(1, Math.min(MOST_WRITERS, Math.floor(options.poolSize / 2)))
    this.pool = this.makePool(options, Math.max(1, options.poolSize - forWriting))
    this.writers = this.makePool(options, forWriting)
    this.heartbeat = setInterval(() => void this.ping().catch(() => {}), HEARTBEAT_MS).unref()
  }

  private makePool(options: PostgresOptions, max: number): Pool {
    const pool = new Pool({
      connectionString: options.url,
      max,
      connectionTimeoutMillis: options.connectTimeoutMs,
      statement_timeout: options.statementTimeoutMs,
      query_timeout: options.statementTimeoutMs + ANSWER_GRACE_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
      keepAlive: true,
      application_name: 'stepledger',
      types: TYPES,
      onConnect: async (client: ClientBase) => void (await client.query(SESSION)),
    })
    // An idle connection that is cut says so here; without a listener the process would end.
    pool.on('error', (error: Error & { client?: unknown }) => {
      // All that the driver knows of the connection, which would go to the log with the error.
      delete error.client
      this.suspect(error)
    })
    pool.on('connect', (client) => this.open.add(client))
    pool.on('remove', (client) => this.open.delete(client))
    pool.on('acquire', (client) => this.idle.delete(client))
    pool.on('release', (_error, client) => this.idle.add(client))
    pool.on('remove', (client) => this.idle.delete(client))
    return pool
  }

  /** @throws LedgerError `unusable` when the server is too old or its database cannot hold every text */
  async check(): Promise<void> {
    const { rows } = await this.pool.query<{ version: number; name: string; encoding: string }>(
      `select current_setting('server_version_num')::int as version, current_setting('server_version') as name,
        current_setting('server_encoding') as encoding`,
    )
    const { version = 0, name = '', encoding = '' } = rows[0] ?? {}
    if (version < LEAST_VERSION) {
      throw new LedgerError('unusable', `PostgreSQL ${name} is too old: Stepledger needs 15 or newer`)
    }
    if (encoding !== 'UTF8') {
      throw new LedgerError('unusable', `The database's encoding is ${encoding}: Stepledger needs one with UTF8`)
    }
  }

  /** Does work that uses the pool, unless the server is known to be away. */
  async use<T>(work: () => Promise<T>): Promise<T> {
    if (this.away) throw unavailable(this.away)
    try {
      return await work()
    } catch (error) {
      if (isAway(error as Error)) this.suspect(error as Error)
      throw storageError(error as Error)
    }
  }

  /** Writes on one connection; a connection on which it failed is not used again when its state is unknown. */
  async withClient<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.writers.connect()
    let broken: Error | undefined
    const onError = (error: Error) => {
      broken = error
    }
    client.on('error', onError)
    try {
      return await work(client)
    } catch (error) {
      if (isAway(error as Error)) broken = error as Error
      throw error
    } finally {
      client.off('error', onError)
      client.release(broken)
    }
  }

  /** Whether the server answers; one that is silent for some seconds is away. */
  ping(): Promise<void> {
    const question = { text: 'select 1', query_timeout: SILENCE_MS }
    return this.use(async () => void (await this.pool.query(question)))
  }

  async close(): Promise<void> {
    this.closing.abort()
    clearInterval(this.heartbeat)
    await Promise.all([this.pool.end(), this.writers.end()])
  }

  private suspect(error: Error): void {
    if (this.away || this.closing.signal.aborted) return
    this.away = error
    // Those who wait for an answer of a server that went silent would wait for their own time-outs.
    if (isSilence(error)) for (const client of this.open) client.connection.stream.destroy()
    void this.probe()
  }

  /** Asks until the server answers. */
  private async probe(): Promise<void> {
    const { signal } = this.closing
    for (let wait = PROBE_FIRST_MS; !signal.aborted; wait = Math.min(wait * 2, PROBE_MOST_MS)) {
      try {
        await this.dropIdle()
        await this.pool.query('select 1')
        this.away = undefined
        return
      } catch (error) {
        this.away = error as Error
      }
      await sleep(wait, undefined, { signal, ref: false }).catch(() => {})
    }
  }

  /** A connection that went silent would be found out only by somebody who waits for its answer in vain. */
  private async dropIdle(): Promise<void> {
    const dropped = Array.from(this.idle, async (client) => {
      const { stream } = client.connection
      if (stream.destroyed) return
      // The pool gives it out until it has ended, which is later than the socket calls itself closed.
      const ended = new Promise((resolve) => client.once('end', resolve))
      stream.destroy()
      await ended
    })
    await Promise.all(dropped)
  }
}

function unavailable(cause: Error): Error {
  return new LedgerError('unavailable', 'The ledger cannot reach its database now; see the server log', { cause })
}

/** The error for who opens a ledger: ours as it is, otherwise what the server or the driver said. */
export function cannotOpen(url: string, error: Error): LedgerError {
  if (error instanceof LedgerError) return error
  return new LedgerError('unusable', `Cannot open the ledger ${describeUrl(url)}: ${reasonOf(error)}`, { cause: error })
}

/** What went wrong, for people: the driver's words, with what several tries said. */
function reasonOf(error: Error & { code?: string; errors?: Error[] }): string {
  const said = error.errors?.map(({ message }) => message).join('; ') ?? error.message
  return said === '' ? (error.code ?? error.name) : said
}
