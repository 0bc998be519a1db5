/** Calls into a worker thread: a message there for each, one back for those that were answered together. */
import { parentPort, receiveMessageOnPort, Worker, workerData } from 'node:worker_threads'
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
    return new Promise<T>((resolve, reject) => {
      // Throws where the system has no thread left.
      const worker = (this.worker ??= this.start())
      const call: Call = { id: this.next++, method, args }
      this.waiting.set(call.id, { resolve: resolve, reject })
      worker.postMessage(call, [])
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
    worker.on('message', (replies: Reply[]) => {
      for (const reply of replies) {
        const waiter = waiting.get(reply.id)
        waiting.delete(reply.id)
        if ('error' in reply) waiter?.reject(fromFailure(reply.error))
        else waiter?.resolve(reply.value)
      }
    })
    // A thread that died fails what was sent to it, since nobody knows how far it came; the next call starts another one.
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

type Method = (...args: never[]) => unknown

/** A method of one argument that answers several calls at once. */
export class Together<A, R> {
  /** How many of the calls that wait, from the first on, are answered together; at least one. */
  readonly count: (waiting: readonly A[]) => number
  readonly answer: (calls: readonly A[]) => Promise<readonly R[]>

  constructor(count: (waiting: readonly A[]) => number, answer: (calls: readonly A[]) => Promise<readonly R[]>) {
    this.count = count
    this.answer = answer
  }
}

/** The called side: answers calls in the order in which they came, those of a {@link Together} together. */
export function serveThread(make: (data: ThreadData) => Record<string, Method | Together<never, unknown>>): void {
  const port = parentPort
  if (!port) throw new Error('this module runs in a worker thread')
  const methods = make(workerData as ThreadData)
  const waiting: Call[] = []
  const isComplete = () => {
    const method = methods[waiting[0]?.method as string]
    return method !== undefined && countNext(method, waiting) < waiting.length
  }
  /** As many as are answered next; the others stay as they were sent, which takes less memory. */
  const takeMore = () => {
    for (let taken = 1; ; taken++) {
      const more = receiveMessageOnPort(port)
      if (!more) return
      waiting.push(more.message)
      if (taken % LOOK_AFTER === 0 && isComplete()) return
    }
  }
  const answerNext = async () => {
    const method = methods[waiting[0]?.method as string]
    const calls = waiting.splice(0, countNext(method, waiting))
    try {
      port.postMessage(await repliesTo(method, calls))
    } catch (error) {
      port.postMessage(calls.map(({ id }) => ({ id, error: toFailure(error) })))
    }
  }
  let isBusy = false
  port.on('message', async (call: Call) => {
    waiting.push(call)
    if (isBusy) return
    isBusy = true
    while (waiting.length > 0) {
      await answerNext()
      // What came meanwhile is taken at once: an event would bring the first one only.
      takeMore()
    }
    isBusy = false
  })
}

/** After so many calls it is looked whether more are wanted. */
const LOOK_AFTER = 64

function countNext(method: Method | Together<never, unknown> | undefined, waiting: readonly Call[]): number {
  if (!(method instanceof Together)) return 1
  const other = waiting.findIndex((call) => call.method !== waiting[0]?.method)
  const like = other < 0 ? waiting : waiting.slice(0, other)
  return method.count(like.map(({ args }) => args[0] as never))
}

async function repliesTo(
  method: Method | Together<never, unknown> | undefined,
  calls: readonly Call[],
): Promise<Reply[]> {
  if (method instanceof Together) {
    const values = await method.answer(calls.map(({ args }) => args[0] as never))
    return calls.map(({ id }, i) => ({ id, value: values[i] }))
  }
  return Promise.all(calls.map(async ({ id, args }) => ({ id, value: await method?.(...(args as never[])) })))
}

/** A sibling module that is a thread's entry, as source or as built. */
export function threadEntry(name: string, importer: string): URL {
  return new URL(`./${name}${importer.endsWith('.ts') ? '.ts' : '.js'}`, importer)
}
