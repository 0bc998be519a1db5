/** Requests from bytes: the same result from both encodings (mapping, sections 1 and 2). */
import type { DecodedLogs, DecodedSpans } from './intake.ts'
import { logsFromJson, spansFromJson } from './json.ts'
import { logsFromProtobuf, spansFromProtobuf } from './protobuf.ts'

export type { DecodedLogs, DecodedSpans } from './intake.ts'
export type Encoding = 'protobuf' | 'json'

/**
 * @param body an `ExportTraceServiceRequest`, not compressed; empty = no spans
 * @throws LedgerError `invalid` when the whole body is unusable, `too_large` when it holds too many parts
 */
export function decodeSpans(body: Uint8Array, encoding: Encoding): DecodedSpans {
  return encoding === 'json' ? spansFromJson(body) : spansFromProtobuf(body)
}

/**
 * @param body an `ExportLogsServiceRequest`, not compressed; empty = no records
 * @throws LedgerError `invalid` when the whole body is unusable, `too_large` when it holds too many parts
 */
export function decodeLogs(body: Uint8Array, encoding: Encoding): DecodedLogs {
  return encoding === 'json' ? logsFromJson(body) : logsFromProtobuf(body)
}
