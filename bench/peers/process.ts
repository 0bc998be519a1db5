/** A peer's server as a group of processes of its own. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { atEnd } from './cleanup.ts'

const START_SECONDS = 180

interface Program {
  command: string
  args: string[]
  /** Beside the settings that every peer gets. */
  settings: Record<string, string>
  /** Its home: nothing of the user's is read or written. */
  home: string
  /** Answers with 200 as soon as it serves. */
  url: string
}

export interface Running {
  /** Seconds from its start to the first answer. */
  startSeconds: number
  /** Resident memory of all its processes in MiB. */
  memory(): number
  stop(): Promise<void>
}

/** Nothing leaves the machine: telemetry is off, and what would be sent or fetched all the same meets a closed door. */
const QUIET = {
  DO_NOT_TRACK: '1',
  ANONYMIZED_TELEMETRY: 'false',
  HTTP_PROXY: 'http://127.0.0.1:9',
  HTTPS_PROXY: 'http://127.0.0.1:9',
  NO_PROXY: '127.0.0.1,localhost',
}

/** What a peer's programs see of the environment: a path, a home and their settings. */
export function environment(home: string, settings: Record<string, string>): Record<string, string> {
  return { PATH: process.env.PATH ?? '', LANG: 'C.UTF-8', HOME: home, ...QUIET, ...settings }
}

export async function startProgram({ command, args, settings, home, url }: Program): Promise<Running> {
  const log = `${home}/server.log`
  const output = openSync(log, 'w')
  const start = performance.now()
  const child = spawn(command, args, {
    cwd: home,
    env: environment(home, settings),
    detached: true,
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  const pid = child.pid
  if (pid === undefined) throw new Error(`${command} cannot be started`)
  const ended = once(child, 'exit')
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  const stop = async () => {
    if (hasEnded()) return
    process.kill(-pid, 'SIGTERM')
    const stubborn = setTimeout(() => process.kill(-pid, 'SIGKILL'), 20_000)
    await ended
    clearTimeout(stubborn)
  }
  atEnd(stop)
  while (
    !(await fetch(url).then(
      (response) => response.ok,
      () => false,
    ))
  ) {
    // prettier-ignore
    if (hasEnded() || performance.now() - start > START_SECONDS * 1000)
      throw new Error(`${command} did not start:\n${readFileSync(log, 'utf8').slice(-3000)}`)
    await wait(20)
  }
  return { startSeconds: (performance.now() - start) / 1000, memory: () => memoryOf(pid), stop }
}

/** Resident memory of a process and all below it in MiB. */
export function memoryOf(pid: number): number {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,rss='], { encoding: 'utf8' }).trim().split('\n')
  const all = lines.map((line) => line.trim().split(/\s+/).map(Number) as [number, number, number])
  const below = (parent: number): number =>
    all.reduce((sum, [id, ppid, rss]) => sum + (ppid === parent ? rss + below(id) : 0), 0)
  const own = all.find(([id]) => id === pid)?.[2] ?? 0
  return Math.round((own + below(pid)) / 1024)
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
