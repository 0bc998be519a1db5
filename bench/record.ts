/** Recording over HTTP: durable answers, realistic bodies, several connections. */
import { Agent, request } from 'node:http'
import { startServer, temporaryDirectory } from './server.ts'
import { stringifyExact } from '../src/domain/exact-json.ts'
import { workload } from './workload.ts'
import { measureFsync } from './limits.ts'
import type { Figure } from './report.ts'

const BATCH = 20
const SECONDS = 10

/** Bodies of `BATCH` steps, made beforehand so that making them costs nothing while the clock runs. */
function bodies(count: number): Buffer[] {
  const steps = workload({ seed: 1, agents: 2000, from: 1.77e15 })
  return Array.from({ length: count }, () =>
    Buffer.from(stringifyExact(Array.from({ length: BATCH }, () => steps.next().value))),
  )
}

export async function benchRecord(): Promise<Figure[]> {
  const directory = temporaryDirectory()
  const all = bodies(4000)
  const figures: Figure[] = []
  try {
    for (const connections of [1, 16, 64]) {
      const server = await startServer(`${directory.path}/${connections}`)
      const { requests, latencies } = await send(server.url, all, connections, SECONDS)
      const perSecond = Math.round((requests * BATCH) / SECONDS)
      figures.push({
        name: `record, ${connections} connections`,
        value: perSecond,
        unit: 'steps/s',
        latencies,
        memory: server.memory(),
      })
      await server.stop()
    }
    figures.push({ name: 'bare fsync of one page', value: measureFsync(directory.path), unit: 'per s' })
  } finally {
    directory.remove()
  }
  return figures
}

async function send(url: string, all: Buffer[], connections: number, seconds: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const latencies: number[] = []
  let next = 0
  const end = performance.now() + seconds * 1000
  const worker = async () => {
    while (performance.now() < end) {
      const start = performance.now()
      const body = all[next++]
      if (!body) throw new Error('the bench ran out of bodies: make more')
      await post(agent, `${url}/v1/steps/`, body)
      latencies.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: connections }, worker))
  agent.destroy()
  return { requests: latencies.length, latencies }
}

function post(agent: Agent, url: string, body: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length }
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume()
      response.once('end', () =>
        response.statusCode === 201 ? resolve() : reject(new Error(`status ${response.statusCode}`)),
      )
    })
    sent.once('error', reject)
    sent.end(body)
  })
}
