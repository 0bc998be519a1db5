/** What an agent's recorder sends, at full speed, and what is known of each batch: answered, or lost on the way. */
import { randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import { mergeSteps } from '../../src/domain/merge.ts'
import { normalise } from '../../src/domain/normalise.ts'
import type { Step, StepInput } from '../../src/domain/step.ts'
import { checkStepInput } from '../../src/schema/step-input.ts'

export interface Batch {
  readonly inputs: readonly StepInput[]
  /** How many of them, at the front, were never sent before. */
  readonly own: number
  /** Answered 2xx: then all of it must be there. */
  acknowledged: boolean
}

export interface Answer {
  status: number
  headers: NodeJS.Dict<string | string[]>
  text: string
}

export function post(url: string, body: string, agent: Agent): Promise<Answer> {
  return send('POST', `${url}/v1/steps`, body, agent)
}

export function send(method: string, url: string, body: string, agent: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }
    const sent = request(url, { method, agent, headers }, (reply) => {
      const parts: Buffer[] = []
      reply.on('data', (part: Buffer) => parts.push(part))
      reply.on('end', () =>
        resolve({ status: reply.statusCode ?? 0, headers: reply.headers, text: Buffer.concat(parts).toString() }),
      )
      reply.on('error', reject)
      reply.on('aborted', () => reject(new Error('aborted')))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** An id that the recorder chooses, so that it can send the step again. */
export const stepId = () => `step-${randomUUID()}`

/** One conversation that grows by a step with each batch, as an agent's request does. */
export class Recorder {
  readonly batches: Batch[] = []
  private readonly run: string
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 })
  private readonly history: { role: string; content: string }[] = []
  private pending: StepInput[] = []
  private n = 0

  constructor(run: string) {
    this.run = run
  }

  /** Sends batch after batch until the server is gone or `until` says so; resolves with the refusals. */
  async record(url: string, until: () => boolean): Promise<Answer[]> {
    const refused: Answer[] = []
    while (!until()) {
      try {
        const answer = await this.send(url, this.next())
        if (answer.status >= 300) refused.push(answer)
        if (answer.status === 503) return refused
      } catch {
        return refused
      }
    }
    return refused
  }

  close(): void {
    this.agent.destroy()
  }

  async send(url: string, batch: Batch): Promise<Answer> {
    const answer = await post(url, JSON.stringify(batch.inputs), this.agent)
    if (answer.status < 300) batch.acknowledged = true
    return answer
  }

  /** The next batch, which counts as sent from now on. */
  next(): Batch {
    const n = this.n++
    const inputs = Array.from({ length: 1 + (n % 9) }, (_, i) => this.step(n, i))
    const own = inputs.length
    // Complete what an earlier batch left pending, in this batch or a later one.
    if (n % 3 === 0) inputs.push(...this.pending.splice(0).map((step) => this.completed(step)))
    // Send something again: a step of an earlier batch, acknowledged or not, or one of this batch.
    const earlier = this.batches.at(-1 - (n % 4))
    if (n % 2 === 0 && earlier?.inputs[0]) inputs.push(earlier.inputs[0])
    if (n % 5 === 0 && inputs[0]) inputs.push(inputs[0])
    const batch = { inputs, own, acknowledged: false }
    this.batches.push(batch)
    return batch
  }

  private step(n: number, i: number): StepInput {
    const words = `turn ${n}.${i} of ${this.run} \0 😀 ${'lorem ipsum '.repeat(n % 30)}`
    this.history.push({ role: 'user', content: words })
    const step: StepInput = {
      id: stepId(),
      created_at: new Date().toISOString(),
      run_id: this.run,
      agent_id: 'agent',
      model: 'm',
      status: (n + i) % 4 === 0 ? 'pending' : 'success',
      prompt_tokens: n,
      completion_tokens: i,
      total_tokens: n + i,
      tags: ['all', `of ${this.run}`, `batch ${n % 7}`],
      messages: [{ role: 'user', content: words }],
      metrics: { step_start_ns: '1769012345678901234' },
      ...((n + i) % 3 === 0 && {
        provider_trace: { request_json: { messages: this.history.slice(-40) }, response_json: { n, i } },
      }),
    }
    if (step.status === 'pending') this.pending.push(step)
    return step
  }

  private completed({ id, run_id, created_at }: StepInput): StepInput {
    const messages = [{ role: 'assistant' as const, content: `done ${id}` }]
    return {
      id,
      run_id,
      created_at,
      status: 'success',
      stop_reason: 'end_turn',
      completion_tokens: 5,
      tags: ['done'],
      messages,
    }
  }
}

/** The steps that the batches make when all of them arrive, by id; a pure computation. */
export function expectedSteps(batches: readonly Batch[]): Map<string, Step> {
  const steps = new Map<string, Step>()
  for (const { inputs } of batches) {
    for (const input of inputs) {
      const { step } = normalise(checkStepInput(structuredClone(input), []), null)
      const before = steps.get(step.id)
      steps.set(step.id, before ? mergeSteps(before, step) : step)
    }
  }
  return steps
}
