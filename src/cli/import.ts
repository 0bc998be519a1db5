/** `stepledger import PATH…` */
import { LedgerError } from '../domain/errors.ts'
import { importFiles, type FileReport, type ImportReport } from '../in/import/importer.ts'
import type { TelemetryReport } from '../in/import/telemetry.ts'
import { checkStepInput } from '../schema/step-input.ts'
import { EXIT, UsageError, type ExitCode } from './errors.ts'
import { withTarget, type ImportTarget } from './import-target.ts'
import type { SourceOptions } from './options.ts'
import { colorsOf, complain, count, counted, note, plain, print, widthOf } from './output.ts'
import { importBar } from './progress.ts'
import { TablePrinter, type Column } from './table.ts'

export type ImportCommandOptions = SourceOptions & { format?: string; json?: boolean }

/** Imports, tells what came of each file, and fails when one of them did. */
export async function importCommand(paths: string[], options: ImportCommandOptions): Promise<ExitCode> {
  const report = await withTarget(options, (target) => importInto(target, paths, options.format))
  if (options.json) await print(`${JSON.stringify(report, null, 2)}\n`)
  else await tell(report)
  const isEmpty = report.files.length === 0
  if (isEmpty) complain('Nothing was found to import: no file of a known format is there (docs/import.md names them)')
  return isEmpty || report.failed > 0 ? EXIT.failed : EXIT.ok
}

async function importInto(given: ImportTarget, paths: string[], format: string | undefined): Promise<ImportReport> {
  const counts = { created: 0, merged: 0 }
  const bar = importBar(counts)
  const target = stopAfterFailure(given)
  try {
    return await importFiles(paths, {
      check: (input) => checkStepInput(input, []),
      async record(steps) {
        const outcome = await target.record(steps)
        counts.created += outcome.created
        counts.merged += outcome.merged
        return outcome
      },
      async receive(requests) {
        const received = await target.receive(requests)
        counts.created += received.created - received.folded
        counts.merged += received.updated
        return received
      },
      onProgress: bar.update,
      ...(format !== undefined && { format }),
    })
  } catch (error) {
    throw error instanceof LedgerError && error.code === 'invalid' ? new UsageError(`--${error.message}`) : error
  } finally {
    bar.stop()
  }
}

/** Codes of errors that the next file would meet as well: no room, no server, no right. */
const LASTING = new Set(['unavailable', 'unauthenticated', 'forbidden', 'not_found'])

/** Once the ledger itself failed, the other files fail at once instead of waiting for it one after another. */
function stopAfterFailure(target: ImportTarget): ImportTarget {
  let failure: LedgerError | undefined
  const guarded =
    <In, Out>(work: (input: In) => Promise<Out>) =>
    async (input: In): Promise<Out> => {
      if (failure) throw failure
      try {
        return await work(input)
      } catch (error) {
        if (error instanceof LedgerError && LASTING.has(error.code)) failure = error
        throw error
      }
    }
  return { record: guarded(target.record), receive: guarded(target.receive) }
}

/** Skipped files that are named. */
const SHOWN_SKIPPED = 5

const COLUMNS: readonly Column<FileReport>[] = [
  { title: 'FORMAT', text: ({ format }) => format ?? '?', paint: (cell, colors) => colors.cyan(cell) },
  { title: 'FILE', text: ({ path }) => path, min: 20 },
  { title: 'RUNS', text: ({ runs }) => count(runs ?? 0), align: 'right' },
  { title: 'STEPS', text: ({ steps }) => count(steps), align: 'right' },
  { title: 'NEW', text: ({ created }) => count(created), align: 'right' },
  { title: 'THERE ALREADY', text: ({ merged }) => count(merged), align: 'right' },
]

interface TelemetryFile extends TelemetryReport {
  path: string
}

const TELEMETRY_COLUMNS: readonly Column<TelemetryFile>[] = [
  { title: 'TELEMETRY', text: ({ path }) => path, min: 20 },
  { title: 'REQUESTS', text: ({ requests }) => count(requests), align: 'right' },
  { title: 'RECEIVED', text: ({ received }) => count(received), align: 'right' },
  { title: 'STEPS MADE', text: ({ created }) => count(created), align: 'right' },
  { title: 'UPDATED', text: ({ updated }) => count(updated), align: 'right' },
  { title: 'FOLDED', text: ({ folded }) => count(folded), align: 'right' },
  { title: 'DUPLICATES', text: ({ duplicates }) => count(duplicates), align: 'right' },
  { title: 'REJECTED', text: ({ rejected }) => count(rejected), align: 'right' },
]

async function tellTelemetry(files: readonly FileReport[]): Promise<void> {
  const found = files.flatMap(({ path, telemetry }) => (telemetry ? [{ path, ...telemetry }] : []))
  if (found.length === 0) return
  await print(new TablePrinter(TELEMETRY_COLUMNS, widthOf(process.stdout), colorsOf(process.stdout)).page(found))
  for (const { path, refused, metrics } of found) {
    if (refused !== null) note(plain(`${path}: ${refused}`))
    if (metrics > 0) note(plain(`${path}: metrics are not kept (${counted(metrics, 'request')})`))
  }
}

async function tell(report: ImportReport): Promise<void> {
  const { files, skipped, steps, created, merged } = report
  const table = new TablePrinter(COLUMNS, widthOf(process.stdout), colorsOf(process.stdout))
  const plainFiles = files.filter(({ telemetry }) => telemetry === null)
  if (plainFiles.length > 0) await print(table.page(plainFiles))
  await tellTelemetry(files)
  for (const { path, error } of files) if (error !== null) complain(plain(`${path}: ${error}`))
  if (skipped.length > 0) {
    note(`Skipped ${counted(skipped.length, 'file')} of no known format:`)
    for (const path of skipped.slice(0, SHOWN_SKIPPED)) note(`  ${plain(path)}`)
    if (skipped.length > SHOWN_SKIPPED) note(`  and ${count(skipped.length - SHOWN_SKIPPED)} more (--json names all)`)
  }
  if (files.length > 1) note(`${counted(steps, 'step')}: ${count(created)} new, ${count(merged)} there already`)
}
