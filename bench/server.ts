/** The real server as a process of its own, from the built program. */
import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { StoreAddress } from '../src/store/open.ts'

const BINARY = new URL('../dist/main.js', import.meta.url).pathname
const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  scripts: { start: string }
}
/** What `npm start` tells Node: `exec node FLAG… dist/main.js serve`. */
const FLAGS = (/ node (.*) dist\/main\.js/.exec(manifest.scripts.start)?.[1] ?? '').split(' ')

export interface ServerProcess {
  url: string
  pid: number
  /** Resident memory in MiB. */
  memory(): number
  /** Seconds of processor time since it started. */
  processorTime(): number
  stop(): Promise<void>
}

export async function startServer(address: StoreAddress): Promise<ServerProcess> {
  const place = 'url' in address ? ['--database-url', address.url] : ['--data-dir', address.dataDir]
  const child = spawn(process.execPath, [...FLAGS, BINARY, 'serve', '--port', '0', '--log-level', 'error', ...place], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await listening(child)
  return {
    url,
    pid: child.pid as number,
    memory: () => residentMemory(child.pid as number),
    processorTime: () => processorTime(child.pid as number),
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve())
        child.kill('SIGTERM')
      }),
  }
}

const started = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of started) child.kill('SIGKILL')
})

/** The address that a process prints when it listens. It ends with this process at the latest. */
export function listening(child: ChildProcess): Promise<string> {
  started.add(child)
  child.once('exit', () => started.delete(child))
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const url = /http:\/\/\S+/.exec(text)?.[0]
      if (url) resolve(url)
    })
    child.once('exit', (code) => reject(new Error(`the server ended with code ${code}`)))
  })
}

function residentMemory(pid: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Math.round(Number(line?.[1] ?? 0) / 1024)
}

/** `proc(5)`: user and system time are the 14th and 15th field, in hundredths of a second. */
function processorTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}
