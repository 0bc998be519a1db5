/** A ledger in a PostgreSQL database, which several processes may use at once. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { PoolClient } from 'pg'
import { nowMicros } from '../../domain/time.ts'
import { accessWriter } from '../sql/access.ts'
import type { Differences, Executor } from '../sql/engine.ts'
import { commitGroup, GroupCommit } from '../sql/group-commit.ts'
import { prepare } from '../sql/prepare.ts'
import { sqlReader, type Reader } from '../sql/reader.ts'
import { forgetAll, forgetTelemetry, isTelemetryDue } from '../sql/telemetry.ts'
import { abandonPending, deleteRun } from '../sql/upkeep.ts'
import { applyRequests } from '../sql/write.ts'
import { writeStatements } from '../sql/write-statements.ts'
import type { AccessWriter, Store } from '../store.ts'
import { CITUS, isDistributed } from './citus.ts'
import { cannotOpen, Connections } from './connection.ts'
import { diagnose } from './diagnose.ts'
import { POSTGRES } from './differences.ts'
import { executor } from './executor.ts'
import { isAway, isCollision, isDatabaseFailure } from './failure.ts'
import { migrate } from './migrate.ts'
import { POSTGRES_DEFAULTS, type PostgresOptions } from './options.ts'
import { checkUrl } from './url.ts'

/** How often a transaction that collided with another one is tried again. */
const TRIES = 20
/** While the server works on one group, the next one is made ready and sent. */
const GROUPS_AT_ONCE = 2
/** Milliseconds; each time up to twice as many, at random, so that two that collided part. */
const FIRST_WAIT_MS = 2
const LONGEST_WAIT_MS = 250

/**
 * Opens the ledger in a database, makes it when it is not there, and brings its schema up to date.
 * @param forced statements of these differences, whatever the tables need: for tests
 * @throws LedgerError `unusable` when the server does not answer, refuses, or is too old, or the schema is newer
 */
export async function openPostgres(
  given: Partial<PostgresOptions> & { url: string },
  forced?: Differences,
): Promise<Store> {
  const options = { ...POSTGRES_DEFAULTS, ...given }
  checkUrl(options.url)
  const connections = new Connections(options)
  try {
    await connections.check()
    const differences = await connections.withClient(async (client) => {
      await migrate(client, options)
      return forced ?? ((await isDistributed(client)) ? CITUS : POSTGRES)
    })
    return storeOn(connections, differences, options)
  } catch (error) {
    await connections.close()
    throw cannotOpen(options.url, error as Error)
  }
}

function storeOn(connections: Connections, d: Differences, options: PostgresOptions): Store {
  const statements = writeStatements(d)
  const transaction = <T>(work: (x: Executor) => Promise<T>) =>
    retried(() => connections.withClient((client) => inTransaction(client, work)))
  const commits = new GroupCommit(
    (requests) =>
      connections.use(() =>
        commitGroup(
          requests,
          (group) => transaction((x) => applyRequests(x, statements, group, nowMicros())),
          isDatabaseFailure,
        ),
      ),
    options.maxWaitingBytes,
    GROUPS_AT_ONCE,
  )
  const x = executor(connections.pool)
  let closed: Promise<void> | undefined
  return {
    read: guarded(sqlReader(x, d), connections),
    write: {
      write: (project, changes) => connections.use(() => commits.write(project, changes)),
      ready: prepare,
      derive: (project, changes, telemetry) => connections.use(() => commits.derive(project, changes, telemetry)),
      // Each first looks whether there is anything to do, without a transaction.
      abandonPending: (cutoff, limit) =>
        connections.use(async () => {
          const due = await x.all(statements.pending, { cutoff, limit: 1 })
          if (due.length === 0) return 0
          return transaction((own) => abandonPending(own, statements, cutoff, limit, nowMicros()))
        }),
      deleteRun: (project, run) =>
        connections.use(() => transaction((own) => deleteRun(own, statements, project, run))),
      forgetTelemetry: (cutoff, maxBytes) =>
        connections.use(async () => {
          const { telemetry } = statements
          if (!(await isTelemetryDue(x, telemetry, cutoff, maxBytes))) return 0
          return forgetAll(() => transaction((own) => forgetTelemetry(own, telemetry, cutoff, maxBytes)))
        }),
      ...guarded<AccessWriter>(accessWriter(x, d), connections),
    },
    ping: () => connections.ping(),
    diagnose: () => connections.use(() => diagnose(connections.pool, d)),
    close: () => (closed ??= commits.finished().then(() => connections.close())),
  }
}

/** Every method, refused at once while the database is away. */
function guarded<T extends Reader | AccessWriter>(methods: T, connections: Connections): T {
  const entries = Object.entries(methods).map(([name, method]) => [
    name,
    (...args: never[]) => connections.use(() => (method as (...given: never[]) => Promise<unknown>)(...args)),
  ])
  return Object.fromEntries(entries) as T
}

async function inTransaction<T>(client: PoolClient, work: (x: Executor) => Promise<T>): Promise<T> {
  await client.query('begin')
  try {
    const result = await work(executor(client))
    await client.query('commit')
    return result
  } catch (error) {
    // A connection that is gone has rolled back by itself; on one that went silent we would wait once more.
    if (!isAway(error as Error)) await client.query('rollback').catch(() => {})
    throw error
  }
}

/** Tries work that collides with another writer again: nothing of it was kept. */
async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1, longest = FIRST_WAIT_MS; ; tries++, longest = Math.min(longest * 2, LONGEST_WAIT_MS)) {
    try {
      return await work()
    } catch (error) {
      if (!isCollision(error as Error) || tries === TRIES) throw error
      await sleep(Math.random() * longest)
    }
  }
}
