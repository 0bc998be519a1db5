/** Two sides in turn, so that both see the same machine; single requests over one connection each. */
import { Agent, request } from 'node:http'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { ENOUGH } from './report.ts'

/** How often each side does something, unless more is asked for. */
export const ROUNDS = ENOUGH
/** Until caches and compiled code are there. */
const WARM_UP = 15
/** What is so slow that {@link ROUNDS} of it take longer has fewer of them, and no p99. */
const LONGEST_MS = 30_000

/**
 * Each side does each of the variants, again and again.
 * @param sides each returns the milliseconds that it took
 * @returns the milliseconds of each side, one for each round
 */
export async function inTurn<V>(
  variants: readonly V[],
  sides: readonly ((variant: V) => Promise<number>)[],
  rounds = ROUNDS,
): Promise<number[][]> {
  const taken = sides.map((): number[] => [])
  let done = 0
  const once = async () => {
    const variant = variants[done++ % variants.length] as V
    for (const [i, side] of sides.entries()) taken[i]?.push(await side(variant))
  }
  const until = async (count: number, longest: number) => {
    const end = performance.now() + longest
    for (let round = 0; round < count && performance.now() < end; round++) await once()
  }
  await until(WARM_UP, LONGEST_MS / 10)
  for (const each of taken) each.length = 0
  collectGarbage()
  // A side more takes its time more.
  await until(rounds, (LONGEST_MS * rounds * sides.length) / (2 * ROUNDS))
  return taken
}

setFlagsFromString('--expose-gc')
/** What was made before a measurement would be collected in the middle of it, and told as the server's pause. */
const collectGarbage = runInNewContext('gc') as () => void

export interface Answer {
  ms: number
  body: Buffer
}

/** One connection that is kept. */
export class Caller {
  private readonly agent: Agent

  constructor(connections = 1) {
    this.agent = new Agent({ keepAlive: true, maxSockets: connections })
  }

  /** From sending until the last byte has come. */
  get(url: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const start = performance.now()
      const sent = request(url, { agent: this.agent }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.once('error', reject)
        response.once('end', () => {
          const ms = performance.now() - start
          const body = Buffer.concat(chunks)
          if (response.statusCode === 200) resolve({ ms, body })
          else reject(new Error(`${url}: status ${response.statusCode} ${body.toString().slice(0, 500)}`))
        })
      })
      sent.once('error', (error: NodeJS.ErrnoException) => {
        // A server closes what is idle for long, perhaps in the moment in which it is used again.
        if (sent.reusedSocket && error.code === 'ECONNRESET') resolve(this.get(url))
        else reject(error)
      })
      sent.end()
    })
  }

  async json<T>(url: string): Promise<T> {
    return JSON.parse((await this.get(url)).body.toString()) as T
  }

  close(): void {
    this.agent.destroy()
  }
}
