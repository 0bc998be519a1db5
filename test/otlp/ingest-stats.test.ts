/** What is told of telemetry: statistics and rejections over HTTP, and errors as exporters must see them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LedgerError } from '../../src/domain/errors.ts'
import { isLoss, LOSSES, OUTCOME_NAMES } from '../../src/domain/ingest.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { capturedRequests, CollectingIngest, span, toProtobuf, traces, type CapturedRequest } from './support.ts'

interface Stats extends Record<string, unknown> {
  signal: string
  last_at: string | null
  dialects: (Record<string, number> & { dialect: string })[]
}

interface Rejection {
  reason: string
  explanation: string
  signal: string
  dialect: string
  count: number
  last_at: string
  sample: string | null
}

const captured = capturedRequests()
const sent = (name: string) => captured.filter((request) => request.name.startsWith(`${name}/`))

describe.each(['sqlite', 'postgres'] as const)('%s', (store) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer({ store })
  })
  afterAll(() => server.close())

  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    server.request(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: body instanceof Buffer ? new Uint8Array(body) : JSON.stringify(body),
    })
  const replay = async (request: CapturedRequest, headers: Record<string, string> = {}) => {
    const type = request.encoding === 'json' ? 'application/json' : 'application/x-protobuf'
    const answer = await post(`/v1/${request.signal}`, request.body, { 'Content-Type': type, ...headers })
    expect(answer.status).toBe(200)
    return answer
  }
  const get = async <T>(path: string, headers: Record<string, string> = {}) => {
    const answer = await server.request(path, { headers })
    expect(answer.status).toBe(200)
    return (await answer.json()) as T
  }

  test('of a ledger that never met telemetry: zeros, and no rejections', async () => {
    await server.createProject('empty')
    const scope = { 'X-Project': 'empty' }
    const zeros = Object.fromEntries(OUTCOME_NAMES.map((name) => [name, 0]))
    expect(await get('/v1/ingest/stats', scope)).toEqual(
      ['traces', 'logs'].map((signal) => ({ signal, ...zeros, last_at: null, dialects: [] })),
    )
    expect(await get('/v1/ingest/rejections', scope)).toEqual([])
  })

  test.skipIf(captured.length === 0)('count what arrived, what it became, and what came again', async () => {
    await server.createProject('counted')
    const scope = { 'X-Project': 'counted' }
    const requests = [...sent('vercel-ai6-openai-tool-loop'), ...sent('otel-openai-chat-tools-with-logs')]
    const made = [0, 0, 0]
    for (let round = 0; round < 2; round++) {
      for (const request of requests) {
        const { headers } = await replay(request, scope)
        for (const [i, name] of ['created', 'updated', 'duplicates'].entries()) {
          made[i] = (made[i] ?? 0) + Number(headers.get(`stepledger-${name}`))
        }
      }
    }
    const [spans, logs] = await get<[Stats, Stats]>('/v1/ingest/stats', scope)
    // As these captures are: one made of 6 spans with 3 calls, one of 3 spans with 2 calls and 8 records of messages.
    expect(spans).toMatchObject({ received: 18, step: 5, folded: 0 })
    expect(logs).toMatchObject({ received: 16, step: 0, updated: 2 })
    expect(made).toEqual([5, 2, Number(spans['duplicate']) + Number(logs['duplicate'])])
    expect(spans.last_at).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/)
    const dialects = spans.dialects.map(({ dialect }) => dialect)
    expect(dialects).toEqual(expect.arrayContaining(['vercel', 'gen_ai']))
    for (const stats of [spans, logs]) {
      for (const name of OUTCOME_NAMES) {
        const sum = stats.dialects.reduce((all, each) => all + (each[name] ?? 0), 0)
        expect([name, sum]).toEqual([name, stats[name]])
      }
    }
    // Another tenant sees nothing of it.
    expect((await get<Stats[]>('/v1/ingest/stats'))[0]).toMatchObject({ received: 0 })
  })

  test('a request that cannot be read at all is refused, counted, and told with what is wrong with it', async () => {
    await server.createProject('unreadable')
    const scope = { 'X-Project': 'unreadable' }
    expect((await post('/v1/traces', Buffer.from('{"resourceSpans": 3}'), scope)).status).toBe(400)
    const headers = { ...scope, 'Content-Type': 'application/x-protobuf' }
    expect((await post('/v1/logs', Buffer.from([0x0a, 0xff, 0x01, 0x00]), headers)).status).toBe(400)
    const found = await get<Rejection[]>('/v1/ingest/rejections', scope)
    const told = found.map(({ reason, signal, dialect, count }) => `${reason} ${signal} ${dialect} ${count}`)
    expect(told.toSorted()).toEqual(['unreadable_request logs none 1', 'unreadable_request traces none 1'])
    expect(found.map(({ sample }) => sample)).toContainEqual(expect.stringContaining('protobuf'))
    expect((await get<Stats[]>('/v1/ingest/stats', scope))[0]).toMatchObject({ received: 0, step: 0 })
  })

  test('a request that holds another signal than its path says is told so, and one that holds nothing is not', async () => {
    await server.createProject('misplaced')
    const scope = { 'X-Project': 'misplaced' }
    const said = async (path: string, body: unknown, headers = {}) =>
      (await (await post(path, body, { ...scope, ...headers })).text()).replaceAll(/[^ -~]/g, '')
    expect(await said('/v1/traces', { resourceLogs: [{ scopeLogs: [{ logRecords: [{}] }] }] })).toContain('/v1/logs')
    expect(await said('/v1/logs', traces(span(0)))).toContain('/v1/traces')
    expect(await said('/v1/traces', { resource_spans: [] })).toContain("'resource_spans'; here 'resourceSpans' is read")
    const type = { 'Content-Type': 'application/x-protobuf' }
    expect(await said('/v1/logs', toProtobuf('traces', traces(span(0))), type)).toContain('refused')
    expect(await said('/v1/traces', {})).toBe('{}')
    expect(await said('/v1/traces', { resourceSpans: [] })).toBe('{}')
    expect(await said('/v1/traces', { foo: 1, resourceSpans: [] })).toBe('{}')
    const found = await get<Rejection[]>('/v1/ingest/rejections', scope)
    expect(found.map(({ signal, count }) => `${signal} ${count}`).toSorted()).toEqual(['logs 1', 'logs 1', 'traces 2'])
  })

  test('rejections say reason, dialect, count, when and a sample, the latest first', async () => {
    await server.createProject('lossy')
    const scope = { 'X-Project': 'lossy' }
    const before = new Date().toISOString()
    const bad = [span(1, { traceId: '' }), span(2, { startTimeUnixNano: '0' }), span(3, { startTimeUnixNano: 0 })]
    const answer = await post('/v1/traces', traces(span(0), ...bad), scope)
    expect(await answer.json()).toMatchObject({ partialSuccess: { rejectedSpans: '3' } })
    expect(answer.headers.get('stepledger-rejected')).toBe('3')
    const cut = { key: 'gen_ai.input.messages', value: { stringValue: '[{"role":"user","parts":[{"ty' } }
    const model = { key: 'gen_ai.request.model', value: { stringValue: 'gpt-5' } }
    const operation = { key: 'gen_ai.operation.name', value: { stringValue: 'chat' } }
    expect((await post('/v1/traces', traces(span(4, { attributes: [operation, model, cut] })), scope)).status).toBe(200)

    const found = await get<Rejection[]>('/v1/ingest/rejections', scope)
    expect(found.map(({ reason, signal, dialect, count }) => [reason, signal, dialect, count])).toEqual(
      expect.arrayContaining([
        ['truncated_json', 'traces', 'gen_ai', 1],
        ['no_trace_id', 'traces', 'none', 1],
        ['no_start_time', 'traces', 'none', 2],
      ]),
    )
    expect(found[0]?.reason).toBe('truncated_json')
    for (const { reason, explanation, last_at, sample } of found) {
      expect(isLoss(reason) && LOSSES[reason]).toBe(explanation)
      expect(last_at >= before.slice(0, 19)).toBe(true)
      expect(sample).toEqual(expect.any(String))
    }
    const sample = found.find(({ reason }) => reason === 'no_start_time')?.sample ?? ''
    expect(JSON.parse(sample)).toMatchObject({ name: 'chat 2', span_id: expect.any(String) })
    const [stats] = await get<[Stats]>('/v1/ingest/stats', scope)
    expect(stats).toMatchObject({ received: 5, step: 1 })
  })
})

test('a key that may read suffices; none is refused', async () => {
  const server = await startTestServer()
  try {
    const { key } = await server.createKey('read')
    for (const path of ['/v1/ingest/stats', '/v1/ingest/rejections']) {
      expect((await server.request(path)).status).toBe(401)
      expect((await server.request(path, { headers: { Authorization: `Bearer ${key}` } })).status).toBe(200)
    }
    const document = (await (await server.request('/openapi.json')).json()) as { paths: Record<string, unknown> }
    expect(Object.keys(document.paths)).toEqual(expect.arrayContaining(['/v1/ingest/stats', '/v1/ingest/rejections']))
  } finally {
    await server.close()
  }
})

test.each([
  ['a conflict between writers', new LedgerError('conflict', 'The group goes on with part 2')],
  ['a database that is away', new LedgerError('unavailable', 'The database does not answer')],
  ['a full disk, a bug', new Error('SQLITE_FULL')],
])('%s is 503 with Retry-After to exporters, in both encodings and signals', async (_, failure) => {
  const ingest = new CollectingIngest()
  const server = await startTestServer({ ingest, settings: { 'log-level': 'silent' } })
  try {
    for (const type of ['application/json', 'application/x-protobuf']) {
      for (const path of ['/v1/traces', '/v1/logs']) {
        ingest.failures.push(failure)
        const body = type.endsWith('json') ? '{}' : ''
        const answer = await server.request(path, { method: 'POST', headers: { 'Content-Type': type }, body })
        expect([answer.status, answer.headers.get('content-type')]).toEqual([503, type])
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
      }
    }
  } finally {
    await server.close()
  }
})
