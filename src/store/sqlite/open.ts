/** A ledger in one SQLite file: reads on this thread when they are short, on another when they are not, writes on a third. */
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { LedgerError } from '../../domain/errors.ts'
import { accessWriter } from '../sql/access.ts'
import { GroupCommit } from '../sql/group-commit.ts'
import { prepare, type WaitingRequest } from '../sql/prepare.ts'
import { sqlReader, type Reader } from '../sql/reader.ts'
import { isBoundedRunList } from '../sql/runs.ts'
import { isBounded } from '../sql/steps.ts'
import { forgetAll } from '../sql/telemetry.ts'
import { writeStatements } from '../sql/write-statements.ts'
import { STORE_DEFAULTS, type Store, type StoreOptions } from '../store.ts'
import { connect, executor, type Connection } from './connection.ts'
import { diagnose } from './diagnose.ts'
import { SQLITE } from './differences.ts'
import { inspectFile, migrate } from './migrate.ts'
import { fromFailure, storageError, ThreadClient, threadEntry } from './threads.ts'
import type { SentResult } from './write-thread.ts'

/**
 * Opens the ledger file, makes it when it is not there, and brings its schema up to date.
 * @throws LedgerError `unusable` when the directory cannot be written or the schema is newer
 */
export async function openSqlite(file: string, given: Partial<StoreOptions> = {}): Promise<Store> {
  const options = { ...STORE_DEFAULTS, ...given }
  const connection = openFile(file)
  const x = executor(connection)
  const writeThread = new ThreadClient(threadEntry('write-thread', import.meta.url), { file })
  const readThread = () => new ThreadClient(threadEntry('read-thread', import.meta.url), { file })
  const threads = { short: readThread(), long: readThread() }
  // The writing thread puts together what waits for it: then it need not wait for this thread to have time for that.
  const received = (result: SentResult) => ('failure' in result ? { error: fromFailure(result.failure) } : result)
  const write = (request: WaitingRequest) => writeThread.call<SentResult>('write', [request]).then(received)
  const commits = new GroupCommit((requests) => Promise.all(requests.map(write)), options.maxWaitingBytes, Infinity)
  const writing = writeStatements(SQLITE)
  let closed = false
  return {
    read: splitReads(sqlReader(x, SQLITE), threads),
    write: {
      write: (project, changes) => commits.write(project, changes),
      ready: prepare,
      derive: (project, changes, telemetry) => commits.derive(project, changes, telemetry),
      async abandonPending(cutoff, limit) {
        // Mostly there is nothing to do, and a thread that nobody needs takes memory.
        const due = await x.all(writing.pending, { cutoff, limit: 1 })
        return due.length === 0 ? 0 : writeThread.call<number>('abandonPending', [cutoff, limit])
      },
      deleteRun: (project, run) => writeThread.call('deleteRun', [project, run]),
      async forgetTelemetry(cutoff, maxBytes) {
        // The same as above.
        const any = await x.all(writing.telemetry.oldest, {})
        if (any.length === 0) return 0
        return forgetAll(() => writeThread.call<number>('forgetTelemetry', [cutoff, maxBytes]))
      },
      ...accessWriter(x, SQLITE),
    },
    ping: async () => void connection.prepare('select 1').get(),
    diagnose: async () => diagnose(connection, file),
    async close() {
      if (closed) return
      closed = true
      await commits.finished()
      await writeThread.close()
      await threads.short.close()
      await threads.long.close()
      connection.close()
    },
  }
}

function openFile(file: string): Connection {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    // Made by us, so that only its owner can read it wherever it is; SQLite gives its other files the same mode.
    closeSync(openSync(file, 'a', 0o600))
    inspectFile(file)
    const connection = connect(file, { readonly: false })
    migrate(connection)
    return connection
  } catch (error) {
    if (error instanceof LedgerError) throw error
    const { message } = error as Error
    throw new LedgerError('unusable', `Cannot open the ledger ${file}: ${message}`, { cause: error })
  }
}

/**
 * Reads whose cost is bounded run here, where they cost no message. The others run where they hold up nobody: those
 * that may walk far on one thread, the rest on another, so that a long one delays only its like.
 */
function splitReads(here: Reader, threads: { short: ThreadClient; long: ThreadClient }): Reader {
  const away =
    <M extends keyof Reader>(thread: ThreadClient, method: M) =>
    (...args: Parameters<Reader[M]>) =>
      thread.call(method, args) as ReturnType<Reader[M]>
  const translated = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (error) {
      throw error instanceof LedgerError ? error : storageError(error as Error)
    }
  }
  return {
    ...here,
    listSteps: (query) =>
      isBounded(query) ? translated(here.listSteps(query)) : threads.long.call('listSteps', [query]),
    getTraces: away(threads.short, 'getTraces'),
    listRuns: (query) =>
      isBoundedRunList(query) ? translated(here.listRuns(query)) : threads.long.call('listRuns', [query]),
    listRunMessages: away(threads.short, 'listRunMessages'),
    listTags: away(threads.long, 'listTags'),
    getTelemetry: (...args) => translated(here.getTelemetry(...args)),
    getTelemetryContent: (...args) => translated(here.getTelemetryContent(...args)),
  }
}
