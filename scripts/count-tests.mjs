// Prints `N passed, N failed, N skipped` from JUnit reports.
import { readFileSync } from 'node:fs'

const sums = { tests: 0, failed: 0, skipped: 0 }
for (const file of process.argv.slice(2)) {
  const text = readFileSync(file, 'utf8')
  sums.tests += text.match(/<testcase\b/g)?.length ?? 0
  sums.failed += text.match(/<(failure|error)\b/g)?.length ?? 0
  sums.skipped += text.match(/<skipped\b/g)?.length ?? 0
}
const passed = sums.tests - sums.failed - sums.skipped
console.log(`${passed} passed, ${sums.failed} failed, ${sums.skipped} skipped`)
if (passed === 0) process.exitCode = 1
