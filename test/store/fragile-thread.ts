/** A storage thread for tests: answers, or dies when it is told to. */
import { serveThread, Together } from '../../src/store/sqlite/threads.ts'

serveThread(() => ({
  echo: (value: unknown) => value,
  /** Answers each with all it was asked with, up to four. */
  together: new Together<number, readonly number[]>(
    (waiting) => Math.min(4, waiting.length),
    async (calls) => {
      if (calls.includes(0)) throw new Error('none of them')
      return calls.map(() => calls)
    },
  ),
  unsendable: () => () => {},
  /** Holds up the thread, so that others wait. */
  sleep: (ms: number) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms),
  die: () => {
    setImmediate(() => {
      throw new Error('out of memory, say')
    })
    return new Promise(() => {})
  },
  close: () => {},
}))
