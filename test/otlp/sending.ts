/** OTLP over real sockets: requests as somebody sent them, and the same spans and records divided anew. */
import { Agent, request } from 'node:http'
import fc from 'fast-check'
import { toProtobuf, type CapturedRequest, type Json } from './support.ts'

export interface Answer {
  status: number
  retryAfter: number
  text: string
}

export interface Sending {
  path: string
  headers: Record<string, string>
  body: Buffer
  /** How many spans and records it holds. */
  items: number
}

const agent = new Agent({ keepAlive: true })

export function send(url: string, { path, headers, body }: Sending): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { host: _, ...others } = headers
    const sent = request(`${url}${path}`, { method: 'POST', agent, headers: others }, (reply) => {
      const parts: Buffer[] = []
      reply.on('data', (part: Buffer) => parts.push(part))
      reply.on('error', reject)
      reply.on('end', () => {
        const text = Buffer.concat(parts).toString()
        resolve({ status: reply.statusCode ?? 0, retryAfter: Number(reply.headers['retry-after']), text })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

type Signal = 'traces' | 'logs'

/** One span or log record, in a request of its own, in the shape of OTLP/JSON. */
export interface Piece {
  signal: Signal
  data: Json
}

const NAMES = {
  traces: ['resourceSpans', 'scopeSpans', 'spans'],
  logs: ['resourceLogs', 'scopeLogs', 'logRecords'],
} as const

/** Every span and record of a request. */
export function piecesOf({ signal, decoded }: { signal: Signal; decoded: Json }): Piece[] {
  const [resources, scopes, items] = NAMES[signal]
  const lists = (of: Json, name: string) => (of[name] ?? []) as Json[]
  return lists(decoded, resources).flatMap((resource) =>
    lists(resource, scopes).flatMap((scope) =>
      lists(scope, items).map((item) => ({
        signal,
        data: { [resources]: [{ ...resource, [scopes]: [{ ...scope, [items]: [item] }] }] },
      })),
    ),
  )
}

/** Just as it was received when it was captured. */
export function asCaptured(request: CapturedRequest): Sending {
  const { path, headers, sent } = request
  return { path, headers, body: sent, items: piecesOf(request).length }
}

/** Pieces as requests, one for each signal. */
export function together(pieces: readonly Piece[], encoding: 'json' | 'protobuf'): Sending[] {
  return [...Map.groupBy(pieces, ({ signal }) => signal)].map(([signal, own]) => {
    const [resources] = NAMES[signal]
    const data = { [resources]: own.flatMap((piece) => piece.data[resources] as Json[]) }
    const isJson = encoding === 'json'
    return {
      items: own.length,
      path: `/v1/${signal}`,
      headers: { 'content-type': isJson ? 'application/json' : 'application/x-protobuf' },
      body: isJson ? Buffer.from(JSON.stringify(data)) : toProtobuf(signal, data),
    }
  })
}

/** All pieces in random order, some of them twice, in requests of random size and either encoding. */
export function divided(pieces: readonly Piece[], seed: number): Sending[] {
  const arbitrary = fc.subarray([...pieces]).chain((again) => {
    const all = [...pieces, ...again]
    const size = fc.record({
      items: fc.integer({ min: 1, max: 4 }),
      encoding: fc.constantFrom('json' as const, 'protobuf' as const),
    })
    return fc.tuple(
      fc.shuffledSubarray(all, { minLength: all.length }),
      fc.array(size, { minLength: all.length, maxLength: all.length }),
    )
  })
  const [all, sizes] = fc.sample(arbitrary, { seed, numRuns: 1 })[0] as [Piece[], { items: number; encoding: 'json' }[]]
  const sendings: Sending[] = []
  for (const { items, encoding } of sizes) sendings.push(...together(all.splice(0, items), encoding))
  return sendings
}

/** Sends until each is taken, so many at a time; resolves with the answers that said to come back. */
export async function sendAll(
  sendings: readonly Sending[],
  urlOf: (i: number) => string,
  atOnce = 16,
): Promise<Answer[]> {
  const refused: Answer[] = []
  const queue = [...sendings.entries()]
  const one = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [i, sending] = next
      const answer = await send(urlOf(i), sending)
      if (answer.status === 200) continue
      if (answer.status !== 503) throw new Error(`${sending.path} was answered ${answer.status}: ${answer.text}`)
      refused.push(answer)
      queue.push(next)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, one))
  return refused
}
