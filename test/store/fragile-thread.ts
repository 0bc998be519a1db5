/** A storage thread for tests: answers, or dies when it is told to. */
import { serveThread } from '../../src/store/sqlite/threads.ts'

serveThread(() => ({
  echo: (value: unknown) => value,
  die: () => {
    setImmediate(() => {
      throw new Error('out of memory, say')
    })
    return new Promise(() => {})
  },
  close: () => {},
}))
