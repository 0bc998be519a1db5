/**
 * The leanest program that reads the same rows of the same ledger and sends them: a prepared statement and `node:http`,
 * no checks, no keys, no paging. Run as a process of its own: `node bench/lean.ts FILE-OR-URL`; a request's query is a
 * {@link BareQuery} as JSON. It tells how long the statement took in the header `statement-ms`; asked under `/time`, only that.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Database from 'better-sqlite3'
import { Pool } from 'pg'
import { bareStatement, type BareQuery, type BareStatement } from './bare.ts'

const place = process.argv[2] as string
const isDatabase = place.startsWith('postgres:')
const run = isDatabase ? onDatabase(place) : onFile(place)
/** By the URL's text: what is asked again costs nothing to understand. */
const known = new Map<string, BareStatement>()

function onFile(file: string): (statement: BareStatement) => unknown[] {
  const database = new Database(file, { readonly: true })
  database.pragma('cache_size = -16000')
  const prepared = new Map<string, Database.Statement>()
  return ({ text, values }) => {
    const statement = prepared.get(text) ?? database.prepare(text)
    prepared.set(text, statement)
    return statement.all(...values)
  }
}

function onDatabase(connectionString: string): (statement: BareStatement) => Promise<unknown[]> {
  const pool = new Pool({ connectionString, max: 10 })
  const names = new Map<string, string>()
  return async ({ text, values }) => {
    const name = names.get(text) ?? `bare_${names.size}`
    names.set(text, name)
    return (await pool.query({ name, text, values })).rows
  }
}

function understood(url: string): BareStatement {
  const query = JSON.parse(decodeURIComponent(url.slice(url.indexOf('?') + 1))) as BareQuery
  const statement = bareStatement(isDatabase ? 'postgres' : 'sqlite', query)
  known.set(url, statement)
  return statement
}

const server = createServer(async ({ url = '' }, response) => {
  const statement = known.get(url) ?? understood(url)
  const start = performance.now()
  const rows = await run(statement)
  response.setHeader('statement-ms', performance.now() - start)
  response.setHeader('Content-Type', 'application/json')
  // An answer that nobody reads would be garbage that disturbs what is measured next.
  response.end(url.startsWith('/time') ? '{}' : JSON.stringify(rows))
})
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
