/** Where decoded telemetry goes: the one thing that the OTLP routes call. */
import type { Signal } from '../../domain/ingest.ts'
import type { Scope } from '../../ledger.ts'
import type { DecodedLogs, DecodedSpans } from './wire/decode.ts'

/** What a request made of the ledger. */
export interface Made {
  readonly created: number
  /** Steps that were there and learned something. */
  readonly updated: number
  /** Steps that went because they are a second view of another one. */
  readonly folded: number
  /** Spans or records that were there already. */
  readonly duplicates: number
}

export interface IngestResult {
  /** How many spans or records of the request are not kept, those refused while decoding included. */
  readonly rejected: number
  /** What to tell the exporter's developer, with or without rejections; null = nothing. */
  readonly message: string | null
  readonly made: Made
}

export const NOTHING_MADE: Made = { created: 0, updated: 0, folded: 0, duplicates: 0 }

/**
 * Resolves when everything is durable: only then is the exporter told so (mapping, section 1.2).
 * @throws LedgerError `unavailable` when the exporter shall send the same again later. Any other error that is not the
 *   request's fault is answered as `unavailable` too, because a 500 would make the exporter throw its data away.
 */
export interface Ingest {
  /**
   * @param read decodes the request; asked again when it has to be written anew, so that it need not be kept while the
   *   disk is waited for. What it throws is thrown.
   */
  spans(scope: Scope, read: () => DecodedSpans): Promise<IngestResult>
  logs(scope: Scope, read: () => DecodedLogs): Promise<IngestResult>
  /** Counts a request that could not be read at all. @param why what the exporter was told */
  unreadable(scope: Scope, signal: Signal, why: string): Promise<void>
}
