/** Posts bodies over several connections. */
import { Agent, request } from 'node:http'

interface Load {
  url: string
  type: string
  bodies: Iterator<Buffer>
  connections: number
  seconds: number
}

/** Until the time or the bodies are over; returns the milliseconds that each took. */
export async function sendAll({ url, type, bodies, connections, seconds }: Load): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const latencies: number[] = []
  const end = performance.now() + seconds * 1000
  const worker = async () => {
    while (performance.now() < end) {
      const { value: body, done } = bodies.next()
      if (done) return
      const start = performance.now()
      await post(agent, url, type, body)
      latencies.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: connections }, worker))
  agent.destroy()
  return latencies
}

/** Posts single bodies over so many connections. */
export function poster(connections: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  return {
    post: (url: string, type: string, body: Buffer) => post(agent, url, type, body),
    close: () => agent.destroy(),
  }
}

function post(agent: Agent, url: string, type: string, body: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': type, 'Content-Length': body.length }
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume()
      response.once('end', () =>
        (response.statusCode ?? 500) < 300 ? resolve() : reject(new Error(`status ${response.statusCode}`)),
      )
    })
    sent.once('error', reject)
    sent.end(body)
  })
}
