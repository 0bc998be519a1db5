/** `stepledger export [FILE]` */
import { createWriteStream } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { finished } from 'node:stream/promises'
import { STEP_FILTERS } from '../domain/step-query.ts'
import { recordsOf, writeExport, type ExportProgress } from '../out/export/exporter.ts'
import { UsageError } from './errors.ts'
import { remoteRecords } from './export-remote.ts'
import { HttpClient } from './http-client.ts'
import { scopeOf, withLedger } from './local-ledger.ts'
import { remoteOf, settingsOf, type FilterOptions, type SourceOptions } from './options.ts'
import { counted, note } from './output.ts'
import { exportBar } from './progress.ts'
import { checkedFilters, filterQuery } from './query.ts'

/** @param path where to write; none or `-` is standard output */
export async function exportCommand(path: string | undefined, options: SourceOptions & FilterOptions): Promise<void> {
  const file = path === '-' ? undefined : path
  const query = filterQuery(STEP_FILTERS, options)
  const filters = checkedFilters(STEP_FILTERS, query)
  const settings = settingsOf(options)
  const remote = remoteOf(options)
  if (remote) return writeTo(file, remoteRecords(new HttpClient(remote, options.project), query))
  await withLedger(settings, { create: false }, async (ledger) => {
    const { project } = await scopeOf(ledger, options.project)
    await writeTo(file, recordsOf(ledger.read, project, filters))
  })
}

async function writeTo(file: string | undefined, records: AsyncIterable<string>): Promise<void> {
  const bar = exportBar(file === undefined)
  try {
    if (file === undefined) await writeExport(records, process.stdout, bar.update)
    else await writeFile(file, records, bar.update)
  } finally {
    bar.stop()
  }
}

/** Writes beside the file and renames, so that the file is never half an export. */
async function writeFile(
  file: string,
  records: AsyncIterable<string>,
  onProgress: (at: ExportProgress) => void,
): Promise<void> {
  if ((await stat(file).catch(() => undefined))?.isDirectory()) {
    throw new UsageError(`FILE: ${file} is a directory; name a file in it`)
  }
  const part = `${file}.part`
  const out = createWriteStream(part, { flush: true, mode: 0o600 })
  try {
    const { steps } = await writeExport(records, out, onProgress)
    out.end()
    await finished(out)
    await rename(part, file)
    note(`Wrote ${counted(steps, 'step')} to ${file}`)
  } catch (error) {
    out.destroy()
    await rm(part, { force: true })
    throw error
  }
}
