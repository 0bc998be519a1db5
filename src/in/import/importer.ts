/** Imports files: reads and checks each one whole, and only then records it. */
import { readdirSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { LedgerError } from '../../domain/errors.ts'
import type { StepInput } from '../../domain/step.ts'
import type { ImportFormat, SourceFile, TelemetryFormat } from './format.ts'
import { FORMATS, TELEMETRY_FORMATS } from './formats/index.ts'
import { placeOf } from './place.ts'
import { openSourceFile } from './source-file.ts'
import { addReceived, checkTelemetry, recordTelemetry, type Receive, type TelemetryReport } from './telemetry.ts'

/** A batch ends at either. */
const BATCH_STEPS = 500
const BATCH_BYTES = 4 * 1024 * 1024
/** Progress is told once in so many steps. */
const PROGRESS_STEPS = 100

export interface ImportProgress {
  file: string
  /** From 0. */
  fileIndex: number
  files: number
  phase: 'check' | 'record'
  /** Steps of this file so far in this phase; of telemetry, spans and log records. */
  count: number
  unit: 'steps' | 'spans and records'
  /** Bytes of this file read so far, and its size. */
  bytes: number
  size: number
}

export interface ImportOptions {
  /** Checks a step as the API would. @throws LedgerError */
  check(input: unknown): StepInput
  /** Records steps, all or none. A step whose id is known already is merged into it. */
  record(steps: StepInput[]): Promise<{ created: number; merged: number }>
  /** Keeps telemetry; without it files of telemetry are of no known format. */
  receive?: Receive
  onProgress?: (progress: ImportProgress) => void
  /** The name of a format, instead of finding it out. */
  format?: string
}

export interface FileReport {
  path: string
  format: string | null
  /** Null for telemetry: which runs it is part of shows in the ledger. */
  runs: number | null
  steps: number
  created: number
  merged: number
  /** Steps per model; steps without a model are counted under `unknown`. */
  models: Record<string, number>
  toolCalls: number
  /** What came of a file of telemetry, whose steps are those that it made; null for all other files. */
  telemetry: TelemetryReport | null
  /** What is wrong and where; then nothing of this file was recorded, unless `created` or `merged` say so. */
  error: string | null
}

export interface ImportReport {
  files: FileReport[]
  /** Files found in a directory that are of no known format. */
  skipped: string[]
  runs: number
  steps: number
  created: number
  merged: number
  /** How many files have an error. */
  failed: number
}

/**
 * Imports files and directories (walked in name order). A file with an error leaves the ledger as it was;
 * the others go on.
 * @throws LedgerError `invalid` when the format asked for does not exist
 */
export async function importFiles(paths: string[], options: ImportOptions): Promise<ImportReport> {
  const formats: readonly AnyFormat[] = [...FORMATS, ...(options.receive ? TELEMETRY_FORMATS : [])]
  const forced = options.format === undefined ? undefined : formatNamed(options.format, formats)
  const found = paths.flatMap((path) => filesAt(path))
  const files: FileReport[] = []
  const skipped: string[] = []
  for (const [fileIndex, { path, isNamed, problem }] of found.entries()) {
    const report = emptyReport(path)
    try {
      if (problem !== undefined) throw problem
      const file = openSourceFile(path)
      const format = forced ?? formats.find((each) => each.detect(file))
      if (!format && !isNamed) {
        skipped.push(path)
        continue
      }
      if (!format)
        throw new LedgerError(
          'invalid',
          `not a recording of a known format (${formats.map((each) => each.name).join(', ')})`,
        )
      report.format = format.name
      const unit = 'steps' in format ? 'steps' : 'spans and records'
      const place = { file: path, fileIndex, files: found.length, unit } as const
      const progress = (phase: ImportProgress['phase']) => (count: number) =>
        options.onProgress?.({ ...place, phase, count, bytes: file.position, size: file.size })
      if ('steps' in format) {
        await checkFile(file, format, report, options, progress('check'))
        await recordFile(file, format, report, options, progress('record'))
      } else await receiveFile(file, format, report, options, progress)
    } catch (error) {
      report.error = (error as Error).message
    }
    files.push(report)
  }
  const total = (key: 'runs' | 'steps' | 'created' | 'merged'): number =>
    files.reduce((sum, file) => sum + (file[key] ?? 0), 0)
  return {
    files,
    skipped,
    runs: total('runs'),
    steps: total('steps'),
    created: total('created'),
    merged: total('merged'),
    failed: files.filter((file) => file.error !== null).length,
  }
}

type AnyFormat = ImportFormat | TelemetryFormat

function formatNamed(name: string, formats: readonly AnyFormat[]): AnyFormat {
  const format = formats.find((each) => each.name === name)
  if (format) return format
  throw new LedgerError('invalid', `format: '${name}' is none of ${formats.map((each) => each.name).join(', ')}`)
}

interface FoundFile {
  path: string
  /** Named by the user, not found in a directory. */
  isNamed: boolean
  problem?: Error
}

function filesAt(path: string, isNamed = true, above: readonly string[] = []): FoundFile[] {
  try {
    const found = statSync(path)
    // A named pipe has no end to look for, and its text can be read only once: two passes need a file.
    if (!found.isDirectory() && !found.isFile()) throw new Error('is not a regular file; save it as one first')
    if (found.isFile()) return [{ path, isNamed }]
    const here = realpathSync(path)
    // A link to a directory that it stands in would lead in a circle.
    if (above.includes(here)) return []
    const names = readdirSync(path).sort()
    return names.flatMap((name) => filesAt(join(path, name), false, [...above, here]))
  } catch (error) {
    return [{ path, isNamed, problem: error as Error }]
  }
}

function emptyReport(path: string): FileReport {
  const nothing = { runs: 0, steps: 0, created: 0, merged: 0, models: {}, toolCalls: 0, telemetry: null, error: null }
  return { path, format: null, ...nothing }
}

/** Reads the whole file and counts it, so that nothing is recorded of one that is broken further down. */
async function checkFile(
  file: SourceFile,
  format: ImportFormat,
  report: FileReport,
  options: ImportOptions,
  progress: (steps: number) => void,
): Promise<void> {
  const runs = new Set<string>()
  const ids = new Set<string>()
  let steps = 0
  const models = new Map<string, number>()
  for await (const raw of format.steps(file)) {
    const step = checked(raw, options)
    steps++
    if (!format.merges && step.id != null) {
      if (ids.has(step.id))
        throw new LedgerError('invalid', `${placeOf(raw) ?? ''}: the id ${step.id} occurs twice in this file`)
      ids.add(step.id)
    }
    const run = step.run_id ?? step.job_id
    if (run != null) runs.add(run)
    const model = step.model ?? 'unknown'
    models.set(model, (models.get(model) ?? 0) + 1)
    report.toolCalls += toolCallsOf(step)
    if (steps % PROGRESS_STEPS === 0) progress(steps)
  }
  report.models = Object.fromEntries(models)
  report.runs = runs.size
  report.steps = steps
  progress(steps)
}

async function recordFile(
  file: SourceFile,
  format: ImportFormat,
  report: FileReport,
  options: ImportOptions,
  progress: (steps: number) => void,
): Promise<void> {
  const weights = new WeakMap<object, number>()
  let batch: StepInput[] = []
  let weight = 0
  let steps = 0
  async function flush(): Promise<void> {
    if (batch.length === 0) return
    const { created, merged } = await options.record(batch)
    report.created += created
    report.merged += merged
    steps += batch.length
    batch = []
    weight = 0
    progress(steps)
  }
  for await (const raw of format.steps(file)) {
    const step = checked(raw, options)
    const added = weigh(step, weights)
    if (batch.length >= BATCH_STEPS || weight + added > BATCH_BYTES) await flush()
    batch.push(step)
    weight += added
  }
  await flush()
}

async function receiveFile(
  file: SourceFile,
  format: TelemetryFormat,
  report: FileReport,
  { receive }: ImportOptions,
  progress: (phase: ImportProgress['phase']) => (count: number) => void,
): Promise<void> {
  if (!receive) throw new Error('telemetry has nowhere to go')
  report.runs = null
  report.telemetry = await checkTelemetry(file, format, progress('check'))
  await recordTelemetry(file, format, receive, (count, received) => {
    const telemetry = addReceived(report.telemetry as TelemetryReport, received)
    const made = Math.max(0, telemetry.created - telemetry.folded)
    Object.assign(report, { telemetry, steps: made, created: made, merged: telemetry.updated })
    progress('record')(count)
  })
}

/** @throws LedgerError with the place in the file in front */
function checked(raw: StepInput, options: ImportOptions): StepInput {
  try {
    return options.check(raw)
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error
    const where = placeOf(raw)
    const joint = where?.endsWith(': ') ? '' : ': '
    throw new LedgerError(error.code, where ? `${where}${joint}${error.message}` : error.message, {
      issues: error.issues,
      cause: error,
    })
  }
}

/** The tool calls that a step's own inference made. */
function toolCallsOf(step: StepInput): number {
  return (step.messages ?? []).reduce((sum, message) => sum + (message.tool_calls?.length ?? 0), 0)
}

/** About how many bytes a value is as JSON. What several steps share (a history's messages) is weighed once. */
function weigh(value: unknown, weights: WeakMap<object, number>): number {
  if (typeof value === 'string') return value.length + 2
  if (typeof value !== 'object' || value === null) return 8
  const known = weights.get(value)
  if (known !== undefined) return known
  let total = 2
  for (const key in value) total += key.length + 4 + weigh((value as Record<string, unknown>)[key], weights)
  weights.set(value, total)
  return total
}
