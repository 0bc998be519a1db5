/** OTLP in: spans a second into steps on disk, what of it is decoding, and memory while ancestors never arrive. */
import { toProtobuf } from '../../test/otlp/support.ts'
import { measureInsert } from '../limits.ts'
import { measureMapping } from '../otlp-map.ts'
import { orphanRequest, otlpRequest, renewed, SPANS_IN_REQUEST } from '../otlp-workload.ts'
import type { Context } from '../part.ts'
import type { Figure } from '../report.ts'
import { sendAll, WARM_UP_SECONDS } from '../send.ts'
import { startServer } from '../server.ts'

const SECONDS = 4
const CONNECTIONS = [1, 16, 64]
const TYPE = 'application/x-protobuf'

/** Durable spans per second, beside inserting the same bytes and beside decoding them. */
export async function benchOtlpRecord({ engine, places }: Context): Promise<Figure[]> {
  const body = toProtobuf('traces', otlpRequest())
  const bytes = Math.round(body.length / SPANS_IN_REQUEST)
  const spans = Array.from({ length: SPANS_IN_REQUEST }, (_, i) => body.subarray(i * bytes, (i + 1) * bytes))
  const figures: Figure[] = []
  for (const connections of CONNECTIONS) {
    const server = await startServer(await places.make(engine))
    const load = { url: `${server.url}/v1/traces`, type: TYPE, bodies: generations(body), connections, retry: true }
    await sendAll({ ...load, seconds: WARM_UP_SECONDS })
    const start = performance.now()
    const latencies = await sendAll({ ...load, seconds: SECONDS })
    const seconds = (performance.now() - start) / 1000
    const memory = server.memory()
    await server.stop()
    const perSecond = (latencies.length * SPANS_IN_REQUEST) / seconds
    const limit = measureInsert(places.directory, spans, SPANS_IN_REQUEST * connections, 1)
    figures.push({
      name: `spans of ${bytes} bytes, ${SPANS_IN_REQUEST} a request, ${connections} connections`,
      value: Math.round(perSecond),
      unit: 'spans/s',
      latencies,
      perSecond: latencies.length / seconds,
      memory,
      limit: { name: 'bare SQLite insert', value: limit, unit: 'spans/s' },
      ratio: perSecond / limit,
      ...(connections === 16 && { goal: 'at least 10,000', judged: 'value' }),
      labels: { connections },
    })
  }
  return figures
}

/** What of it is decoding, and what is making steps. */
export async function benchOtlp(context: Context): Promise<Figure[]> {
  const figures = await benchOtlpRecord(context)
  const { decode, map } = await measureMapping(toProtobuf('traces', otlpRequest()))
  return [
    ...figures,
    { name: 'decoding alone', value: decode, unit: 'µs/span' },
    { name: 'from decoded spans to steps, not stored', value: map, unit: 'µs/span' },
    { name: 'decoding and making steps / decoding', value: (decode + map) / decode, unit: '', goal: 'at most 2' },
  ]
}

const ORPHANS = 1_000_000

/** Resident memory over spans whose parents never come: each request is about traces of its own. */
export async function benchOrphans({ engine, places }: Context): Promise<Figure[]> {
  const body = toProtobuf('traces', orphanRequest())
  const server = await startServer(await places.make(engine))
  const memory: number[] = []
  let sent = 0
  const bodies = (function* () {
    while (sent < ORPHANS) {
      if (sent % (100 * SPANS_IN_REQUEST) === 0) memory.push(server.memory())
      sent += SPANS_IN_REQUEST
      yield renewed(body, sent / SPANS_IN_REQUEST)
    }
  })()
  await sendAll({ url: `${server.url}/v1/traces`, type: TYPE, bodies, connections: 16, seconds: Infinity, retry: true })
  memory.push(server.memory())
  await server.stop()
  // Warm from the first fifth on.
  const warm = memory.slice(Math.floor(memory.length / 5))
  return [
    { name: `spans whose parents never come`, value: sent, unit: 'spans' },
    { name: 'memory when warm', value: warm[0] ?? Number.NaN, unit: 'MiB' },
    { name: 'growth until the end', value: (warm.at(-1) ?? 0) - (warm[0] ?? 0), unit: 'MiB', goal: 'at most 50' },
  ]
}

/** The same request again and again, each time about other traces. */
function* generations(body: Buffer): Generator<Buffer> {
  for (let generation = 1; ; generation++) yield renewed(body, generation)
}
