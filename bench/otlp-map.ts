/** What decoding costs, and what making steps of what was decoded costs on top, without storage. */
import { makeIngest } from '../src/in/otlp/recorder.ts'
import { decodeSpans } from '../src/in/otlp/wire/decode.ts'
import { makeLedger } from '../src/ledger.ts'
import type { Store } from '../src/store/store.ts'
import { renewed, SPANS_IN_REQUEST } from './otlp-workload.ts'
import { median } from './report.ts'

/** Nothing is there, and what is written is taken and thrown away. */
const NOWHERE = {
  read: { getTelemetry: () => Promise.resolve([]), getTelemetryContent: () => Promise.resolve(new Map()) },
  write: { derive: () => Promise.resolve([]) },
} as unknown as Store

const SCOPE = { project: 'default', projectId: null }

/** Microseconds per span, in turns so that both see the same machine. */
export async function measureMapping(body: Buffer, rounds = 30): Promise<{ decode: number; map: number }> {
  const ingest = makeIngest(makeLedger(NOWHERE))
  const decoding: number[] = []
  const mapping: number[] = []
  for (let round = 0; round < rounds; round++) {
    const bytes = renewed(body, round + 1)
    const start = performance.now()
    const { spans, rejected } = decodeSpans(bytes, 'protobuf')
    const decoded = performance.now()
    await ingest.spans(SCOPE, () => ({ spans, rejected }))
    const mapped = performance.now()
    if (round < rounds / 3) continue
    decoding.push(((decoded - start) * 1000) / SPANS_IN_REQUEST)
    mapping.push(((mapped - decoded) * 1000) / SPANS_IN_REQUEST)
  }
  return { decode: median(decoding), map: median(mapping) }
}
