/** Bodies for the tests of OTLP: real captures, and any request in both encodings by another implementation. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import protobuf from 'protobufjs'
import { NOTHING_MADE, type Ingest, type IngestResult } from '../../src/in/otlp/ingest.ts'
import { countRejected, describeRejected, type Rejected } from '../../src/in/otlp/rejected.ts'
import type { LogRecord, Span } from '../../src/in/otlp/signal.ts'

const root = join(import.meta.dirname, '../..')
const captures = join(process.env['STEPLEDGER_RECORDINGS'] ?? join(root, '../shared/data/trajectories'), '../otlp')

/** Anything with the shape of OTLP/JSON. */
export type Json = Record<string, any> // oxlint-disable-line typescript/no-explicit-any

export interface CapturedRequest {
  /** `folder/file` */
  name: string
  signal: 'traces' | 'logs'
  encoding: 'protobuf' | 'json'
  /** As it was sent. */
  sent: Buffer<ArrayBuffer>
  headers: Record<string, string>
  path: string
  /** Inflated. */
  body: Buffer<ArrayBuffer>
  /** What it holds, decoded by somebody else. */
  decoded: Json
}

/** Every request of every capture, or none when they are not there. */
export function capturedRequests(): CapturedRequest[] {
  if (!existsSync(captures)) {
    console.warn(`no ${captures}: captures of instrumentations are not tested; set STEPLEDGER_RECORDINGS`)
    return []
  }
  const folders = readdirSync(captures).filter((name) => existsSync(join(captures, name, 'decoded.json')))
  return folders.flatMap((folder) => {
    const read = (file: string) => JSON.parse(readFileSync(join(captures, folder, file), 'utf8')) as Json[]
    const sent = read('headers.json')
    return read('decoded.json').map(({ seq, body_file, signal, encoding, data }) => {
      const bytes = readFileSync(join(captures, folder, body_file))
      const { headers, path } = sent.find((request) => request['seq'] === seq) as Json
      const body = headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes
      return { name: `${folder}/${body_file}`, signal, encoding, sent: bytes, headers, path, body, decoded: data }
    })
  })
}

const definitions = protobuf.Root.fromJSON(
  JSON.parse(readFileSync(join(import.meta.dirname, 'opentelemetry-proto.json'), 'utf8')) as protobuf.INamespace,
)
const MESSAGES = {
  traces: definitions.lookupType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest'),
  logs: definitions.lookupType('opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest'),
  tracesAnswer: definitions.lookupType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse'),
  logsAnswer: definitions.lookupType('opentelemetry.proto.collector.logs.v1.ExportLogsServiceResponse'),
}
const status = new protobuf.Type('Status')
  .add(new protobuf.Field('code', 1, 'int32'))
  .add(new protobuf.Field('message', 2, 'string'))

/** A request as protobuf, by protobufjs from the protocol's own definitions. Ids are hexadecimal, as in OTLP/JSON. */
export function toProtobuf(signal: 'traces' | 'logs', request: unknown): Buffer<ArrayBuffer> {
  return Buffer.from(MESSAGES[signal].encode(MESSAGES[signal].fromObject(withRawIds(request) as object)).finish())
}

export function answerFromProtobuf(message: 'tracesAnswer' | 'logsAnswer' | 'status', bytes: Uint8Array): Json {
  const type = message === 'status' ? status : MESSAGES[message]
  return type.toObject(type.decode(bytes), { longs: String })
}

function withRawIds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withRawIds)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      /^(trace|span|parentSpan)Id$/.test(key) ? Buffer.from(inner as string, 'hex') : withRawIds(inner),
    ]),
  )
}

/** Keeps what it is given; the protocol around it is what is tested. */
export class CollectingIngest implements Ingest {
  readonly spansTaken: Span[] = []
  readonly logsTaken: LogRecord[] = []
  /** Projects by request. */
  readonly projects: string[] = []
  requests = 0
  /** What the next requests meet instead, in this order. */
  readonly failures: Error[] = []
  /** What everything is answered with, when set. */
  result: Omit<IngestResult, 'made'> | undefined

  async spans(...[scope, read]: Parameters<Ingest['spans']>): Promise<IngestResult> {
    const { spans, rejected } = read()
    return this.take(scope.project, rejected, () => this.spansTaken.push(...spans))
  }

  async logs(...[scope, read]: Parameters<Ingest['logs']>): Promise<IngestResult> {
    const { records, rejected } = read()
    return this.take(scope.project, rejected, () => this.logsTaken.push(...records))
  }

  async unreadable(): Promise<void> {}

  clear(): void {
    for (const list of [this.spansTaken, this.logsTaken, this.projects, this.failures]) list.length = 0
    this.requests = 0
    this.result = undefined
  }

  private take(project: string, rejected: readonly Rejected[], keep: () => void): IngestResult {
    this.requests++
    const failure = this.failures.shift()
    if (failure) throw failure
    keep()
    this.projects.push(project)
    const told = { rejected: countRejected(rejected), message: describeRejected(rejected) }
    return { ...told, made: NOTHING_MADE, ...this.result }
  }
}

export const TRACE_ID = '5b8efff798038103d269b633813fc60c'

/** The `n`th good span in OTLP/JSON, with these fields. */
export function span(n: number, fields: Json = {}): Json {
  return {
    traceId: TRACE_ID,
    spanId: (0xeee19b7ec3c1b000n + BigInt(n)).toString(16),
    name: `chat ${n}`,
    kind: 3,
    startTimeUnixNano: '1795226339562000001',
    endTimeUnixNano: '1795226339590394686',
    attributes: [{ key: 'gen_ai.request.model', value: { stringValue: 'gpt-5' } }],
    ...fields,
  }
}

/** A request of one envelope. */
export function traces(...spans: unknown[]): Json {
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] }
  return { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'lib', version: '1.2' }, spans }] }] }
}

export function logs(...logRecords: unknown[]): Json {
  return { resourceLogs: [{ scopeLogs: [{ scope: { name: 'lib' }, logRecords }] }] }
}
