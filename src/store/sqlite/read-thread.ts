/** The thread for reads that may take long, so that they never hold up the server. */
import { sqlReader, type Reader } from '../sql/reader.ts'
import { connect, executor } from './connection.ts'
import { SQLITE } from './differences.ts'
import { serveThread } from './threads.ts'

serveThread(({ file }) => {
  const connection = connect(file, { readonly: true })
  const reader: Reader = sqlReader(executor(connection), SQLITE)
  /** Several statements read one state of the ledger, whatever is committed meanwhile. */
  const inOneState = async (work: () => Promise<unknown>) => {
    connection.exec('BEGIN')
    try {
      return await work()
    } finally {
      connection.exec('COMMIT')
    }
  }
  const methods = Object.entries(reader).map(([name, method]) => [
    name,
    (...args: never[]) => inOneState(() => (method as (...given: never[]) => Promise<unknown>)(...args)),
  ])
  return { ...Object.fromEntries(methods), close: () => void connection.close() }
})
