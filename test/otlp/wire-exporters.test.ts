/** The official exporters against the receiver: what they send arrives, and they understand what they are answered. */
import { diag, DiagLogLevel, SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { LedgerError } from '../../src/domain/errors.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { CollectingIngest } from './support.ts'

const ingest = new CollectingIngest()
const warnings: string[] = []
let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ ingest, settings: { 'otlp-port': 0, 'log-level': 'silent' } })
  const note = (...words: unknown[]) => void warnings.push(words.join(' '))
  const logger = { error: note, warn: note, info: note, debug: () => {}, verbose: () => {} }
  diag.setLogger(logger, DiagLogLevel.INFO)
})
afterAll(async () => {
  diag.disable()
  await server.close()
})
beforeEach(() => {
  ingest.clear()
  warnings.length = 0
})

const EXPORTERS = [
  ['exporter-trace-otlp-proto', ProtobufExporter],
  ['exporter-trace-otlp-http', JsonExporter],
] as const
type Exporter = InstanceType<(typeof EXPORTERS)[number][1]>

/** One span that has ended. */
function endedSpans() {
  const memory = new InMemorySpanExporter()
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: memory })] })
  const tracer = provider.getTracer('test-instrumentation', '1.2.3')
  const attributes = { 'gen_ai.request.model': 'gpt-5', count: 7, ratio: 0.5, stream: true, list: ['a', 'b'] }
  const span = tracer.startSpan('chat gpt-5', { kind: SpanKind.CLIENT, attributes, startTime: [1795226339, 562000001] })
  span.addEvent('first_token', { index: 0 })
  span.setStatus({ code: SpanStatusCode.ERROR, message: 'cut off' })
  span.end([1795226339, 562000002])
  return memory.getFinishedSpans()
}

function send(exporter: Exporter): Promise<{ code: number; error?: Error }> {
  return new Promise((resolve) => {
    exporter.export(endedSpans(), resolve)
  })
}

describe.each(EXPORTERS)('%s', (_, Exporter) => {
  let exporter: Exporter
  const exporterTo = (url: string, options = {}) => new Exporter({ url: `${url}/v1/traces`, ...options })
  beforeEach(() => {
    exporter = exporterTo(server.url)
  })

  test.each(['none', 'gzip'])('what it sends arrives, compression %s', async (compression) => {
    for (const url of [server.url, server.otlpUrl ?? '']) {
      ingest.clear()
      expect(await send(exporterTo(url, { compression }))).toEqual({ code: 0 })
      expect(ingest.spansTaken).toMatchObject([
        {
          name: 'chat gpt-5',
          kind: 3,
          parentId: null,
          startNs: 1795226339562000001n,
          endNs: 1795226339562000002n,
          statusCode: 2,
          statusMessage: 'cut off',
          attributes: { 'gen_ai.request.model': 'gpt-5', count: 7, ratio: 0.5, stream: true, list: ['a', 'b'] },
          events: [{ name: 'first_token', attributes: { index: 0 } }],
          scope: { name: 'test-instrumentation', version: '1.2.3' },
        },
      ])
    }
    expect(warnings).toEqual([])
  })

  test('it sends again after 503, and is content when the data are taken', async () => {
    ingest.failures.push(new LedgerError('unavailable', 'not now'), new Error('disk full'))
    expect(await send(exporter)).toEqual({ code: 0 })
    expect([ingest.requests, ingest.spansTaken.length]).toEqual([3, 1])
  })

  test('it does not send again after 400, and reports the reason', async () => {
    ingest.failures.push(new LedgerError('invalid', 'never send this again'))
    const { code, error } = await send(exporter)
    expect([code, ingest.requests]).toEqual([1, 1])
    expect(error).toMatchObject({ code: 400, data: expect.stringContaining('never send this again') })
  })

  test('it understands partial success', async () => {
    ingest.result = { rejected: 3, message: 'refused: 3 with no trace id' }
    expect(await send(exporter)).toEqual({ code: 0 })
    expect(ingest.requests).toBe(1)
    expect(warnings).toEqual([expect.stringMatching(/Partial Success.*"rejectedSpans":"?3.*3 with no trace id/)])
  })

  test('it is told when it needs a key, and gets in with one', async () => {
    const keyed = await startTestServer({ ingest })
    const { key } = await keyed.createKey('write')
    expect(await send(exporterTo(keyed.url))).toMatchObject({ code: 1, error: { code: 401 } })
    expect(ingest.requests).toBe(0)
    expect(await send(exporterTo(keyed.url, { headers: { Authorization: `Bearer ${key}` } }))).toEqual({ code: 0 })
    await keyed.close()
  })
})
