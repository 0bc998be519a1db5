/** Posts bodies over several connections. */
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

class Refused extends Error {
  readonly status: number

  constructor(status: number) {
    super(`status ${status}`)
    this.status = status
  }
}

interface Load {
  url: string
  type: string
  bodies: Iterator<Buffer>
  connections: number
  seconds: number
  /** What is answered 503 is sent again, as exporters do; its milliseconds count from the first time. */
  retry?: boolean
}

const RETRY_AFTER_MS = 100
/** Until a server that was just started has compiled what it does all the time. */
export const WARM_UP_SECONDS = 1

/** Until the time or the bodies are over; returns the milliseconds that each took. */
export async function sendAll({ url, type, bodies, connections, seconds, retry = false }: Load): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const latencies: number[] = []
  const end = performance.now() + seconds * 1000
  let refused = 0
  const send = async (body: Buffer): Promise<void> => {
    try {
      await post(agent, url, type, body)
    } catch (error) {
      if (!retry || !(error instanceof Refused) || error.status !== 503) throw error
      refused++
      await sleep(RETRY_AFTER_MS)
      await send(body)
    }
  }
  const worker = async () => {
    while (performance.now() < end) {
      const { value: body, done } = bodies.next()
      if (done) return
      const start = performance.now()
      await send(body)
      latencies.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: connections }, worker))
  agent.destroy()
  if (refused > 0) console.log(`${refused} of ${latencies.length} requests were answered 503 and sent again`)
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
        (response.statusCode ?? 500) < 300 ? resolve() : reject(new Refused(response.statusCode ?? 500)),
      )
    })
    sent.once('error', reject)
    sent.end(body)
  })
}
