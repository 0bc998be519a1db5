/** Directories of the tests of one file. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

const made: string[] = []
// Here and not where one is made: hooks that a running test asks for are never run.
afterAll(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true })
})

/** A new directory that is gone after the file's tests. */
export function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'stepledger-test-'))
  made.push(directory)
  return directory
}
