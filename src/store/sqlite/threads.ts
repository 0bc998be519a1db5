/** Calls into a worker thread: one message there, one back. */
import { parentPort, Worker, workerData } from 'node:worker_threads'
import { LedgerError, type ErrorCode, type Issue } from '../../domain/errors.ts'

/** What a thread is told when it starts. */
export interface ThreadData {
  readonly file: string
}

interface Call {
  readonly id: number
  readonly method: string
  readonly args: readonly unknown[]
}

type Reply = { readonly id: number } & ({ readonly value: unknown } | { readonly error: Failure })

/** An error as it crosses threads: structured clone keeps neither class nor extra fields. */
export interface Failure {
  readonly message: string
  readonly stack?: string | undefined
  /** Of a LedgerError. */
  readonly code?: ErrorCode
  readonly issues?: readonly Issue[]
  /** Of a database error, such as SQLITE_FULL. */
  readonly driverCode?: string | undefined
}

export function toFailure(error: unknown): Failure {
  if (error instanceof LedgerError) return { message: error.message, code: error.code, issues: error.issues }
  const { message, stack, code } = error as Error & { code?: string }
  return { message, stack, driverCode: code }
}

export function fromFailure(failure: Failure): Error {
  if (failure.code) return new LedgerError(failure.code, failure.message, { issues: failure.issues ?? [] })
  const cause = Object.assign(new Error(failure.message), { code: failure.driverCode })
  if (failure.stack) cause.stack = failure.stack
  return storageError(cause)
}

/** Whether the database as a whole cannot do its work now: no room, no access, or somebody else holds it. */
export function isDatabaseFailure(error: Error & { code?: string | undefined }): boolean {
  return /^SQLITE_(FULL|BUSY|IOERR|READONLY|CANTOPEN)/.test(error.code ?? '')
}

/** What a database error means to a caller: a full or locked disk may pass, anything else is a fault of ours. */
export function storageError(error: Error & { code?: string | undefined }): Error {
  if (isDatabaseFailure(error)) {
    return new LedgerError('unavailable', 'The ledger cannot reach its database now; see the server log', {
      cause: error,
    })
  }
  return error
}

type Waiting = Map<number, { resolve(value: unknown): void; reject(error: Error): void }>

/** The calling side: a thread that is started at the first call. */
export class ThreadClient {
  private worker: Worker | undefined
  private next = 0
  private waiting: Waiting = new Map()
  private closed = false
  private readonly entry: URL
  private readonly data: ThreadData

  constructor(entry: URL, data: ThreadData) {
    this.entry = entry
    this.data = data
  }

  call<T>(method: string, args: readonly unknown[]): Promise<T> {
    if (this.closed) return Promise.reject(new LedgerError('unavailable', 'The ledger is closed'))
    this.worker ??= this.start()
    const id = this.next++
    return new Promise<T>((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve, reject })
      this.worker?.postMessage({ id, method, args } satisfies Call)
    })
  }

  async close(): Promise<void> {
    if (!this.worker) {
      this.closed = true
      return
    }
    await this.call('close', []).catch(() => {})
    this.closed = true
    await this.worker?.terminate()
  }

  private start(): Worker {
    const worker = new Worker(this.entry, { workerData: this.data })
    const waiting: Waiting = new Map()
    this.waiting = waiting
    worker.on('message', (reply: Reply) => {
      const waiter = waiting.get(reply.id)
      waiting.delete(reply.id)
      if ('error' in reply) waiter?.reject(fromFailure(reply.error))
      else waiter?.resolve(reply.value)
    })
    // A thread that died fails what it had in hand, and only that; the next call starts another one.
    const died = (cause: Error) => {
      if (this.worker === worker) this.worker = undefined
      const failed = [...waiting.values()]
      waiting.clear()
      for (const { reject } of failed)
        reject(new LedgerError('unavailable', 'The ledger lost its storage thread', { cause }))
    }
    worker.on('error', died)
    worker.on('exit', (code) => died(new Error(`storage thread ended with code ${code}`)))
    return worker
  }
}

/** The called side: answers calls one after another, in the order in which they came. */
export function serveThread(make: (data: ThreadData) => Record<string, (...args: never[]) => unknown>): void {
  const port = parentPort
  if (!port) throw new Error('this module runs in a worker thread')
  const methods = make(workerData as ThreadData)
  let previous: Promise<void> = Promise.resolve()
  port.on('message', ({ id, method, args }: Call) => {
    const answer = async () => {
      try {
        const value = await methods[method]?.(...(args as never[]))
        port.postMessage({ id, value } satisfies Reply)
      } catch (error) {
        port.postMessage({ id, error: toFailure(error) } satisfies Reply)
      }
    }
    previous = previous.then(answer)
  })
}

/** A sibling module that is a thread's entry, as source or as built. */
export function threadEntry(name: string, importer: string): URL {
  return new URL(`./${name}${importer.endsWith('.ts') ? '.ts' : '.js'}`, importer)
}
