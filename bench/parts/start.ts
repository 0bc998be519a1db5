/** From `npm start` to the first answered list, and what an idle server takes of memory and processor. */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import type { StoreAddress } from '../../src/store/open.ts'
import type { Context } from '../part.ts'
import { median, type Figure } from '../report.ts'
import { startServer } from '../server.ts'

const ROUNDS = 5
/** Another one for each bench that runs at the same time. */
const PORT = 10_000 + (process.pid % 20_000)

/** How long it is watched doing nothing. */
const IDLE_SECONDS = 5

export async function benchStart({ engine, places }: Context): Promise<Figure[]> {
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) times.push(await timeToFirstList(await places.make(engine)))
  const server = await startServer(await places.make(engine))
  await (await fetch(`${server.url}/v1/steps/`)).arrayBuffer()
  await wait(2000)
  const before = server.processorTime()
  await wait(IDLE_SECONDS * 1000)
  const busy = ((server.processorTime() - before) / IDLE_SECONDS) * 100
  const memory = server.memory()
  await server.stop()
  return [
    {
      name: 'npm start to the first list',
      value: median(times) / 1000,
      unit: 's',
      latencies: times,
      goal: 'under 1.5',
    },
    { name: 'idle server, resident', value: memory, unit: 'MiB', goal: 'under 114 (120 MB)' },
    { name: 'idle server, of one processor', value: busy, unit: '%', goal: 'under 1' },
  ]
}

async function timeToFirstList(address: StoreAddress): Promise<number> {
  const place = 'url' in address ? ['--database-url', address.url] : ['--data-dir', address.dataDir]
  const start = performance.now()
  const child = spawn('npm', ['start', '--', '--port', String(PORT), ...place], { stdio: 'ignore' })
  const url = `http://127.0.0.1:${PORT}/v1/steps/`
  while (!(await fetch(url).then((response) => response.ok, () => false))) await wait(5) // prettier-ignore
  const time = performance.now() - start
  const ended = new Promise((resolve) => child.once('exit', resolve))
  // npm passes the signal on to its script's shell only; the server is the process that has our place as argument.
  process.kill(serverOf(place[1] as string), 'SIGTERM')
  await ended
  return time
}

function serverOf(place: string): number {
  const pid = readdirSync('/proc').find((name) => {
    if (!/^\d+$/.test(name)) return false
    try {
      const args = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0')
      return args.includes(place) && args.some((arg) => arg.endsWith('main.js'))
    } catch {
      return false
    }
  })
  if (pid === undefined) throw new Error('the server is not running')
  return Number(pid)
}
