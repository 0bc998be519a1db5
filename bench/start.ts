/** From `npm start` to the first answered list, and what an idle server takes. */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { median, type Figure } from './report.ts'
import { Places } from './places.ts'
import { startServer } from './server.ts'

const ROUNDS = 5
const PORT = 8377

export async function benchStart(): Promise<Figure[]> {
  const places = new Places()
  try {
    const times: number[] = []
    for (let round = 0; round < ROUNDS; round++) times.push(await timeToFirstList(`${places.directory}/${round}`))
    const server = await startServer(await places.make('sqlite'))
    await fetch(`${server.url}/v1/steps/`)
    await wait(2000)
    const memory = server.memory()
    await server.stop()
    return [
      { name: 'npm start to the first list', value: median(times) / 1000, unit: 's', goal: 'under 1.5' },
      { name: 'idle server, resident', value: memory, unit: 'MiB', goal: 'under 114 (120 MB)' },
    ]
  } finally {
    await places.remove()
  }
}

async function timeToFirstList(dataDir: string): Promise<number> {
  const start = performance.now()
  const child = spawn('npm', ['start', '--', '--port', String(PORT), '--data-dir', dataDir], { stdio: 'ignore' })
  const url = `http://127.0.0.1:${PORT}/v1/steps/`
  while (!(await fetch(url).then((response) => response.ok, () => false))) await wait(5) // prettier-ignore
  const time = performance.now() - start
  const ended = new Promise((resolve) => child.once('exit', resolve))
  // npm passes the signal on to its script's shell only; the server is the process that has our directory as argument.
  process.kill(serverOf(dataDir), 'SIGTERM')
  await ended
  return time
}

function serverOf(dataDir: string): number {
  const pid = readdirSync('/proc').find((name) => {
    if (!/^\d+$/.test(name)) return false
    try {
      const args = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0')
      return args.includes(dataDir) && args[1]?.endsWith('main.js')
    } catch {
      return false
    }
  })
  if (pid === undefined) throw new Error('the server is not running')
  return Number(pid)
}
