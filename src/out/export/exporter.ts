/** Writes an export: a line that says what it is, then a step a line, no faster than it is taken away. */
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import type { StepFilters } from '../../domain/step-query.ts'
import type { StepReader } from '../../store/store.ts'
import { EXPORT_HEADER, recordOf } from './record.ts'

/** Steps that are in memory at once. */
const PAGE = 100

export interface ExportProgress {
  steps: number
  bytes: number
}

/** The steps of a ledger as records, oldest first, with all their traces. */
export async function* recordsOf(read: StepReader, project: string, filters: StepFilters): AsyncGenerator<string> {
  let after: string | undefined
  for (;;) {
    const page = { order: 'asc' as const, limit: PAGE, ...(after !== undefined && { after }) }
    const rows = await read.listSteps({ project, filters, page })
    // One step's traces at a time: a single one may hold a request of megabytes.
    for (const row of rows) yield recordOf(row, await read.getTraces(project, row.id))
    after = rows.at(-1)?.id
    if (after === undefined) return
  }
}

/**
 * Writes the records to a stream, which is left open.
 * @throws what the stream fails with, such as EPIPE when nobody reads any more
 */
export async function writeExport(
  records: AsyncIterable<string>,
  out: Writable,
  onProgress: (progress: ExportProgress) => void = () => {},
): Promise<ExportProgress> {
  const progress: ExportProgress = { steps: 0, bytes: 0 }
  const lines = new LineWriter(out)
  await lines.write(EXPORT_HEADER)
  for await (const record of records) {
    await lines.write(record)
    progress.steps++
    progress.bytes += Buffer.byteLength(record) + 1
    onProgress(progress)
  }
  await lines.flush()
  return progress
}

/** Lines to a stream with backpressure; a failure of the stream ends the next call. */
class LineWriter {
  private failure: Error | undefined
  private readonly out: Writable

  constructor(out: Writable) {
    this.out = out
    out.on('error', (error: Error) => (this.failure ??= error))
  }

  async write(line: string): Promise<void> {
    if (this.failure) throw this.failure
    if (!this.out.write(`${line}\n`)) await once(this.out, 'drain')
  }

  /** Resolves when the stream has taken everything. */
  flush(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.out.write('', (error) => (error ? reject(error) : resolve()))
    })
  }
}
