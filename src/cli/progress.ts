/** Progress bars on standard error, where somebody sits before it. */
import { basename } from 'node:path'
import { Presets, SingleBar } from 'cli-progress'
import type { CopyProgress } from '../copy/copy.ts'
import type { ExportProgress } from '../out/export/exporter.ts'
import type { ImportProgress } from '../in/import/importer.ts'
import { count, oneLine } from './output.ts'

export interface ProgressView<P> {
  readonly update: (progress: P) => void
  /** Takes the bar away. */
  readonly stop: () => void
}

/** @param toStdout the export itself goes to standard output: no bar when both are the same terminal */
export function exportBar(toStdout: boolean): ProgressView<ExportProgress> {
  const bar = barOf('{steps} steps, {size}', toStdout && process.stdout.isTTY)
  if (!bar) return silent()
  bar.start(1, 0, { steps: '0', size: '0 MB' })
  return {
    update: ({ steps, bytes }) => bar.update(0, { steps: count(steps), size: `${(bytes / 1e6).toFixed(1)} MB` }),
    stop: () => bar.stop(),
  }
}

export interface ImportCounts {
  created: number
  merged: number
}

/** @param counts what was recorded so far, over all files */
export function importBar(counts: ImportCounts): ProgressView<ImportProgress> {
  const bar = barOf('{bar} {place} {file}  {doing} {read} · {created} new, {merged} there already', false)
  if (!bar) return silent()
  bar.start(100, 0, { place: '', file: '', doing: '', read: '', created: '0', merged: '0' })
  return {
    update(progress) {
      const { file, fileIndex, files, phase, unit } = progress
      bar.update(percentOf(progress), {
        place: `${fileIndex + 1}/${files}`,
        file: shortName(file),
        doing: phase === 'check' ? 'checks' : 'records',
        read: `${count(progress.count)} ${unit}`,
        created: count(counts.created),
        merged: count(counts.merged),
      })
    },
    stop: () => bar.stop(),
  }
}

export function copyBar(): ProgressView<CopyProgress> {
  const bar = barOf('{bar} {project}  {doing} {steps} steps', false)
  if (!bar) return silent()
  bar.start(100, 0, { project: '', doing: '', steps: '0' })
  return {
    update: ({ phase, project, steps, fraction }) =>
      // Each project is walked twice, once to copy it and once to check it.
      bar.update((phase === 'copy' ? fraction : 1 + fraction) * 50, {
        project: oneLine(project),
        doing: phase === 'copy' ? 'copies' : 'checks',
        steps: count(steps),
      }),
    stop: () => bar.stop(),
  }
}

/** A file is read twice, once to check it and once to record it. */
function percentOf({ phase, bytes, size }: ImportProgress): number {
  const read = size === 0 ? 1 : Math.min(bytes / size, 1)
  return (phase === 'check' ? read : 1 + read) * 50
}

const LONGEST_NAME = 40

function shortName(file: string): string {
  const name = oneLine(basename(file))
  return name.length > LONGEST_NAME ? `…${name.slice(1 - LONGEST_NAME)}` : name
}

function barOf(format: string, hidden: boolean): SingleBar | undefined {
  if (hidden || !process.stderr.isTTY) return undefined
  const options = {
    format,
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
    barsize: 20,
    linewrap: false,
  }
  return new SingleBar(options, Presets.shades_classic)
}

function silent<P>(): ProgressView<P> {
  return { update() {}, stop() {} }
}
