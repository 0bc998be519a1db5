/**
 * The leanest program that reads the same rows of the same ledger and sends them: a prepared statement and `node:http`,
 * no checks, no keys, no paging. Run as a process of its own: `node bench/lean.ts FILE-OR-URL AGENT`.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Database from 'better-sqlite3'
import { Pool } from 'pg'
import { STEP_COLUMNS } from '../src/store/step-row.ts'

const [place, agent] = process.argv.slice(2) as [string, string]
const page = place.startsWith('postgres:') ? pageOfDatabase(place) : pageOfFile(place)

function query(parameter: string): string {
  return `select ${STEP_COLUMNS.join(', ')} from steps where project = 'default' and agent_id = ${parameter}
    order by created_at desc, id desc limit 50`
}

function pageOfFile(file: string): () => unknown[] {
  const prepared = new Database(file, { readonly: true }).prepare(query('?'))
  return () => prepared.all(agent)
}

function pageOfDatabase(connectionString: string): () => Promise<unknown[]> {
  const pool = new Pool({ connectionString, max: 10 })
  return async () => (await pool.query({ name: 'page', text: query('$1'), values: [agent] })).rows
}

const server = createServer(async (_, response) => {
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify(await page()))
})
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
