/** What an import format is: one file of code that turns one kind of recording into steps. */
import type { JsonValue } from '../../domain/exact-json.ts'
import type { StepInput } from '../../domain/step.ts'
import type { Signal } from '../../domain/ingest.ts'
import type { Encoding } from '../otlp/wire/decode.ts'

/** A file to import. Nothing is read before it is asked for. */
export interface SourceFile {
  readonly path: string
  /** The path's last part. */
  readonly name: string
  readonly size: number
  /** How many bytes have been read by `lines` so far, or the size once the file was read whole. */
  readonly position: number
  /** Whether it is compressed; what the others give is unpacked. */
  readonly isPacked: boolean
  /** The first 64 KiB: as text, or byte for byte (latin1) when they are not text. */
  head(): string
  /** The same as bytes. */
  headBytes(): Buffer<ArrayBuffer>
  /** All of it as text, without byte order mark. */
  text(): string
  /** All of it as one JSON value; read once. @throws LedgerError `invalid` naming line and column */
  json(): JsonValue
  bytes(): Buffer<ArrayBuffer>
  /** Line by line, for files larger than memory. Lines are counted from 1; empty ones are left out. */
  lines(): AsyncIterable<SourceLine>
}

export interface SourceLine {
  line: number
  text: string
}

interface Format {
  readonly name: string
  /** One line for `import --help` and the documentation. */
  readonly describe: string
  /** Whether a file is of this kind, judged by its head and name only: a broken file is of its kind, too. */
  detect(file: SourceFile): boolean
}

/** A recording that tells steps. */
export interface ImportFormat extends Format {
  /** A step's id may occur more than once in one file: the later one completes the earlier. */
  readonly merges?: boolean
  /**
   * The steps of a file, with ids derived from the source's own identities: the same file yields the same steps.
   * @throws LedgerError `invalid` naming the place, the value there and what is accepted
   */
  steps(file: SourceFile): Iterable<StepInput> | AsyncIterable<StepInput>
}

/** Spans and log records as exporters sent them, from which the ledger makes steps. */
export interface TelemetryFormat extends Format {
  /** @throws LedgerError `invalid` naming the place */
  requests(file: SourceFile): AsyncIterable<TelemetryRequest>
}

/** The body of one request, not compressed. */
export interface TelemetryRequest {
  signal: Signal | 'metrics'
  encoding: Encoding
  bytes: Buffer<ArrayBuffer>
  /** Where it stands: `line 3`; empty = it is the whole file. */
  where: string
}
