/** The real binary on data directories of its own. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

export interface Outcome {
  code: number | null
  stdout: string
  stderr: string
}

/** Nothing of whoever runs the tests: no settings, no colours, no home. */
function environment(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, HOME: '/nonexistent', ...extra }
}

/** Runs the command line to its end. */
export async function cli(args: string[], env?: Record<string, string>): Promise<Outcome> {
  const child = spawn(process.execPath, [MAIN, ...args], { env: environment(env), stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr] = [textOf(child.stdout), textOf(child.stderr)]
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout: await stdout, stderr: await stderr }
}

/** The same, for what must succeed: its standard output. */
export async function ok(args: string[], env?: Record<string, string>): Promise<string> {
  const { code, stdout, stderr } = await cli(args, env)
  if (code !== 0) throw new Error(`exit code ${code} of ${args.join(' ')}:\n${stderr}`)
  return stdout
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = ''
  // A character may be cut where a piece ends.
  stream.setEncoding('utf8')
  for await (const chunk of stream) text += String(chunk)
  return text
}

export interface Served {
  url: string
  /** With an OTLP port, its address. */
  otlp: string | undefined
  child: ChildProcess
  /** Ends it by SIGTERM; resolves with its exit code. */
  stop(): Promise<number | null>
}

/** `stepledger serve` on a free port, ready to answer. */
export async function serve(dataDir: string, ...flags: string[]): Promise<Served> {
  const args = [MAIN, 'serve', '--data-dir', dataDir, '--port', '0', ...flags]
  const child = spawn(process.execPath, args, { env: environment(), stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  for await (const chunk of child.stdout) {
    said += String(chunk)
    if (said.includes('docs')) break
  }
  const url = /http:\S+/.exec(said)?.[0]
  const otlp = /otlp +(http:\S+)/.exec(said)?.[1]
  if (url === undefined) throw new Error(`serve said: ${said}`)
  return {
    url,
    otlp,
    child,
    async stop() {
      const ended = once(child, 'exit') as Promise<[number | null]>
      child.kill('SIGTERM')
      return (await ended)[0]
    },
  }
}

/** Writes lines of JSON text into a new file. */
export function linesFile(dir: string, name: string, lines: readonly string[]): string {
  const path = join(dir, name)
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''))
  return path
}

/** `step-00000000-0000-4000-8000-000000000001` */
export function stepId(number: number): string {
  return `step-00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
}
