/**
 * Sends broken bodies to the decoder and over HTTP, in a process of its own with `--expose-gc`, and tells as one JSON
 * line what came of it. Arguments: how many bodies, how many of them over HTTP, the seed.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { loadSettings } from '../../src/config/load.ts'
import { LedgerError } from '../../src/domain/errors.ts'
import { decodeLogs, decodeSpans } from '../../src/in/otlp/wire/decode.ts'
import { startServer } from '../../src/server.ts'
import { goodBodies, mutated, nestedValue, field, randomFrom, type FuzzBody } from './mutate.ts'

export interface FuzzReport {
  /** How many bodies ended how: `taken`, an error's code, or an HTTP status. */
  decoded: Record<string, number>
  answered: Record<string, number>
  /** Statuses by name. */
  bombs: Record<string, number>
  /** What should not have been, with the body that did it. */
  unexpected: string[]
  /** Megabytes: live objects that 80 % of the bodies left behind, and the most that the process ever had. */
  heapGrowth: number
  rssPeak: number
  seconds: number
}

const [count = 0, overHttp = 0, seed = 1] = process.argv.slice(2).map(Number)
const MIB = 1024 * 1024
const random = randomFrom(seed)
const good = goodBodies()
const report: FuzzReport = {
  decoded: {},
  answered: {},
  bombs: {},
  unexpected: [],
  heapGrowth: 0,
  rssPeak: 0,
  seconds: 0,
}

function next(): FuzzBody {
  return mutated(good[Math.floor(random() * good.length)] as FuzzBody, random)
}

function tally(counts: Record<string, number>, outcome: string | number): void {
  counts[outcome] = (counts[outcome] ?? 0) + 1
}

function unexpected(what: unknown, { signal, encoding, bytes }: FuzzBody): void {
  const told = what instanceof Error ? (what.stack ?? what.message) : String(what)
  if (report.unexpected.length < 5) report.unexpected.push(`${told}\n${signal} ${encoding} ${bytes.toString('base64')}`)
}

/** Decodes, and looks whether what is taken keeps the promises of its type. */
function decode(body: FuzzBody): void {
  try {
    if (body.signal === 'traces') {
      for (const span of decodeSpans(body.bytes, body.encoding).spans) {
        const ids = /^[0-9a-f]{32} [0-9a-f]{16} ([0-9a-f]{16}|null)$/
        const isWhole = ids.test(`${span.traceId} ${span.spanId} ${span.parentId}`) && span.startNs > 0n
        if (!isWhole || !Number.isInteger(span.kind) || !Number.isInteger(span.statusCode)) unexpected('a span', body)
        JSON.stringify([span.attributes, span.resource, span.events.map(({ attributes }) => attributes)])
      }
    } else {
      for (const log of decodeLogs(body.bytes, body.encoding).records) {
        if (typeof log.eventName !== 'string' || log.timeNs < 0n) unexpected('a log record', body)
        JSON.stringify([log.attributes, log.body])
      }
    }
    tally(report.decoded, 'taken')
  } catch (error) {
    if (!(error instanceof LedgerError)) unexpected(error, body)
    tally(report.decoded, error instanceof LedgerError ? error.code : 'other')
  }
}

function heap(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / MIB
}

const TYPES = { protobuf: 'application/x-protobuf', json: 'application/json' }
const COMPRESS: Record<string, (bytes: Buffer) => Buffer> = {
  gzip: gzipSync,
  deflate: deflateSync,
  zstd: zstdCompressSync,
}

async function post(url: string, body: FuzzBody, headers: Record<string, string> = {}): Promise<number> {
  const request = { method: 'POST', headers: { 'Content-Type': TYPES[body.encoding], ...headers }, body: body.bytes }
  const response = await fetch(`${url}/v1/${body.signal}`, request).catch((error: unknown) => {
    unexpected(error, { ...body, bytes: body.bytes.subarray(0, 100) })
  })
  if (!response) return 0
  const answer = await response.arrayBuffer()
  const isOwn = response.headers.get('content-type') === TYPES[body.encoding]
  if (!isOwn || answer.byteLength > 20_000) unexpected(`answered ${response.status} in another form`, body)
  return response.status
}

/** Some plain, some compressed, some of these broken afterwards. */
function packed(body: FuzzBody): [FuzzBody, Record<string, string>] {
  const encoding = ['', '', 'gzip', 'deflate', 'zstd', 'br'][Math.floor(random() * 6)] ?? ''
  const compressed = COMPRESS[encoding]?.(body.bytes) ?? body.bytes
  const bytes = Buffer.from(compressed)
  if (encoding !== '' && random() < 0.5) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256)
  return [{ ...body, bytes }, encoding === '' ? {} : { 'Content-Encoding': encoding }]
}

type Bomb = [name: string, encoding: 'protobuf' | 'json', bytes: () => Buffer, contentEncoding?: string]

/** Small on the wire, or of few bytes for each part. */
function bombs(limit: number): Bomb[] {
  const empty = (tag: number) => Buffer.alloc(limit - 40, Buffer.from([(tag << 3) | 2, 0]))
  const span = (fields: Buffer) => field(1, field(2, field(2, fields)))
  const half = Math.floor(limit / 2)
  const spans = (list: string) => Buffer.from(`{"resourceSpans":[{"scopeSpans":[{"spans":[${list}]}]}]}`)
  return [
    ['envelopes', 'protobuf', () => empty(1)],
    ['spans', 'protobuf', () => field(1, field(2, empty(2)))],
    ['attributes', 'protobuf', () => span(empty(9))],
    ['events', 'protobuf', () => span(empty(11))],
    ['values', 'protobuf', () => span(field(9, field(2, field(5, empty(1)))))],
    ['nesting', 'protobuf', () => span(field(9, field(2, nestedValue(20_000))))],
    ['groups', 'protobuf', () => Buffer.alloc(limit, 0x0b)],
    ['varints', 'protobuf', () => Buffer.alloc(limit, 0xff)],
    ['brackets', 'json', () => Buffer.alloc(limit, '[')],
    ['objects', 'json', () => spans(`${'{},'.repeat(half / 2)}{}`)],
    ['keys', 'json', () => Buffer.alloc(limit, '{"a":')],
    ['numbers', 'json', () => spans(`${'0,'.repeat(half - 100)}0`)],
    ['one number', 'json', () => Buffer.from(`{"resourceSpans":${'9'.repeat(limit - 50)}}`)],
    ['backslashes', 'json', () => Buffer.from(`{"resourceSpans":"${'\\'.repeat(limit - 50)}"}`)],
    ...Object.entries(COMPRESS).map(([name, compress]): Bomb => [
      name,
      'protobuf',
      () => compress(Buffer.alloc(4 * limit)),
      name,
    ]),
  ]
}

const started = performance.now()
const dir = mkdtempSync(join(tmpdir(), 'stepledger-fuzz-'))
const settings = loadSettings(
  { port: '0', 'log-level': 'silent', 'data-dir': dir, 'max-body-bytes': String(32 * MIB) },
  {},
)
let taken = 0
const keep = async (items: readonly unknown[]) => {
  taken += items.length
  return { rejected: 0, message: null, made: { created: 0, updated: 0, folded: 0, duplicates: 0 } }
}
const server = await startServer(settings, () => ({
  spans: async (_, read) => keep(read().spans),
  logs: async (_, read) => keep(read().records),
  unreadable: async () => {},
}))

// What comes first fills caches and pools; the rest must leave nothing behind.
const warm = Math.floor(count / 5)
for (let i = 0; i < warm; i++) decode(next())
for (let i = 0; i < overHttp / 5; i++) await post(server.url, ...packed(next()))
const before = heap()
for (let i = 0; i < (overHttp * 4) / 5; i += 16) {
  const some = Array.from({ length: 16 }, () => packed(next()))
  const statuses = await Promise.all(some.map(([body, headers]) => post(server.url, body, headers)))
  for (const [n, status] of statuses.entries()) {
    tally(report.answered, status)
    if (status >= 500 || ![200, 400, 413, 415].includes(status)) unexpected(`answered ${status}`, some[n]![0])
  }
}
for (const [name, encoding, bytes, contentEncoding] of bombs(settings['max-body-bytes'])) {
  const body: FuzzBody = { signal: 'traces', encoding, bytes: Buffer.from(bytes()) }
  // Making one keeps this process from serving longer than a connection is kept open.
  const headers = { Connection: 'close', ...(contentEncoding && { 'Content-Encoding': contentEncoding }) }
  const status = await post(server.url, body, headers)
  report.bombs[name] = status
  if (status >= 500) unexpected(`answered ${status}`, { ...body, bytes: body.bytes.subarray(0, 100) })
}
// Last, because a process that decodes for seconds lets its own connections to itself go stale.
for (let i = warm; i < count - overHttp; i++) decode(next())
report.heapGrowth = heap() - before
report.rssPeak = process.resourceUsage().maxRSS / 1024
report.seconds = (performance.now() - started) / 1000
if (taken === 0) report.unexpected.push('nothing was taken over HTTP')
await server.close()
rmSync(dir, { recursive: true })
console.log(JSON.stringify(report))
