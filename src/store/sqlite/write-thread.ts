/** The thread that writes. A commit waits for the disk; here nobody else waits with it. */
import { nowMicros } from '../../domain/time.ts'
import { commitGroup, groupLength } from '../sql/group-commit.ts'
import type { WaitingRequest, WriteRequest } from '../sql/prepare.ts'
import { forgetTelemetry } from '../sql/telemetry.ts'
import { abandonPending, deleteRun } from '../sql/upkeep.ts'
import { applyRequests, type WriteResult } from '../sql/write.ts'
import { writeStatements } from '../sql/write-statements.ts'
import { connect, executor, type Connection } from './connection.ts'
import { SQLITE } from './differences.ts'
import { isDatabaseFailure, serveThread, toFailure, Together, type Failure } from './threads.ts'

/** A `WriteResult` as it crosses threads. */
export type SentResult = Exclude<WriteResult, { error: Error }> | { failure: Failure }

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

serveThread(({ file }) => {
  const connection = connect(file, { readonly: false })
  const x = executor(connection)
  const apply = (requests: readonly WriteRequest[]) =>
    transaction(connection, () => applyRequests(x, statements, requests, nowMicros()))
  return {
    write: new Together<WaitingRequest, SentResult>(groupLength, async (requests) => {
      const results = await commitGroup(requests, apply, isDatabaseFailure)
      return results.map((result) => ('error' in result ? { failure: toFailure(result.error) } : result))
    }),
    abandonPending: (cutoff: number, limit: number) =>
      transaction(connection, () => abandonPending(x, statements, cutoff, limit, nowMicros())),
    deleteRun: (project: string, run: string) => transaction(connection, () => deleteRun(x, statements, project, run)),
    forgetTelemetry: (cutoff: number, maxBytes: number) =>
      transaction(connection, () => forgetTelemetry(x, statements.telemetry, cutoff, maxBytes)),
    close: () => void connection.close(),
  }
})
