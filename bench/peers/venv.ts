/** A Python virtual environment for each peer, because their dependencies exclude each other. They stay for the next time. */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../../.bench-venv')
const NEEDED = `bench:peers needs Python 3.11 to 3.13 with venv and pip (Debian: python3-venv); PYTHON names another interpreter`

/** The directory of the peer's programs; makes or renews it when it is not what `<peer>.txt` asks for. */
export async function programsOf(peer: string): Promise<string> {
  const python = process.env.PYTHON ?? 'python3'
  const version = checkPython(python)
  const requirements = join(import.meta.dirname, `${peer}.txt`)
  const wanted = createHash('sha256').update(version).update(readFileSync(requirements)).digest('hex')
  const venv = join(ROOT, peer)
  const stamp = join(venv, 'requirements.sha256')
  const programs = join(venv, 'bin')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return programs
  console.log(`installing ${peer} into ${venv}: some minutes and a gigabyte, once`)
  rmSync(venv, { recursive: true, force: true })
  await run(python, '-m', 'venv', venv)
  const pip = [join(programs, 'python'), '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input']
  // The one that an older Python brings cannot resolve these.
  await run(...pip, '--upgrade', 'pip')
  await run(...pip, '--requirement', requirements)
  writeFileSync(stamp, wanted)
  return programs
}

/** `name==version` of what is installed and decides the figures. */
export function installed(programs: string, names: readonly string[]): string[] {
  const { stdout } = spawnSync(join(programs, 'python'), ['-m', 'pip', 'list', '--format', 'freeze'], {
    encoding: 'utf8',
  })
  return stdout.split('\n').filter((line) => names.includes((line.split('==')[0] ?? '').toLowerCase()))
}

function checkPython(python: string): string {
  const script = 'import sys, venv, ensurepip; print(sys.version)'
  const { status, stdout, stderr, error } = spawnSync(python, ['-c', script], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${NEEDED}\n${error?.message ?? stderr}`)
  const [major, minor] = stdout.split('.').map(Number) as [number, number]
  if (major !== 3 || minor < 11 || minor > 13) throw new Error(`${NEEDED}; ${python} is ${stdout.trim()}`)
  return stdout
}

async function run(...[command, ...args]: string[]): Promise<void> {
  const child = spawn(command as string, args, { stdio: 'inherit' })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}\n${NEEDED}`)
}
