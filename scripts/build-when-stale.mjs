// Builds dist/ when a source is newer than it, so that `npm start` runs what is in the checkout and starts at once.
import { spawnSync } from 'node:child_process'
import { readdirSync, statSync, utimesSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('..', import.meta.url)
const built = new URL('dist/main.js', root)

function newest(directory) {
  return readdirSync(directory, { withFileTypes: true }).reduce((latest, entry) => {
    const url = new URL(entry.name + (entry.isDirectory() ? '/' : ''), directory)
    return Math.max(latest, entry.isDirectory() ? newest(url) : statSync(url).mtimeMs)
  }, 0)
}

const made = statSync(built, { throwIfNoEntry: false })?.mtimeMs ?? 0
if (made < newest(new URL('src/', root))) {
  const { status } = spawnSync('tsc', ['-p', 'tsconfig.build.json'], { cwd: fileURLToPath(root), stdio: 'inherit' })
  if (status === 0) utimesSync(built, new Date(), new Date())
  process.exitCode = status ?? 1
}
