/** Telemetry that was answered 2xx is kept, whatever ends the server or takes its database away; what was not is asked for. */
import { setTimeout as sleep } from 'node:timers/promises'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { describe, expect, onTestFinished, test } from 'vitest'
import { clientOf, walk } from '../compat/support.ts'
import { divided, send, together, type Sending } from '../otlp/sending.ts'
import { ledgerIn, orderlyLedger, pieces, requests } from '../otlp/shown.ts'
import { startPostgres } from '../support/postgres.ts'
import { startProxy } from '../support/proxy.ts'
import { freshStore } from '../support/server.ts'
import { expectConsistent } from './consistency.ts'
import { ready } from './load.ts'
import { serve } from './process.ts'

/** The order tried; a failure names it. */
const SEED = Number(process.env.STEPLEDGER_SEED ?? Date.now() % 1e9)
const CONNECTIONS = 16
const KILLS = 6
/** Which of twenty commits are cut off. */
const CUTS: Record<number, 'before' | 'after'> = { 7: 'after', 15: 'before' }

/** Sends, many at once, until all is answered or the server is gone; resolves with what was not acknowledged. */
async function deliver(url: string, sendings: readonly Sending[]): Promise<Sending[]> {
  const queue = [...sendings]
  const lost: Sending[] = []
  const one = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const status = await send(url, next).then(
        (answer) => answer.status,
        () => 0,
      )
      expect([0, 200, 503]).toContain(status)
      if (status !== 200) lost.push(next)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, one))
  return lost
}

describe.skipIf(requests.length === 0)(`seed ${SEED}`, () => {
  test('who sends again what kill -9 left without an answer loses nothing', { timeout: 60_000 }, async () => {
    const store = await freshStore('sqlite')
    onTestFinished(() => store.dispose())
    let left = pieces.flatMap((own, i) => divided(own, SEED + i))
    const all = left.length
    let kills = 0
    while (left.length > 0) {
      const server = await serve(store.address)
      const delivering = deliver(server.url, left)
      if (kills < KILLS) {
        kills++
        await sleep(20 + (SEED % 60) + kills * 5)
        await server.end('SIGKILL')
        left = await delivering
      } else {
        left = await delivering
        await server.end('SIGTERM')
      }
    }
    expect(all).toBeGreaterThan(0)
    const [found, orderly] = [await ledgerIn(store), await orderlyLedger(await freshStore('sqlite'))]
    expect(found.steps).toEqual(orderly.steps)
    expect(found.rows).toEqual(orderly.rows)
  })

  test(
    'commits that are cut off before or after they are done lose and double nothing',
    { timeout: 60_000 },
    async () => {
      const store = await freshStore('postgres')
      onTestFinished(() => store.dispose())
      const proxy = await startProxy((store.address as { url: string }).url)
      onTestFinished(() => proxy.close())
      const server = await serve({ url: proxy.url })
      onTestFinished(() => void server.end('SIGKILL'))
      let commits = 0
      proxy.atCommit = () => CUTS[commits++ % 20] ?? 'pass'
      let left: Sending[] = divided(pieces.flat(), SEED)
      while (left.length > 0) left = await deliver(server.url, left)
      expect(await server.end('SIGTERM')).toBe(0)
      const [found, orderly] = [await ledgerIn(store), await orderlyLedger(await freshStore('postgres'))]
      expect(found.steps).toEqual(orderly.steps)
      expect(found.rows).toEqual(orderly.rows)
      await expectConsistent((sql) => store.query(sql) as never)
    },
  )
})

/** One call to a model that has ended. */
function endedSpans() {
  const memory = new InMemorySpanExporter()
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: memory })] })
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.request.model': 'gpt-5',
    'gen_ai.usage.output_tokens': 5,
  }
  provider.getTracer('test-instrumentation').startSpan('chat gpt-5', { attributes }).end()
  return memory.getFinishedSpans()
}

test('while the database is away exporters are told to come back, and do', { timeout: 60_000 }, async () => {
  const postgres = await startPostgres()
  onTestFinished(() => postgres.destroy())
  const server = await serve(postgres)
  onTestFinished(() => void server.end('SIGKILL'))
  await postgres.stop()
  const empty = together([{ signal: 'traces', data: { resourceSpans: [] } }], 'protobuf')[0] as Sending
  const refused = await send(server.url, requests.length > 0 ? (divided(pieces.flat(), SEED)[0] as Sending) : empty)
  expect(refused.status).toBe(503)
  expect(refused.retryAfter).toBeGreaterThan(0)
  const exporter = new OTLPTraceExporter({ url: `${server.url}/v1/traces` })
  const exported = new Promise<{ code: number }>((resolve) => {
    exporter.export(endedSpans(), resolve)
  })
  await sleep(300)
  await postgres.start()
  await ready(server.url, 10_000)
  expect(await exported).toEqual({ code: 0 })
  const steps = await walk(clientOf(server).steps.list())
  expect(steps).toMatchObject([{ model: 'gpt-5', status: 'success' }])
  expect(await server.end('SIGTERM')).toBe(0)
})
