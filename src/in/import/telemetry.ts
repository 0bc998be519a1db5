/** Imports telemetry: requests are not steps yet, and one step may need several of them. */
import { LedgerError } from '../../domain/errors.ts'
import type { Scope } from '../../ledger.ts'
import type { Ingest, IngestResult, Made } from '../otlp/ingest.ts'
import { countRejected, describeRejected, type Rejected } from '../otlp/rejected.ts'
import { decodeLogs, decodeSpans, type DecodedLogs, type DecodedSpans } from '../otlp/wire/decode.ts'
import type { SourceFile, TelemetryFormat, TelemetryRequest } from './format.ts'

/** A batch ends at either. */
const BATCH_ITEMS = 512
const BATCH_BYTES = 4 * 1024 * 1024

/** Keeps requests of spans and log records durably; the same ones again change nothing. */
export type Receive = (requests: readonly TelemetryRequest[]) => Promise<Received>

export interface Received extends Made {
  /** Spans and log records. */
  readonly rejected: number
}

/** What came of a file of telemetry. */
export interface TelemetryReport extends Received {
  requests: number
  /** Requests of metrics, which are not kept. */
  metrics: number
  /** Spans and log records, refused ones included. */
  received: number
  /** What was refused and why, in words; null = nothing was. */
  refused: string | null
}

/** The sum of what several requests came to. */
export function addReceived<T extends Received>(sum: T, more: Received): T {
  const added = { ...sum }
  for (const name of ['created', 'updated', 'folded', 'duplicates', 'rejected'] as const) {
    Object.assign(added, { [name]: sum[name] + more[name] })
  }
  return added
}

export const NOTHING_RECEIVED: Received = { created: 0, updated: 0, folded: 0, duplicates: 0, rejected: 0 }

/** Into a ledger of this process. What arrives together is written together. */
export function receiveInto(ingest: Ingest, scope: Scope): Receive {
  return async (requests) => {
    // All is decoded before anything is written: of what is broken nothing must be there.
    const spans = requests.flatMap((request) => (request.signal === 'traces' ? [spansOf(request)] : []))
    const logs = requests.flatMap((request) => (request.signal === 'logs' ? [recordsOf(request)] : []))
    const results: IngestResult[] = []
    const refused = (all: readonly { rejected: Rejected[] }[]) => all.flatMap(({ rejected }) => rejected)
    if (spans.length > 0) {
      results.push(
        await ingest.spans(scope, () => ({ spans: spans.flatMap((each) => each.spans), rejected: refused(spans) })),
      )
    }
    if (logs.length > 0) {
      results.push(
        await ingest.logs(scope, () => ({ records: logs.flatMap((each) => each.records), rejected: refused(logs) })),
      )
    }
    return results.reduce((sum, { made, rejected }) => addReceived(sum, { ...made, rejected }), NOTHING_RECEIVED)
  }
}

const spansOf = ({ bytes, encoding }: TelemetryRequest): DecodedSpans => decodeSpans(bytes, encoding)
const recordsOf = ({ bytes, encoding }: TelemetryRequest): DecodedLogs => decodeLogs(bytes, encoding)

/** @param progress is told how many spans and records were read so far */
type Progress = (items: number) => void

/**
 * Reads the whole file, so that nothing is kept of one that is broken further down.
 * @throws LedgerError naming the line
 */
export async function checkTelemetry(
  file: SourceFile,
  format: TelemetryFormat,
  progress: Progress,
): Promise<TelemetryReport> {
  const [refusals, report] = [[] as Rejected[], { requests: 0, metrics: 0, received: 0 }]
  for await (const request of format.requests(file)) {
    report.requests++
    if (request.signal === 'metrics') report.metrics++
    const { items, rejected } = contentsOf(request)
    refusals.push(...rejected)
    report.received += items
    progress(report.received)
  }
  const byReason = Map.groupBy(refusals, ({ reason }) => reason)
  const together = [...byReason.values()].map((same) => ({ ...same[0], count: countRejected(same) }) as Rejected)
  return { ...NOTHING_RECEIVED, ...report, refused: describeRejected(together) }
}

/** Sends the requests on, several at once. */
export async function recordTelemetry(
  file: SourceFile,
  format: TelemetryFormat,
  receive: Receive,
  progress: (items: number, received: Received) => void,
): Promise<void> {
  let [batch, items, bytes, total]: [TelemetryRequest[], number, number, number] = [[], 0, 0, 0]
  const flush = async () => {
    if (batch.length === 0) return
    const received = await receive(batch)
    total += items
    progress(total, received)
    batch = []
    items = bytes = 0
  }
  for await (const request of format.requests(file)) {
    if (request.signal === 'metrics') continue
    batch.push(request)
    items += contentsOf(request).items
    bytes += request.bytes.length
    if (items >= BATCH_ITEMS || bytes >= BATCH_BYTES) await flush()
  }
  await flush()
}

/** How much a request holds. @throws LedgerError with the place in the file in front */
function contentsOf(request: TelemetryRequest): { items: number; rejected: Rejected[] } {
  try {
    if (request.signal === 'metrics') return { items: 0, rejected: [] }
    const { rejected, ...taken } = request.signal === 'traces' ? spansOf(request) : recordsOf(request)
    const { length } = 'spans' in taken ? taken.spans : taken.records
    return { items: length + countRejected(rejected), rejected }
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error
    const said = error.issues[0]?.msg ?? error.message
    throw new LedgerError(error.code, request.where === '' ? said : `${request.where}: ${said}`, { cause: error })
  }
}
