/** OTLP in: spans a second into steps on disk, what of it is decoding, and memory while ancestors never arrive. */
import type { StoreAddress } from '../src/store/open.ts'
import { toProtobuf } from '../test/otlp/support.ts'
import { measureMapping } from './otlp-map.ts'
import { orphanRequest, otlpRequest, renewed, SPANS_IN_REQUEST } from './otlp-workload.ts'
import type { Engine, Places } from './places.ts'
import type { Figure } from './report.ts'
import { sendAll } from './send.ts'
import { startServer } from './server.ts'

const SECONDS = 10
const CONNECTIONS = 16

export async function benchOtlp(engine: Engine, places: Places): Promise<Figure[]> {
  const body = toProtobuf('traces', otlpRequest())
  const server = await startServer(await places.make(engine))
  let generation = 0
  const bodies = (function* () {
    for (;;) yield renewed(body, (generation += 1))
  })()
  const latencies = await sendSpans(server.url, bodies, SECONDS)
  const perSecond = (latencies.length * SPANS_IN_REQUEST) / SECONDS
  const memory = server.memory()
  await server.stop()
  const { decode, map } = await measureMapping(body)
  return [
    {
      name: `spans of ${Math.round(body.length / SPANS_IN_REQUEST)} bytes, protobuf`,
      value: Math.round(perSecond),
      unit: 'spans/s',
      latencies,
      memory,
      goal: 'at least 10,000',
    },
    { name: 'decoding alone', value: decode, unit: 'µs/span' },
    { name: 'from decoded spans to steps, not stored', value: map, unit: 'µs/span' },
    { name: 'decoding and making steps / decoding', value: (decode + map) / decode, unit: '', goal: 'at most 2' },
  ]
}

/** Resident memory over spans whose parents never come: each request is about traces of its own. */
export async function benchOrphans(address: StoreAddress, spans: number): Promise<Figure[]> {
  const body = toProtobuf('traces', orphanRequest())
  const server = await startServer(address)
  const memory: number[] = []
  let sent = 0
  const bodies = (function* () {
    while (sent < spans) {
      if (sent % (100 * SPANS_IN_REQUEST) === 0) memory.push(server.memory())
      sent += SPANS_IN_REQUEST
      yield renewed(body, sent / SPANS_IN_REQUEST)
    }
  })()
  await sendSpans(server.url, bodies, Infinity)
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

function sendSpans(url: string, bodies: Iterator<Buffer>, seconds: number): Promise<number[]> {
  return sendAll({ url: `${url}/v1/traces`, type: 'application/x-protobuf', bodies, connections: CONNECTIONS, seconds })
}
