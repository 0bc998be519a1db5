/**
 * The leanest program that reads the same rows of the same file and sends them: a prepared statement and `node:http`,
 * no checks, no keys, no paging. Run as a process of its own: `node bench/lean.ts FILE AGENT`.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Database from 'better-sqlite3'
import { STEP_COLUMNS } from '../src/store/step-row.ts'

const [file, agent] = process.argv.slice(2) as [string, string]
const database = new Database(file, { readonly: true })
const page = database.prepare(
  `select ${STEP_COLUMNS.join(', ')} from steps where project = 'default' and agent_id = ?
    order by created_at desc, id desc limit 50`,
)
const server = createServer((_, response) => {
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify(page.all(agent)))
})
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
