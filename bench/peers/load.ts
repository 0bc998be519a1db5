/** Requests over several connections, one after another on each, with their times. */
import { Agent, request } from 'node:http'
import { connect } from 'node:http2'

/** As many everywhere where reading is measured. */
export const READERS = 8
const WARM_SECONDS = 3
const SECONDS = 8

export interface Rate {
  perSecond: number
  /** Milliseconds. */
  median: number
  p99: number
}

/** Where to read. With a body it is posted, as JSON. */
export interface Target {
  name: string
  url: string
  body?: unknown
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** @param latencies milliseconds */
export function rateOf(latencies: readonly number[], seconds: number): Rate {
  return { perSecond: latencies.length / seconds, median: median(latencies), p99: quantile(latencies, 0.99) }
}

/** Warmed up, then for some seconds. */
export async function measureReads(target: Target): Promise<Rate> {
  await readFor(target, WARM_SECONDS)
  const start = performance.now()
  const latencies = await readFor(target, SECONDS)
  return rateOf(latencies, (performance.now() - start) / 1000)
}

/** The target that answers most. */
export async function measureFastest(targets: readonly Target[]): Promise<Rate & { name: string }> {
  const rates = []
  for (const target of targets) rates.push({ ...(await measureReads(target)), name: target.name })
  return rates.toSorted((a, b) => b.perSecond - a.perSecond)[0] as Rate & { name: string }
}

async function readFor({ url, body }: Target, seconds: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: READERS })
  const sent = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
  const latencies: number[] = []
  const end = performance.now() + seconds * 1000
  const worker = async () => {
    while (performance.now() < end) {
      const start = performance.now()
      await read(agent, url, sent)
      latencies.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: READERS }, worker))
  agent.destroy()
  return latencies
}

function read(agent: Agent, url: string, body: Buffer | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = body ? { 'Content-Type': 'application/json', 'Content-Length': body.length } : {}
    const sent = request(url, { agent, method: body ? 'POST' : 'GET', headers }, (response) => {
      response.resume()
      response.once('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`${url}: status ${response.statusCode}`)),
      )
    })
    sent.once('error', reject)
    sent.end(body)
  })
}

const EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'

/** OTLP requests over gRPC, all at the same time on one connection, as its clients do. */
export async function exportByGrpc(url: string, bodies: readonly Buffer[]): Promise<void> {
  const session = connect(url)
  const broken = new Promise<never>((_, reject) => session.once('error', reject))
  const calls = bodies.map(
    (body) =>
      new Promise<void>((resolve, reject) => {
        const call = session.request({
          ':method': 'POST',
          ':path': EXPORT,
          'content-type': 'application/grpc',
          te: 'trailers',
        })
        let status: unknown
        call.once('response', (headers) => (status ??= headers['grpc-status']))
        call.once('trailers', (trailers) => (status ??= trailers['grpc-status']))
        call.once('error', reject)
        call.once('end', () => (status === '0' ? resolve() : reject(new Error(`gRPC status ${String(status)}`))))
        call.resume()
        // Not compressed, and how long it is.
        const prefix = Buffer.alloc(5)
        prefix.writeUInt32BE(body.length, 1)
        call.write(prefix)
        call.end(body)
      }),
  )
  await Promise.race([Promise.all(calls), broken])
  session.close()
}
