/** The recorded OTLP captures: what was sent, byte for byte, and what really happened. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { decodeLogs, decodeSpans } from '../../src/in/otlp/wire/decode.ts'
import type { LogRecord, Span } from '../../src/in/otlp/signal.ts'

const root = join(import.meta.dirname, '../..')
const recordings = process.env['STEPLEDGER_RECORDINGS'] ?? join(root, '../shared/data/trajectories')
/** The captures stand beside the other recordings. */
const folder = join(dirname(recordings), 'otlp')

export interface Part {
  type: string
  text?: string
  id?: string
  name?: string
  input?: unknown
  tool_call_id?: string
  content?: string
  is_error?: boolean
  reasoning?: string
  signature?: string
  data?: string
  source?: Record<string, unknown>
  summary?: { index: number; text: string }[]
}

export interface ExpectedMessage {
  role: string
  content: Part[]
}

type Recoverable = boolean | string

export interface ExpectedCall {
  seq: number
  span: { trace_id: string; span_id: string; ancestors: { span_id: string; name: string }[] }
  streaming: boolean
  provider: string
  model_requested: string
  model_served: string | null
  response_id: string | null
  usage: Record<string, number | null> | null
  finish_reason: string | null
  input_messages: ExpectedMessage[]
  output_messages: ExpectedMessage[]
  error: { http_status?: number; type?: string; code?: string | null; message?: string } | null
  expected_step: {
    status: string
    stop_reason: string | null
    also_acceptable?: { status: string; stop_reason: string | null }[]
  }
  parent: { agent_name?: string; agent_id?: string } | null
  session_id: string | null
  user_id: string | null
  tags: string[]
  metadata: Record<string, unknown>
  telemetry_differs?: Record<string, unknown>
  may_be_skipped?: boolean
  recoverable: Record<string, Recoverable>
}

export interface Expected {
  capture: string
  expected_step_count: number
  llm_calls: ExpectedCall[]
  tool_executions: { name: string; call_id: string; output: unknown }[]
  spans_that_are_not_steps: { span_id: string; name: string }[]
}

export interface Capture {
  name: string
  expected: Expected
  /** One entry for each HTTP request, in order. */
  requests: { spans: Span[]; logs: LogRecord[] }[]
}

interface Sent {
  body_file: string
  signal: 'traces' | 'logs' | 'metrics'
  encoding: 'json' | 'protobuf'
}

/** All captures that are there; none without the recordings. */
export function captures(): Capture[] {
  if (!existsSync(folder)) {
    console.warn(`no ${folder}: OTLP captures are not tested; set STEPLEDGER_RECORDINGS`)
    return []
  }
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'expected.json')))
    .map((name) => readCapture(name))
}

function readCapture(name: string): Capture {
  const read = (file: string): unknown => JSON.parse(readFileSync(join(folder, name, file), 'utf8'))
  const sent = read('decoded.json') as Sent[] | { requests: Sent[] }
  const requests = (Array.isArray(sent) ? sent : sent.requests).map((request) => {
    const bytes = readFileSync(join(folder, name, request.body_file))
    const body = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes
    return {
      spans: request.signal === 'traces' ? [...decodeSpans(body, request.encoding).spans] : [],
      logs: request.signal === 'logs' ? [...decodeLogs(body, request.encoding).records] : [],
    }
  })
  return { name, expected: read('expected.json') as Expected, requests }
}
