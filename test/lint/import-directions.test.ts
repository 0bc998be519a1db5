/** The lint rules that keep the import directions are seen to fail on a planted wrong import, layer by layer. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')
let copy: string

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'stepledger-lint-'))
  for (const file of ['oxlint.config.ts', 'tsconfig.json', 'package.json']) cpSync(join(ROOT, file), join(copy, file))
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
})
afterAll(() => rmSync(copy, { recursive: true, force: true }))

/** What the linter says about one file with this import, at this place. */
function lint(file: string, imported: string): string {
  const path = join(copy, file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `import * as wrong from '${imported}'\nexport const planted = wrong\n`)
  try {
    execFileSync(join(ROOT, 'node_modules/.bin/oxlint'), ['-f', 'unix', file], { cwd: copy, encoding: 'utf8' })
    return ''
  } catch (error) {
    return (error as { stdout: string }).stdout
  } finally {
    rmSync(path)
  }
}

const WRONG: [file: string, imported: string][] = [
  ['src/domain/planted.ts', '../store/store.ts'],
  ['src/domain/planted.ts', 'zod'],
  ['src/schema/planted.ts', '../ledger.ts'],
  ['src/config/planted.ts', '../server.ts'],
  ['src/ledger.ts', './store/sqlite/open.ts'],
  ['src/ledger.ts', './in/api/index.ts'],
  ['src/store/planted.ts', '../http/app.ts'],
  ['src/store/sql/planted.ts', '../sqlite/open.ts'],
  ['src/store/sql/planted.ts', 'better-sqlite3'],
  ['src/http/planted.ts', '../store/sqlite/open.ts'],
  ['src/http/planted.ts', '../in/api/index.ts'],
  ['src/ledger.ts', '@bufbuild/protobuf/wire'],
  ['src/in/api/planted.ts', '../../out/api/index.ts'],
  ['src/in/import/planted.ts', '../../store/open.ts'],
  ['src/in/api/planted.ts', 'hono'],
  ['src/out/api/planted.ts', '../../in/api/index.ts'],
  ['src/out/api/planted.ts', 'better-sqlite3'],
  ['src/copy/planted.ts', '../store/open.ts'],
  ['src/copy/planted.ts', '../cli/output.ts'],
  ['src/cli/planted.ts', '../store/sql/steps.ts'],
]

test.each(WRONG)('%s may not import %s', (file, imported) => {
  expect(lint(file, imported)).toContain('no-restricted-imports')
})

test.each([
  ['src/domain/planted.ts', './time.ts'],
  ['src/schema/planted.ts', '../domain/time.ts'],
  ['src/ledger.ts', './store/store.ts'],
  ['src/in/api/planted.ts', '../../http/route.ts'],
])('%s may import %s', (file, imported) => {
  expect(lint(file, imported)).not.toContain('no-restricted-imports')
})
