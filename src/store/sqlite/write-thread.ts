/** The thread that writes. A commit waits for the disk; here nobody else waits with it. */
import { nowMicros } from '../../domain/time.ts'
import type { Executor } from '../sql/engine.ts'
import type { PreparedChange } from '../sql/prepare.ts'
import { abandonPending, deleteRun } from '../sql/upkeep.ts'
import { applyChanges } from '../sql/write.ts'
import { writeStatements } from '../sql/write-statements.ts'
import type { StepOutcome } from '../store.ts'
import { connect, executor, type Connection } from './connection.ts'
import { SQLITE } from './differences.ts'
import { isDatabaseFailure, serveThread, toFailure, type Failure } from './threads.ts'

/** One request's changes: applied all or none. */
export interface WriteRequest {
  project: string
  changes: PreparedChange[]
}
export type WriteResult = { outcomes: StepOutcome[] } | { error: Failure }

const statements = writeStatements(SQLITE)

/** Runs `work` in a transaction that takes the write lock at its beginning. */
async function transaction<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
  connection.exec('BEGIN IMMEDIATE')
  try {
    const result = await work()
    connection.exec('COMMIT')
    return result
  } catch (error) {
    if (connection.inTransaction) connection.exec('ROLLBACK')
    throw error
  }
}

/**
 * Commits the requests together. A request that is refused is undone alone; when the database itself fails, all fail
 * at once, because trying them one by one would make the last one wait for all the others' time-outs.
 */
async function writeGroup(connection: Connection, x: Executor, requests: WriteRequest[]): Promise<WriteResult[]> {
  try {
    return await transaction(connection, async () => {
      const results: WriteResult[] = []
      for (const request of requests) results.push(await writeOne(connection, x, request))
      return results
    })
  } catch (error) {
    return requests.map(() => ({ error: toFailure(error) }))
  }
}

async function writeOne(connection: Connection, x: Executor, { project, changes }: WriteRequest): Promise<WriteResult> {
  connection.exec('SAVEPOINT request')
  try {
    const outcomes = await applyChanges(x, statements, project, changes, nowMicros())
    connection.exec('RELEASE request')
    return { outcomes }
  } catch (error) {
    if (isDatabaseFailure(error as Error)) throw error
    connection.exec('ROLLBACK TO request')
    connection.exec('RELEASE request')
    return { error: toFailure(error) }
  }
}

serveThread(({ file }) => {
  const connection = connect(file, { readonly: false })
  const x = executor(connection)
  return {
    writeGroup: (requests: WriteRequest[]) => writeGroup(connection, x, requests),
    abandonPending: (cutoff: number, limit: number) =>
      transaction(connection, () => abandonPending(x, statements, cutoff, limit, nowMicros())),
    deleteRun: (project: string, run: string) => transaction(connection, () => deleteRun(x, statements, project, run)),
    close: () => void connection.close(),
  }
})
