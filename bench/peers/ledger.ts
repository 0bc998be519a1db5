/** Stepledger's side: the built server, and the same work on it. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { SingleBar } from 'cli-progress'
import { LEDGER_FILE, type StoreAddress } from '../../src/store/open.ts'
import { fillFromLoad } from '../fill.ts'
import { onServer, type Engine, type Places } from '../places.ts'
import { sendAll } from '../send.ts'
import { startServer, type ServerProcess } from '../server.ts'
import { AGENT, bodiesFrom, CALLS_IN_REQUEST, FORMS, SPANS_IN_REQUEST, type Form } from './bodies.ts'
import { atEnd } from './cleanup.ts'
import { measureReads, median, type Rate } from './load.ts'
import { memoryOf } from './process.ts'
import type { Recorded } from './recorded.ts'

const WRITERS = 16
const IDLE_MS = 5000
const WARM_UP = 4

export interface Sizes {
  /** OTLP requests whose time is taken, on our side and on the peer's. */
  requests: { ours: number; theirs: number }
  /** Steps or spans in a ledger that is listed. */
  lists: readonly number[]
}

export interface LedgerFigures {
  /** Seconds to the first answered list of an empty ledger that was there before. */
  start: number
  /** MiB. */
  idle: number
  forms: Record<Form, { spansPerSecond: number; bytesPerSpan: number; stepBytesPerSpan: number }>
  /** Of recorded runs with their whole requests. */
  recorded: { bytesPerSpan: number; stepBytesPerSpan: number }
  /** Of the newest 50 of one agent, by steps in the ledger. */
  lists: Map<number, { full: Rate; light: Rate }>
  retrieve: Rate
}

export async function measureLedger(
  engine: Engine,
  places: Places,
  sizes: Sizes,
  recorded: Recorded,
): Promise<LedgerFigures> {
  const empty = await places.make(engine)
  const starts = []
  let idle = 0
  for (let round = 0; round <= 3; round++) {
    const start = performance.now()
    const server = await started(empty)
    await (await fetch(`${server.url}/v1/steps/`)).arrayBuffer()
    // The first start makes the tables.
    if (round > 0) starts.push((performance.now() - start) / 1000)
    if (round === 3) {
      await wait(IDLE_MS)
      idle = memoryOf(server.pid)
    }
    await server.stop()
  }
  const forms = {} as LedgerFigures['forms']
  for (const form of FORMS) forms[form] = await measureRecording(await places.make(engine), form, sizes.requests.ours)
  const recordedBytes = await measureRecorded(await places.make(engine), recorded)
  const address = await places.make(engine)
  const lists: LedgerFigures['lists'] = new Map()
  let retrieve: Rate | undefined
  let steps = 0
  for (const size of sizes.lists) {
    await fillTo(address, steps, size)
    steps = size
    const server = await started(address)
    const page = `${server.url}/v1/steps/?agent_id=${AGENT}&limit=50`
    const full = await measureReads({ name: 'page', url: page })
    const light = await measureReads({ name: 'page without messages', url: `${page}&include_messages=false` })
    lists.set(size, { full, light })
    const [newest] = (await (await fetch(page)).json()) as { id: string }[]
    retrieve ??= await measureReads({ name: 'step', url: `${server.url}/v1/steps/${newest?.id}` })
    await server.stop()
  }
  return { start: median(starts), idle, forms, recorded: recordedBytes, lists, retrieve: retrieve as Rate }
}

async function started(address: StoreAddress): Promise<ServerProcess> {
  const server = await startServer(address)
  // Ctrl-C in a terminal ends it by itself.
  const stop = async () => isAlive(server.pid) && server.stop()
  atEnd(stop)
  return { ...server, stop: async () => void (await stop()) }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Answered is on disk and visible here. */
async function measureRecording(address: StoreAddress, form: Form, requests: number) {
  const server = await started(address)
  const before = await bytesOf(address)
  const made = bodiesFrom(0, form)
  const send = async (count: number) => {
    const bodies = Array.from({ length: count }, () => made.next().value as Buffer)
    const start = performance.now()
    await post(server.url, bodies[Symbol.iterator]())
    return (performance.now() - start) / 1000
  }
  await send(WARM_UP)
  const seconds = await send(requests)
  const sent = WARM_UP + requests
  await checkSteps(server.url, sent * CALLS_IN_REQUEST)
  await checkWords(server.url)
  await server.stop()
  const after = await bytesOf(address)
  const spans = sent * SPANS_IN_REQUEST
  return {
    spansPerSecond: (requests * SPANS_IN_REQUEST) / seconds,
    bytesPerSpan: (after.all - before.all) / spans,
    stepBytesPerSpan: (after.steps - before.steps) / spans,
  }
}

function post(url: string, bodies: Iterator<Buffer>): Promise<unknown> {
  const type = 'application/x-protobuf'
  return sendAll({ url: `${url}/v1/traces`, type, bodies, connections: WRITERS, seconds: Infinity })
}

async function checkSteps(url: string, expected: number): Promise<void> {
  const stats = (await (await fetch(`${url}/v1/ingest/stats`)).json()) as { signal: string; step: number }[]
  const steps = stats.find(({ signal }) => signal === 'traces')?.step
  if (steps !== expected) throw new Error(`Stepledger made ${steps} steps of ${expected} model calls`)
}

async function checkWords(url: string): Promise<void> {
  const [step] = (await (await fetch(`${url}/v1/steps/?agent_id=${AGENT}&limit=1`)).json()) as {
    messages: unknown[]
    total_tokens: number
  }[]
  if (!step?.messages.length || !step.total_tokens) throw new Error('Stepledger lost messages or tokens')
}

/** Bytes a span of recorded runs. */
async function measureRecorded(address: StoreAddress, { requests, spans }: Recorded) {
  const server = await started(address)
  const before = await bytesOf(address)
  await post(server.url, requests[Symbol.iterator]())
  await checkSteps(server.url, spans)
  await server.stop()
  const after = await bytesOf(address)
  return { bytesPerSpan: (after.all - before.all) / spans, stepBytesPerSpan: (after.steps - before.steps) / spans }
}

/**
 * The first 100,000 steps are the OTLP requests that the peer gets as well; the rest, other agents' steps, goes straight into the
 * store, which is the same write path without HTTP.
 */
async function fillTo(address: StoreAddress, from: number, to: number): Promise<void> {
  const bar = new SingleBar({
    format: `  Stepledger: ${to.toLocaleString('en')} steps {bar} {percentage}% {eta_formatted} left`,
  })
  bar.start(to - from, 0)
  if (to <= 100_000) {
    const server = await started(address)
    const first = Math.ceil(from / CALLS_IN_REQUEST)
    const made = bodiesFrom(first, 'gen_ai')
    const count = Math.ceil(to / CALLS_IN_REQUEST) - first
    const bodies = (function* () {
      for (let sent = 0; sent < count; sent++) {
        bar.update(sent * CALLS_IN_REQUEST)
        yield made.next().value as Buffer
      }
    })()
    await post(server.url, bodies)
    await server.stop()
  } else {
    await fillFromLoad(address, { steps: to - from, seed: 7 }, (done) => bar.update(done))
  }
  bar.stop()
  // What autovacuum would do within a minute or so.
  if ('url' in address) await onServer(address.url, 'vacuum analyze')
}

/** On disk: everything, and without the telemetry that is kept for a day beside its steps. */
async function bytesOf(address: StoreAddress): Promise<{ all: number; steps: number }> {
  if ('url' in address) {
    const [row] = (await onServer(
      address.url,
      'checkpoint',
      `select pg_database_size(current_database())::float8 as "all",
        coalesce(sum(pg_total_relation_size(oid)) filter (where relname like 'telemetry%'), 0)::float8 as telemetry
        from pg_class where relkind = 'r'`,
    )) as { all: number; telemetry: number }[]
    return { all: row?.all ?? Number.NaN, steps: (row?.all ?? Number.NaN) - (row?.telemetry ?? 0) }
  }
  const all = directoryBytes(address.dataDir)
  const database = new Database(join(address.dataDir, LEDGER_FILE), { readonly: true })
  const { bytes } = database
    .prepare(`select coalesce(sum(pgsize), 0) as bytes from dbstat where name like '%telemetry%'`)
    .get() as { bytes: number }
  database.close()
  return { all, steps: all - bytes }
}

/** All files of a directory, none of them sparse. */
export function directoryBytes(directory: string): number {
  if (!existsSync(directory)) return 0
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
}
