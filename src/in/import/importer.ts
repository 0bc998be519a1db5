/** Imports files: reads and checks each one whole, and only then records it. */
import { readdirSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { LedgerError } from '../../domain/errors.ts'
import type { StepInput } from '../../domain/step.ts'
import type { ImportFormat, SourceFile } from './format.ts'
import { FORMATS } from './formats/index.ts'
import { placeOf } from './place.ts'
import { openSourceFile } from './source-file.ts'

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
  /** Steps of this file so far in this phase. */
  steps: number
  /** Bytes of this file read so far, and its size. */
  bytes: number
  size: number
}

export interface ImportOptions {
  /** Checks a step as the API would. @throws LedgerError */
  check(input: unknown): StepInput
  /** Records steps, all or none. A step whose id is known already is merged into it. */
  record(steps: StepInput[]): Promise<{ created: number; merged: number }>
  onProgress?: (progress: ImportProgress) => void
  /** The name of a format, instead of finding it out. */
  format?: string
}

export interface FileReport {
  path: string
  format: string | null
  runs: number
  steps: number
  created: number
  merged: number
  /** Steps per model; steps without a model are counted under `unknown`. */
  models: Record<string, number>
  toolCalls: number
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
  const forced = options.format === undefined ? undefined : formatNamed(options.format)
  const found = paths.flatMap((path) => filesAt(path))
  const files: FileReport[] = []
  const skipped: string[] = []
  for (const [fileIndex, { path, isNamed, problem }] of found.entries()) {
    const report = emptyReport(path)
    try {
      if (problem !== undefined) throw problem
      const file = openSourceFile(path)
      const format = forced ?? FORMATS.find((each) => each.detect(file))
      if (!format && !isNamed) {
        skipped.push(path)
        continue
      }
      if (!format)
        throw new LedgerError(
          'invalid',
          `not a recording of a known format (${FORMATS.map((each) => each.name).join(', ')})`,
        )
      report.format = format.name
      const progress = (phase: ImportProgress['phase'], steps: number): void =>
        options.onProgress?.({
          file: path,
          fileIndex,
          files: found.length,
          phase,
          steps,
          bytes: file.position,
          size: file.size,
        })
      await checkFile(file, format, report, options, (steps) => progress('check', steps))
      await recordFile(file, format, report, options, (steps) => progress('record', steps))
    } catch (error) {
      report.error = (error as Error).message
    }
    files.push(report)
  }
  const total = (key: 'runs' | 'steps' | 'created' | 'merged'): number =>
    files.reduce((sum, file) => sum + file[key], 0)
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

function formatNamed(name: string): ImportFormat {
  const format = FORMATS.find((each) => each.name === name)
  if (format) return format
  throw new LedgerError('invalid', `format: '${name}' is none of ${FORMATS.map((each) => each.name).join(', ')}`)
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
  return { path, format: null, runs: 0, steps: 0, created: 0, merged: 0, models: {}, toolCalls: 0, error: null }
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
