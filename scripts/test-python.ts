/**
 * `npm run test:python`: the official Python SDK against real ledgers.
 *
 * Makes a virtual environment (kept while the requirements stay the same), starts two ledgers, one without keys and
 * one with, and runs pytest; on SQLite, then on PostgreSQL. Arguments are passed on: `npm run test:python -- -k walks`. `PYTHON` chooses the
 * interpreter (3.9 or newer).
 */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { freshDatabase } from '../test/support/postgres.ts'
import startSharedPostgres from '../test/support/postgres-setup.ts'

const ROOT = resolve(import.meta.dirname, '..')
const REQUIREMENTS = join(ROOT, 'test/python/requirements.txt')
const VENV = join(ROOT, '.venv')
const MAIN = join(ROOT, 'src/main.ts')
const START_SECONDS = 30

/** The Python of the virtual environment; makes or renews it when it is not what the requirements ask for. */
function python(): string {
  const base = process.env.PYTHON ?? 'python3'
  const version = execFileSync(base, ['--version'], { encoding: 'utf8' })
  const wanted = createHash('sha256').update(version).update(readFileSync(REQUIREMENTS)).digest('hex')
  const stamp = join(VENV, 'requirements.sha256')
  const own = join(VENV, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  if (existsSync(own) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return own
  rmSync(VENV, { recursive: true, force: true })
  execFileSync(base, ['-m', 'venv', VENV], { stdio: 'inherit' })
  const options = ['--quiet', '--disable-pip-version-check', '--no-input']
  execFileSync(own, ['-m', 'pip', 'install', ...options, '-r', REQUIREMENTS], { stdio: 'inherit' })
  writeFileSync(stamp, wanted)
  return own
}

interface RunningLedger {
  url: string
  process: ChildProcess
}

function startLedger(place: string[]): Promise<RunningLedger> {
  const flags = ['serve', '--port', '0', ...place, '--log-level', 'error']
  const child = spawn(process.execPath, [MAIN, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] })
  return new Promise((fulfil, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`the ledger did not start in ${START_SECONDS} s`)),
      START_SECONDS * 1000,
    )
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      const url = /http:\/\/\S+/.exec(output)?.[0]
      if (url === undefined || !output.includes('\n')) return
      clearTimeout(timer)
      fulfil({ url, process: child })
    })
    child.once('exit', (code) => {
      clearTimeout(timer)
      reject(new Error(`the ledger ended with ${code} before it listened`))
    })
  })
}

function createKey(place: string[]): string {
  const command = [MAIN, 'keys', 'create', 'test', '--role', 'admin', ...place]
  return execFileSync(process.execPath, command, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
}

async function stop({ process: child }: RunningLedger): Promise<void> {
  if (child.exitCode !== null) return
  const ended = new Promise((fulfil) => child.once('exit', fulfil))
  child.kill('SIGTERM')
  await ended
}

const interpreter = python()
const reports = join(ROOT, 'reports')
mkdirSync(reports, { recursive: true })

/** Runs pytest against two new ledgers at these places; returns its exit code. */
async function runOn(engine: string, openPlace: string[], lockedPlace: string[]): Promise<number> {
  const ledgers: RunningLedger[] = []
  try {
    const key = createKey(lockedPlace)
    const open = await startLedger(openPlace)
    ledgers.push(open)
    const locked = await startLedger(lockedPlace)
    ledgers.push(locked)
    const flags = ['-q', '-p', 'no:cacheprovider', '--rootdir', join(ROOT, 'test/python')]
    const report = [`--junitxml=${join(reports, `python-${engine}.xml`)}`, '-o', `junit_suite_name=python on ${engine}`]
    const { LETTA_API_KEY: _key, LETTA_BASE_URL: _url, ...environment } = process.env
    const arguments_ = ['-m', 'pytest', ...flags, ...report, join(ROOT, 'test/python'), ...process.argv.slice(2)]
    const result = spawnSync(interpreter, arguments_, {
      stdio: 'inherit',
      env: {
        ...environment,
        PYTHONDONTWRITEBYTECODE: '1',
        LEDGER_URL: open.url,
        LOCKED_LEDGER_URL: locked.url,
        LOCKED_LEDGER_KEY: key,
      },
    })
    return result.status ?? 1
  } finally {
    await Promise.all(ledgers.map(stop))
  }
}

const dir = mkdtempSync(join(tmpdir(), 'stepledger-python-'))
const stopPostgres = await startSharedPostgres()
const databases = [await freshDatabase(), await freshDatabase()]
try {
  const files = ['open', 'locked'].map((name) => ['--data-dir', join(dir, name)])
  const urls = databases.map(({ url }) => ['--database-url', url])
  const codes = [
    await runOn('sqlite', files[0] as string[], files[1] as string[]),
    await runOn('postgres', urls[0] as string[], urls[1] as string[]),
  ]
  process.exitCode = Math.max(...codes)
} finally {
  await Promise.all(databases.map((database) => database.drop()))
  await stopPostgres?.()
  rmSync(dir, { recursive: true, force: true })
}
