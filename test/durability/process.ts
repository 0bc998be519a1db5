/** A server as a process of its own, that can be killed. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { StoreAddress } from '../../src/store/open.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

export interface ServerProcess {
  readonly url: string
  readonly child: ChildProcess
  /** What it has logged so far: errors only. */
  errors(): string
  /** Sends the signal and resolves with the exit code, or the signal's name, when the process is gone. */
  end(signal: NodeJS.Signals): Promise<number | string>
}

/** Starts `stepledger serve` on a free port; resolves when it listens. */
export function serve(place: StoreAddress, ...flags: string[]): Promise<ServerProcess> {
  return serveWith({}, place, ...flags)
}

/** The same, with a module that is loaded before the server, and more of an environment. */
export async function serveWith(
  { preload, env }: { preload?: URL; env?: Record<string, string> },
  place: StoreAddress,
  ...flags: string[]
): Promise<ServerProcess> {
  const where = 'url' in place ? ['--database-url', place.url] : ['--data-dir', place.dataDir]
  const before = preload ? ['--import', preload.href] : []
  const args = [...before, MAIN, 'serve', '--port', '0', ...where, '--log-level', 'error', ...flags]
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const gone = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const url = await Promise.race([
    listening(child),
    gone.then(([code, signal]) => {
      throw new Error(`the server ended (${code ?? signal}) before it listened:\n${errors}`)
    }),
  ])
  return {
    url,
    child,
    errors: () => errors,
    async end(signal) {
      child.kill(signal)
      const [code, by] = await gone
      return code ?? by ?? 'unknown'
    },
  }
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let output = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text
      const [, url] = /listens on (http:\S+)/.exec(output) ?? []
      if (url !== undefined) resolve(url)
    })
  })
}
