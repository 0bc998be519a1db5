/** Many clients at once, writing and reading, that go on whatever they are answered; and what they were answered. */
import { Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, vi } from 'vitest'
import { Recorder, send, type Answer, type Batch } from './workload.ts'

interface Answered {
  kind: 'write' | 'read'
  /** When it was asked, and how long it took, in milliseconds. */
  at: number
  ms: number
  /** 0 = the connection to the server was lost. */
  status: number
  retryAfter: number
}

interface LoadOptions {
  writers: number
  readers?: number
  /** The run of each writer's steps; one of its own by default. */
  run?: string
}

/** A client waits so long after a refusal: far less than it is told, so that a server that is away is pressed hard. */
const PAUSE_MS = 20

export class Load {
  readonly answers: Answered[] = []
  private readonly urls: readonly string[]
  private readonly recorders: Recorder[] = []
  private readonly clients: Promise<void>[]
  private ended = false

  /** Each client uses one of the servers. */
  constructor(urls: readonly string[], { writers, readers = 0, run }: LoadOptions) {
    this.urls = urls
    this.clients = [
      ...Array.from({ length: writers }, (_, i) => this.write(i, run)),
      ...Array.from({ length: readers }, (_, i) => this.read(i)),
    ]
  }

  /** What was sent, in order, by each that recorded. */
  get batches(): Batch[][] {
    return this.recorders.map(({ batches }) => batches)
  }

  get acknowledged(): number {
    return this.batches.flat().filter((batch) => batch.acknowledged).length
  }

  /** The answers to what was asked since then. */
  since(time: number): Answered[] {
    return this.answers.filter(({ at }) => at >= time)
  }

  /** Waits until so many more requests of each kind were answered in this way. */
  async answered(count: number, isWanted: (answer: Answered) => boolean, timeout: number): Promise<void> {
    const from = performance.now()
    await vi.waitFor(
      () => {
        const found = this.since(from).filter(isWanted)
        for (const kind of ['write', 'read']) {
          const own = found.filter((answer) => answer.kind === kind)
          expect(own.length, `${kind}s that were answered so`).toBeGreaterThanOrEqual(count)
        }
      },
      { timeout, interval: 20 },
    )
  }

  /** Lets each client get the answer that it waits for, then ends. */
  async end(): Promise<void> {
    this.ended = true
    await Promise.all(this.clients)
    for (const recorder of this.recorders) recorder.close()
  }

  /**
   * Every second writer sends what was not acknowledged again until it is; the others leave it, whatever became of it,
   * and begin a new run.
   */
  private async write(client: number, run?: string): Promise<void> {
    const url = this.urls[client % this.urls.length] as string
    const insists = client % 2 === 0
    for (let life = 0; !this.ended; life++) {
      const recorder = new Recorder(run ?? `run-${client}-${life}`)
      this.recorders.push(recorder)
      let lost = false
      while (!this.ended && !lost) {
        const batch = recorder.next()
        while (!batch.acknowledged && !lost) {
          await this.ask('write', () => recorder.send(url, batch))
          lost = !batch.acknowledged && (!insists || this.ended)
        }
      }
    }
  }

  private async read(client: number): Promise<void> {
    const url = this.urls[client % this.urls.length] as string
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const ask = (path: string) => this.ask('read', () => send('GET', `${url}${path}`, '', agent))
    while (!this.ended) {
      const [step] = ((await ask('/v1/steps/?limit=5&order=desc')) ?? []) as { id: string; run_id: string }[]
      if (!step) continue
      await ask(`/v1/steps/${step.id}/trace`)
      await ask(`/v1/runs/${encodeURIComponent(step.run_id)}/usage`)
    }
    agent.destroy()
  }

  /** @returns the answer, when it was a good one */
  private async ask(kind: Answered['kind'], request: () => Promise<Answer>): Promise<unknown> {
    const at = performance.now()
    const lost: Answer = { status: 0, headers: {}, text: '' }
    const { status, headers, text } = await request().catch(() => lost)
    this.answers.push({ kind, at, ms: performance.now() - at, status, retryAfter: Number(headers['retry-after']) })
    if (status < 300 && status > 0) return JSON.parse(text)
    await sleep(PAUSE_MS)
    return undefined
  }
}

/** Waits until the server says that it can answer. */
export async function ready(url: string, timeout: number): Promise<void> {
  await vi.waitFor(async () => expect((await fetch(`${url}/v1/ready/`)).status).toBe(200), { timeout, interval: 30 })
}
