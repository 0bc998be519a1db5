/**
 * Loaded before a server (`node --import`), in each of its threads: every connection to an SQLite file that it opens
 * tells of each statement that it runs. The driver tells it, whoever asked it to; nothing in the server knows.
 */
import { registerHooks } from 'node:module'

const DRIVER = 'better-sqlite3'
const TELLING = new URL('telling-driver.ts', import.meta.url).href

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === DRIVER && context.parentURL !== TELLING
      ? { url: TELLING, shortCircuit: true }
      : next(specifier, context),
})
