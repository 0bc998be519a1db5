/** A provider on the loopback interface: it answers as it is told, in order, and notes what it was asked. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { chatChunks, chatCompletion, response, responseEvents, type Answer, type Asked } from './openai-answers.ts'

export interface Refusal {
  status: number
  message: string
  code?: string
}

interface Served {
  path: string
  asked: Asked
  answer: Answer | Refusal
}

export interface StandIn {
  /** What `OPENAI_BASE_URL` has to be. */
  url: string
  served: Served[]
  close(): Promise<void>
}

const APIS = {
  '/v1/chat/completions': { whole: chatCompletion, pieces: chatChunks, named: false },
  '/v1/responses': { whole: response, pieces: responseEvents, named: true },
} as const

export async function startStandIn(answers: readonly (Answer | Refusal)[]): Promise<StandIn> {
  const served: Served[] = []
  const left = [...answers]

  async function serve(request: IncomingMessage, reply: ServerResponse) {
    const path = request.url ?? ''
    const asked = (await json(request)) as Asked
    const answer = left.shift() ?? { status: 500, message: 'more was asked than was scripted' }
    served.push({ path, asked, answer })
    // SDKs tell times in milliseconds: calls that follow each other must not share one.
    await sleep(2)
    if ('status' in answer) refuse(reply, answer)
    else give(reply, APIS[path as keyof typeof APIS], asked, `${served.length}`, answer)
  }

  const server = createServer((request, reply) => void serve(request, reply))
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    served,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function refuse(reply: ServerResponse, { status, message, code }: Refusal) {
  reply.writeHead(status, { 'Content-Type': 'application/json', 'retry-after-ms': '1' })
  const type = status === 429 ? 'rate_limit_error' : 'invalid_request_error'
  reply.end(JSON.stringify({ error: { message, type, param: null, code: code ?? null } }))
}

function give(reply: ServerResponse, api: (typeof APIS)[keyof typeof APIS], asked: Asked, id: string, answer: Answer) {
  if (!asked.stream) {
    reply.writeHead(200, { 'Content-Type': 'application/json' })
    reply.end(JSON.stringify(api.whole(asked, id, answer)))
    return
  }
  reply.writeHead(200, { 'Content-Type': 'text/event-stream' })
  for (const piece of api.pieces(asked, id, answer)) {
    if (api.named) reply.write(`event: ${(piece as { type: string }).type}\n`)
    reply.write(`data: ${JSON.stringify(piece)}\n\n`)
  }
  reply.end(api.named ? '' : 'data: [DONE]\n\n')
}
