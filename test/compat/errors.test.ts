/** Errors as the SDK's classes, and what it retries (contract, section 5; checklist 8, 14). */
import { createServer, request as forward, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  APIConnectionError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  Letta,
  NotFoundError,
  PermissionDeniedError,
  UnprocessableEntityError,
} from '@letta-ai/letta-client'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'
import { clientOf, errorOf, freshStepId } from './support.ts'

const server = await startTestServer()
afterAll(() => server.close())
const client = clientOf(server)

describe('the SDK’s error classes', () => {
  test('BadRequestError for 400, with the detail in its body and text', async () => {
    const error = await errorOf(client.steps.list({ start_date: 'yesterday' }))
    expect(error).toBeInstanceOf(BadRequestError)
    expect(error).toMatchObject({ status: 400, error: { detail: expect.stringContaining('yesterday') as string } })
    expect((error as Error).message).toContain('start_date')
  })

  test('NotFoundError for 404', async () => {
    const id = freshStepId()
    const error = await errorOf(client.steps.retrieve(id))
    expect(error).toBeInstanceOf(NotFoundError)
    expect((error as Error).message).toContain(id)
  })

  test('UnprocessableEntityError for 422, with a list of objects (D25)', async () => {
    const error = await errorOf(client.steps.list({ limit: -1, order: 'up' }))
    expect(error).toBeInstanceOf(UnprocessableEntityError)
    const { detail } = (error as UnprocessableEntityError).error as { detail: unknown[] }
    expect(detail).toHaveLength(2)
    for (const issue of detail) {
      expect(issue).toEqual({
        loc: ['query', expect.any(String)],
        msg: expect.any(String) as string,
        type: expect.any(String) as string,
      })
    }
  })

  test('AuthenticationError for 401 and PermissionDeniedError for 403', async () => {
    const locked = await lockedServer()
    const { key } = await locked.createKey('read')
    expect(await errorOf(clientOf(locked).steps.list())).toBeInstanceOf(AuthenticationError)
    const reader = clientOf(locked, { apiKey: key })
    expect(await errorOf(reader.steps.feedback.create(freshStepId(), { feedback: 'positive' }))).toBeInstanceOf(
      PermissionDeniedError,
    )
  })

  test('APIConnectionError when nobody listens', async () => {
    const nobody = new Letta({ baseURL: 'http://127.0.0.1:1', apiKey: null, maxRetries: 0, logLevel: 'off' })
    expect(await errorOf(nobody.steps.list())).toBeInstanceOf(APIConnectionError)
  })
})

async function lockedServer(): Promise<TestServer> {
  const locked = await startTestServer()
  onTestFinished(() => locked.close())
  return locked
}

/** A proxy that answers the first requests itself and forwards the others. Returns its URL and what it was asked. */
async function proxy(failures: { status: number; headers?: Record<string, string> }[]) {
  const asked: IncomingMessage[] = []
  const front = createServer((incoming, outgoing) => {
    const failure = failures[asked.push(incoming) - 1]
    if (failure) {
      outgoing.writeHead(failure.status, { 'Content-Type': 'application/json', ...failure.headers })
      outgoing.end('{"detail":"not now"}')
      return
    }
    const { method, url = '/', headers } = incoming
    const { host } = new URL(server.url)
    const onward = forward(`${server.url}${url}`, { method, headers: { ...headers, host } }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    front.closeAllConnections()
    await new Promise((resolve) => front.close(resolve))
  })
  return { url: `http://127.0.0.1:${(front.address() as AddressInfo).port}`, asked }
}

describe('retries', () => {
  const SOON = { 'Retry-After': '0.01' }

  test.each([408, 409, 429, 500, 503])('%i twice, then the answer: the user sees only the answer', async (status) => {
    const { url, asked } = await proxy([
      { status, headers: SOON },
      { status, headers: SOON },
    ])
    const [step] = await server.record([{}])
    expect((await clientOf({ url }).steps.retrieve(step?.id ?? '')).id).toBe(step?.id)
    expect(asked.map(({ headers }) => headers['x-stainless-retry-count'])).toEqual(['0', '1', '2'])
  })

  test('feedback that is sent three times has the effect of once', async () => {
    const { url } = await proxy([
      { status: 503, headers: SOON },
      { status: 503, headers: SOON },
    ])
    const [step] = await server.record([{}])
    const retried = await clientOf({ url }).steps.feedback.create(step?.id ?? '', { feedback: 'positive', tags: ['a'] })
    expect(retried).toMatchObject({ feedback: 'positive', tags: ['a'] })
  })

  test('three times in a row is an error', async () => {
    const { url, asked } = await proxy(Array.from({ length: 5 }, () => ({ status: 503, headers: SOON })))
    expect(await errorOf(clientOf({ url }).steps.list())).toBeInstanceOf(InternalServerError)
    expect(asked).toHaveLength(3)
  })

  test('x-should-retry: false is obeyed', async () => {
    const { url, asked } = await proxy([{ status: 503, headers: { 'x-should-retry': 'false' } }])
    expect(await errorOf(clientOf({ url }).steps.list())).toBeInstanceOf(InternalServerError)
    expect(asked).toHaveLength(1)
  })

  test.each([
    ['400', (c: Letta) => c.steps.list({ start_date: 'x' })],
    ['404', (c: Letta) => c.steps.retrieve(freshStepId())],
    ['422', (c: Letta) => c.steps.retrieve('step-1')],
  ])('our own %s is asked for once', async (status, ask) => {
    const { url, asked } = await proxy([])
    expect(await errorOf(ask(clientOf({ url })))).toMatchObject({ status: Number(status) })
    expect(asked).toHaveLength(1)
  })

  test('a walk survives failures in its middle', async () => {
    const agent_id = 'agent-walk'
    await server.record([{ agent_id }, { agent_id }, { agent_id }])
    const { url } = await proxy([
      { status: 503, headers: SOON },
      { status: 429, headers: SOON },
    ])
    const seen: string[] = []
    for await (const { id } of clientOf({ url }).steps.list({ agent_id, limit: 1 })) seen.push(id)
    expect(new Set(seen).size).toBe(3)
  })
})

describe('a server that is closing', () => {
  test('answers, refuses with 503, or is gone: the SDK has a class for each', async () => {
    const closing = await startTestServer()
    const calls = Array.from({ length: 20 }, () =>
      clientOf(closing, { maxRetries: 0 })
        .steps.list()
        .then(
          () => 'answered',
          (error: unknown) => error,
        ),
    )
    await closing.close()
    for (const outcome of await Promise.all(calls)) {
      const expected =
        outcome === 'answered' || outcome instanceof InternalServerError || outcome instanceof APIConnectionError
      expect(expected, String(outcome)).toBe(true)
    }
  })
})
