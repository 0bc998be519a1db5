/** Arize Phoenix on SQLite, with its default settings for local use. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { SingleBar } from 'cli-progress'
import { sendAll } from '../send.ts'
import { AGENT, bodiesFrom, FORMS, SPANS_IN_REQUEST, type Form } from './bodies.ts'
import { directoryBytes, type Sizes } from './ledger.ts'
import { exportByGrpc, measureFastest, measureReads, median, type Rate, type Target } from './load.ts'
import { freePort, startProgram, type Running } from './process.ts'
import type { Recorded } from './recorded.ts'
import { installed, programsOf } from './venv.ts'

const WRITERS = 16
const IDLE_MS = 5000
const TRANSPORTS = ['http', 'grpc'] as const
type Transport = (typeof TRANSPORTS)[number]

/** Beside the places and ports: nothing that changes how it works. */
const SETTINGS = {
  PHOENIX_HOST: '127.0.0.1',
  PHOENIX_TELEMETRY_ENABLED: 'false',
  PHOENIX_ALLOW_EXTERNAL_RESOURCES: 'false',
}

export interface PhoenixFigures {
  versions: string[]
  settings: Record<string, string>
  /** Seconds; the first start of all makes the tables. */
  start: number
  firstStart: number
  /** MiB. */
  idle: number
  forms: Record<Form, { spansPerSecond: Record<Transport, number>; acceptedPerSecond: number; bytesPerSpan: number }>
  /** A span of recorded runs with their whole requests. */
  recordedBytes: number
  /** Of the newest 50 spans of one project, by spans in the database. */
  lists: Map<number, Rate & { name: string }>
  /** The list that its page shows, by GraphQL, at the first size. */
  graphql: Rate
  retrieve: Rate & { name: string }
}

interface Phoenix extends Running {
  url: string
  grpc: string
}

export async function measurePhoenix(directory: string, sizes: Sizes, recorded: Recorded): Promise<PhoenixFigures> {
  const programs = await programsOf('phoenix')
  const versions = installed(programs, ['arize-phoenix', 'sqlalchemy', 'aiosqlite', 'uvicorn', 'fastapi'])
  const empty = join(directory, 'phoenix-empty')
  const starts: number[] = []
  let idle = 0
  for (let round = 0; round <= 3; round++) {
    const server = await startPhoenix(programs, empty)
    starts.push(server.startSeconds)
    if (round === 3) {
      await wait(IDLE_MS)
      idle = server.memory()
    }
    await server.stop()
  }
  const forms = {} as PhoenixFigures['forms']
  const homeOf = (form: Form) => join(directory, `phoenix-${form}`)
  for (const form of FORMS) forms[form] = await measureRecording(programs, homeOf(form), form, sizes.requests.theirs)
  const multiply = multiplierOf(join(homeOf('gen_ai'), 'data/phoenix.db'))
  const recordedBytes = await measureRecorded(programs, join(directory, 'phoenix-recorded'), recorded)
  const lists: PhoenixFigures['lists'] = new Map()
  let graphql: Rate | undefined
  let retrieve: PhoenixFigures['retrieve'] | undefined
  for (const size of sizes.lists) {
    multiply(size)
    const server = await startPhoenix(programs, homeOf('gen_ai'))
    lists.set(size, await measureFastest(restLists(server.url)))
    graphql ??= await measureReads(await graphqlList(server.url))
    retrieve ??= await measureFastest(await retrieves(server.url))
    await server.stop()
  }
  return {
    versions,
    settings: SETTINGS,
    start: median(starts.slice(1)),
    firstStart: starts[0] as number,
    idle,
    forms,
    recordedBytes,
    lists,
    graphql: graphql as Rate,
    retrieve: retrieve as PhoenixFigures['retrieve'],
  }
}

async function startPhoenix(programs: string, home: string): Promise<Phoenix> {
  mkdirSync(join(home, 'data'), { recursive: true })
  const [port, grpcPort] = [await freePort(), await freePort()]
  const url = `http://127.0.0.1:${port}`
  const places = { PHOENIX_WORKING_DIR: join(home, 'data'), PHOENIX_PORT: `${port}`, PHOENIX_GRPC_PORT: `${grpcPort}` }
  const running = await startProgram({
    command: join(programs, 'phoenix'),
    args: ['serve'],
    settings: { ...SETTINGS, ...places },
    home,
    url: `${url}/v1/projects`,
  })
  return { ...running, url, grpc: `http://127.0.0.1:${grpcPort}` }
}

/** Spans count from the first request until the last one of them can be read. */
async function measureRecording(programs: string, home: string, form: Form, requests: number) {
  const server = await startPhoenix(programs, home)
  const before = directoryBytes(join(home, 'data'))
  const made = bodiesFrom(0, form)
  let sent = 0
  let acceptedPerSecond = 0
  const record = async (count: number, transport: Transport) => {
    const bodies = Array.from({ length: count }, () => made.next().value as Buffer)
    const bar = new SingleBar({
      format: `  Phoenix, ${form} over ${transport}: {value} of {total} spans visible {bar}`,
    })
    bar.start(count * SPANS_IN_REQUEST, 0)
    const earlier = sent
    sent += count * SPANS_IN_REQUEST
    const start = performance.now()
    const accepting = transport === 'http' ? post(server.url, bodies) : exportByGrpc(server.grpc, bodies)
    const accepted = accepting.then(() => (performance.now() - start) / 1000)
    const visible = untilVisible(server.url, sent, (total) => bar.update(total - earlier))
    const [acceptedSeconds] = await Promise.all([accepted, visible])
    const seconds = (performance.now() - start) / 1000
    bar.stop()
    if (transport === 'http') acceptedPerSecond = (count * SPANS_IN_REQUEST) / acceptedSeconds
    return (count * SPANS_IN_REQUEST) / seconds
  }
  await record(1, 'http')
  const spansPerSecond = { http: await record(requests, 'http'), grpc: await record(requests, 'grpc') }
  await checkShown(server.url)
  await server.stop()
  const bytesPerSpan = (directoryBytes(join(home, 'data')) - before) / sent
  return { spansPerSecond, acceptedPerSecond, bytesPerSpan }
}

/** Bytes a span of recorded runs. */
async function measureRecorded(programs: string, home: string, { requests, spans }: Recorded): Promise<number> {
  const server = await startPhoenix(programs, home)
  const before = directoryBytes(join(home, 'data'))
  await post(server.url, requests)
  await untilVisible(server.url, spans, () => {})
  await server.stop()
  return (directoryBytes(join(home, 'data')) - before) / spans
}

function post(url: string, bodies: readonly Buffer[]): Promise<unknown> {
  const type = 'application/x-protobuf'
  return sendAll({
    url: `${url}/v1/traces`,
    type,
    bodies: bodies[Symbol.iterator](),
    connections: WRITERS,
    seconds: Infinity,
  })
}

/** Its own count, asked for four times a second: little beside what it does meanwhile. */
async function untilVisible(url: string, spans: number, onProgress: (visible: number) => void): Promise<void> {
  const query = { query: '{ projects { edges { node { recordCount } } } }' }
  for (let idle = 0, last = -1; ;) {
    const { projects } = await ask<{ projects: { edges: { node: { recordCount: number } }[] } }>(url, query)
    const visible = projects.edges.reduce((sum, { node }) => sum + node.recordCount, 0)
    onProgress(visible)
    if (visible >= spans) return
    idle = visible === last ? idle + 1 : 0
    if (idle > 240) throw new Error(`Phoenix shows ${visible} of ${spans} spans and no more for a minute`)
    last = visible
    await wait(250)
  }
}

interface ShownSpan {
  span_kind: string
  context: { span_id: string }
  attributes: Record<string, unknown>
}

/** A model call has its messages and tokens where Phoenix looks for them. */
async function checkShown(url: string): Promise<void> {
  const answer = await fetch(`${url}/v1/projects/${AGENT}/spans?limit=50&span_kind=LLM`)
  const { data } = (await answer.json()) as { data: ShownSpan[] }
  const attributes = data[0]?.attributes ?? {}
  const wanted = [
    'llm.input_messages.1.message.content',
    'llm.output_messages.0.message.role',
    'llm.token_count.prompt',
  ]
  const missing = wanted.filter((key) => attributes[key] === undefined)
  if (data.length !== 50 || missing.length > 0) throw new Error(`Phoenix does not show ${missing.join(', ')}`)
}

function restLists(url: string): Target[] {
  const list = `${url}/v1/projects/${AGENT}/spans?limit=50`
  return [
    { name: 'REST, newest by insertion', url: list },
    { name: 'REST, newest by start', url: `${list}&sort=start_time` },
  ]
}

async function graphqlList(url: string): Promise<Target> {
  const projects = await ask<{ projects: { edges: { node: { id: string; name: string } }[] } }>(url, {
    query: '{ projects { edges { node { id name } } } }',
  })
  const id = projects.projects.edges.find(({ node }) => node.name === AGENT)?.node.id
  const fields = `id name spanKind startTime latencyMs statusCode spanId parentId tokenCountTotal trace { traceId }
    input { truncatedValue } output { truncatedValue }`
  const query = `query ($id: ID!) { node(id: $id) { ... on Project {
    spans(first: 50, sort: { col: startTime, dir: desc }) { edges { node { ${fields} } } } } } }`
  return { name: 'GraphQL', url: `${url}/graphql`, body: { query, variables: { id } } }
}

async function retrieves(url: string): Promise<Target[]> {
  const { data } = (await (await fetch(`${url}/v1/projects/${AGENT}/spans?limit=1`)).json()) as {
    data: (ShownSpan & { id: string })[]
  }
  const [span] = data
  const query = `query ($id: ID!) { node(id: $id) { ... on Span { id name spanKind startTime endTime attributes spanId } } }`
  return [
    { name: 'REST', url: `${url}/v1/projects/${AGENT}/spans?limit=1&span_id=${span?.context.span_id}` },
    { name: 'GraphQL', url: `${url}/graphql`, body: { query, variables: { id: span?.id } } },
  ]
}

async function ask<T>(url: string, body: { query: string }): Promise<T> {
  const headers = { 'Content-Type': 'application/json' }
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify(body) })
  const { data, errors } = (await response.json()) as { data: T; errors?: unknown }
  if (errors) throw new Error(`Phoenix: ${JSON.stringify(errors)}`)
  return data
}

const TABLES = ['traces', 'spans', 'span_costs', 'span_cost_details'] as const

/**
 * Copies its recorded rows until there are so many spans: recording them would take a quarter of an hour for a hundred thousand and
 * hours for a million. Each copy is a trace of its own; sessions stay, costs go with their spans.
 */
function multiplierOf(file: string): (spans: number) => void {
  let recorded: Record<(typeof TABLES)[number], number> | undefined
  let copied = 0
  return (spans) => {
    const database = new Database(file)
    database.pragma('synchronous = off')
    const number = (sql: string) => database.prepare(sql).pluck().get() as number
    recorded ??= Object.fromEntries(
      TABLES.map((table) => [table, number(`select coalesce(max(id), 0) from ${table}`)]),
    ) as Record<(typeof TABLES)[number], number>
    const copies = Math.ceil(spans / number(`select count(*) from spans where id <= ${recorded.spans}`)) - 1
    const bar = new SingleBar({ format: `  Phoenix: ${spans.toLocaleString('en')} spans {bar} {percentage}%` })
    bar.start(copies, copied)
    while (copied < copies) {
      copied++
      copyRows(database, recorded, copied)
      bar.update(copied)
    }
    bar.stop()
    database.close()
  }
}

/** @param recorded the last id of each table that was recorded, not copied */
function copyRows(database: Database.Database, recorded: Record<string, number>, copy: number): void {
  const tag = `'${copy.toString(16).padStart(4, '0')}'`
  const shift = (table: string) => copy * (recorded[table] ?? 0)
  const changed: Record<string, string> = {
    trace_rowid: `trace_rowid + ${shift('traces')}`,
    span_rowid: `span_rowid + ${shift('spans')}`,
    span_cost_id: `span_cost_id + ${shift('span_costs')}`,
    trace_id: `${tag} || substr(trace_id, 5)`,
    span_id: `${tag} || substr(span_id, 5)`,
    parent_id: `${tag} || substr(parent_id, 5)`,
  }
  database.transaction(() => {
    for (const table of TABLES) {
      const columns = (database.pragma(`table_info(${table})`) as { name: string }[]).map(({ name }) => name)
      const values = columns.map((name) => (name === 'id' ? `id + ${shift(table)}` : (changed[name] ?? name)))
      database.exec(`insert into ${table} (${columns.join(', ')})
        select ${values.join(', ')} from ${table} where id <= ${recorded[table]}`)
    }
  })()
}
