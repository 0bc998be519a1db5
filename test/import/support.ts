/** Files made on the spot, for the tests of the import. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { StepInput } from '../../src/domain/step.ts'
import { FORMATS } from '../../src/in/import/formats/index.ts'
import { importFiles, type ImportOptions } from '../../src/in/import/importer.ts'
import { openSourceFile } from '../../src/in/import/source-file.ts'
import { checkStepInput } from '../../src/schema/step-input.ts'
import { temporary } from '../support/temporary.ts'

/** Writes a file into a new directory and returns its path; anything but text and bytes as JSON. */
export function fileWith(name: string, content: unknown, folder = temporary()): string {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  const isRaw = typeof content === 'string' || content instanceof Uint8Array
  writeFileSync(path, isRaw ? content : JSON.stringify(content))
  return path
}

/** The steps of a file in the one format that claims it, checked as the API checks them. */
export async function read(path: string): Promise<{ format: string; steps: StepInput[] }> {
  const file = openSourceFile(path)
  const claims = FORMATS.filter((format) => format.detect(file))
  const [format] = claims
  if (!format || claims.length > 1)
    throw new Error(`claimed by ${claims.map((each) => each.name).join(', ') || 'none'}`)
  const steps: StepInput[] = []
  for await (const step of format.steps(file)) steps.push(checkStepInput(step, []))
  return { format: format.name, steps }
}

/** A ledger that only remembers what it was given. */
export class FakeLedger {
  readonly steps = new Map<string, StepInput>()
  readonly batches: number[] = []

  options(): ImportOptions {
    return {
      check: (input) => checkStepInput(input, []),
      record: (steps) => {
        this.batches.push(steps.length)
        const before = this.steps.size
        for (const step of steps) this.steps.set(step.id ?? '', step)
        const created = this.steps.size - before
        return Promise.resolve({ created, merged: steps.length - created })
      },
    }
  }

  import(...paths: string[]): ReturnType<typeof importFiles> {
    return importFiles(paths, this.options())
  }
}
