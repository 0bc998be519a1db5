/** OTLP/HTTP over a real socket: the table of the mapping's section 1. */
import { request as httpRequest } from 'node:http'
import { deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { LedgerError } from '../../src/domain/errors.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { answerFromProtobuf, capturedRequests, CollectingIngest, logs, span, toProtobuf, traces } from './support.ts'

const PROTOBUF = 'application/x-protobuf'
const JSON_TYPE = 'application/json'
const LIMIT = 200_000
const ingest = new CollectingIngest()
let server: TestServer
beforeAll(async () => {
  const settings = {
    'max-body-bytes': LIMIT,
    'otlp-port': 0,
    'otlp-prefixes': ['my/gateway/'],
    'log-level': 'silent',
  }
  server = await startTestServer({ ingest, settings })
})
afterAll(() => server.close())
beforeEach(() => ingest.clear())

interface Answer {
  status: number
  type: string | undefined
  headers: Record<string, string | string[] | undefined>
  body: Buffer
}

/** One request as exporters make it: chunked, without a length. */
function post(
  path: string,
  type: string | undefined,
  body: Buffer | string,
  headers: Record<string, string> = {},
  url = server.url,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = { ...(type !== undefined && { 'Content-Type': type }), ...headers }
    const request = httpRequest(url + path, { method: 'POST', headers: sent }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const { 'content-type': answered } = response.headers
        const status = response.statusCode ?? 0
        resolve({ status, type: answered, headers: response.headers, body: Buffer.concat(chunks) })
      })
    })
    request.on('error', reject)
    const bytes = Buffer.from(body)
    for (let at = 0; at < bytes.length; at += 50_000) request.write(bytes.subarray(at, at + 50_000))
    request.end()
  })
}

const EMPTY = { [PROTOBUF]: Buffer.alloc(0), [JSON_TYPE]: Buffer.from('{}') }
const asJson = (request: unknown) => JSON.stringify(request)
const asProtobuf = (request: unknown) => toProtobuf('traces', request)
const messageOf = ({ type, body }: Answer) =>
  (type === PROTOBUF ? answerFromProtobuf('status', body) : (JSON.parse(String(body)) as { message: string }))[
    'message'
  ]

const PREFIXES = ['', '/api/public/otel', '/otel', '/my/gateway']
const ENCODINGS = [
  ['protobuf', PROTOBUF, asProtobuf(traces(span(1), span(2)))],
  ['json', JSON_TYPE, asJson(traces(span(1), span(2)))],
] as const

describe.each(ENCODINGS)('%s', (_, type, body) => {
  test.each(PREFIXES)("spans under '%s' are taken, the answer is empty and of the same type", async (prefix) => {
    for (const path of [`${prefix}/v1/traces`, `${prefix}/v1/traces/`]) {
      ingest.clear()
      expect(await post(path, type, body)).toMatchObject({ status: 200, type, body: EMPTY[type] })
      expect(ingest.spansTaken.map(({ name }) => name)).toEqual(['chat 1', 'chat 2'])
    }
  })

  test('logs', async () => {
    const records = logs({ timeUnixNano: '1', eventName: 'api_request' })
    const sent = type === JSON_TYPE ? asJson(records) : toProtobuf('logs', records)
    expect(await post('/v1/logs', type, sent)).toMatchObject({ status: 200, type, body: EMPTY[type] })
    expect(ingest.logsTaken).toMatchObject([{ eventName: 'api_request', scope: { name: 'lib' } }])
  })

  test.each(PREFIXES.flatMap((prefix) => [`${prefix}/v1/metrics`, `${prefix}/v1development/profiles`]))(
    '%s is answered politely, whatever it holds',
    async (path) => {
      for (const sent of [body, '', 'anything']) {
        expect(await post(path, type, sent)).toMatchObject({ status: 200, type, body: EMPTY[type] })
      }
      expect(ingest.requests).toBe(0)
    },
  )

  test('an empty request is a success', async () => {
    for (const sent of ['', type === JSON_TYPE ? '{}' : '']) {
      expect(await post('/v1/traces', type, sent)).toMatchObject({ status: 200, type, body: EMPTY[type] })
      expect(await post('/v1/logs', type, sent)).toMatchObject({ status: 200, type, body: EMPTY[type] })
    }
  })

  test('the type in any case and with parameters', async () => {
    const { status, type: answered } = await post('/v1/traces', `${type.toUpperCase()} ; charset=utf-8`, body)
    expect([status, answered]).toEqual([200, type])
  })

  test.each([
    ['identity', (bytes: Buffer) => bytes],
    ['', (bytes: Buffer) => bytes],
    ['gzip', gzipSync],
    ['GZIP', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['zstd', zstdCompressSync],
  ] as const)('content encoding %j', async (encoding, compress) => {
    const { status } = await post('/v1/traces', type, compress(Buffer.from(body)), { 'Content-Encoding': encoding })
    expect([status, ingest.spansTaken.length]).toEqual([200, 2])
  })

  test('a length is believed', async () => {
    const headers = { 'Content-Length': String(Buffer.byteLength(body)) }
    expect(await post('/v1/traces', type, body, headers)).toMatchObject({ status: 200 })
  })

  test('some spans refused: the others are taken, and the answer says how many and why', async () => {
    const request = traces(span(1), span(2, { traceId: '' }), span(3, { startTimeUnixNano: '0' }))
    const answer = await post('/v1/traces', type, type === JSON_TYPE ? asJson(request) : asProtobuf(request))
    expect(answer).toMatchObject({ status: 200, type })
    const told =
      type === JSON_TYPE
        ? (JSON.parse(String(answer.body)) as unknown)
        : answerFromProtobuf('tracesAnswer', answer.body)
    const errorMessage = 'refused: 1 with no trace id, 1 with no start time that can be read'
    expect(told).toEqual({ partialSuccess: { rejectedSpans: '2', errorMessage } })
    expect(ingest.spansTaken.map(({ name }) => name)).toEqual(['chat 1'])
  })

  test('a warning comes with nothing refused', async () => {
    ingest.result = { rejected: 0, message: 'attributes were dropped 💧' }
    const { body: told } = await post('/v1/traces', type, body)
    const { partialSuccess } = type === JSON_TYPE ? JSON.parse(String(told)) : answerFromProtobuf('tracesAnswer', told)
    expect(Number(partialSuccess.rejectedSpans ?? 0)).toBe(0)
    expect(partialSuccess.errorMessage).toBe('attributes were dropped 💧')
  })

  test.each([
    ['cut off', (bytes: Buffer) => bytes.subarray(0, -3), {}, 400, /^body: is not/],
    ['not what its type says', () => Buffer.from('\x0fhello'), {}, 400, /^body: is not/],
    ['not compressed as it says', (bytes: Buffer) => bytes, { 'Content-Encoding': 'gzip' }, 400, /is not gzip/],
    [
      'compressed and cut off',
      (bytes: Buffer) => gzipSync(bytes).subarray(0, -9),
      { 'Content-Encoding': 'gzip' },
      400,
      /is not gzip/,
    ],
    ['broken deflate', () => Buffer.from('x\x9cxx'), { 'Content-Encoding': 'deflate' }, 400, /is not deflate/],
    ['broken zstd', (bytes: Buffer) => bytes, { 'Content-Encoding': 'zstd' }, 400, /is not zstd/],
    [
      'cut zstd',
      (bytes: Buffer) => zstdCompressSync(bytes).subarray(0, -4),
      { 'Content-Encoding': 'zstd' },
      400,
      /is not/,
    ],
    ['of an unknown encoding', (bytes: Buffer) => bytes, { 'Content-Encoding': 'br' }, 415, /one of identity.*'br'/],
    ['twice encoded', (bytes: Buffer) => bytes, { 'Content-Encoding': 'gzip, gzip' }, 415, /one of identity/],
    ['too large', () => Buffer.alloc(LIMIT + 1), {}, 413, /larger than 200000.*max-body-bytes/],
    [
      'announced too large',
      () => Buffer.alloc(0),
      // What was announced never comes, so nothing may follow on this connection.
      { 'Content-Length': String(LIMIT + 1), Connection: 'close' },
      413,
      /larger/,
    ],
    [
      'too large inflated',
      () => gzipSync(Buffer.alloc(LIMIT + 1)),
      { 'Content-Encoding': 'gzip' },
      413,
      /larger than 200000/,
    ],
    ['a zstd bomb', () => zstdCompressSync(Buffer.alloc(50 * LIMIT)), { 'Content-Encoding': 'zstd' }, 413, /larger/],
    ['a deflate bomb', () => deflateSync(Buffer.alloc(50 * LIMIT)), { 'Content-Encoding': 'deflate' }, 413, /larger/],
    ['for another host', (bytes: Buffer) => bytes, { Host: 'example.org' }, 403, /not this machine/],
    ['from a page', (bytes: Buffer) => bytes, { Origin: 'https://evil.example' }, 403, /not allowed/],
    ['for a project that is not there', (bytes: Buffer) => bytes, { 'X-Project': 'nowhere' }, 404, /nowhere/],
  ] as const)('a body that is %s', async (_name, change, headers, status, message) => {
    const answer = await post('/v1/traces', type, change(Buffer.from(body)), headers)
    expect([answer.status, answer.type, messageOf(answer)]).toEqual([status, type, expect.stringMatching(message)])
    expect(answer.headers['retry-after']).toBeUndefined()
    expect(ingest.requests).toBe(0)
  })

  test.each([
    ['a store that asks for patience', new LedgerError('unavailable', 'the disk is busy'), /^the disk is busy$/],
    ['an error of ours', new TypeError('secret detail'), /^The ledger cannot take this now/],
  ])('%s is 503 with Retry-After', async (_name, failure, message) => {
    ingest.failures.push(failure)
    const answer = await post('/v1/traces', type, body)
    expect([answer.status, answer.type, answer.headers['retry-after']]).toEqual([503, type, '1'])
    expect(messageOf(answer)).toMatch(message)
    expect((await post('/v1/traces', type, body)).status).toBe(200)
  })
})

test.each([undefined, 'text/plain', 'application/x-www-form-urlencoded', 'application/x-protobuff'])(
  'content type %s is 415, told in JSON',
  async (type) => {
    for (const path of ['/v1/traces', '/v1/logs', '/v1/metrics']) {
      const answer = await post(path, type, 'x')
      expect([answer.status, answer.type]).toEqual([415, JSON_TYPE])
      expect(messageOf(answer)).toContain(PROTOBUF)
    }
  },
)

test('another method is 405 with Allow', async () => {
  const response = await fetch(`${server.url}/v1/traces`)
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
  expect(await response.json()).toEqual({ message: 'Method Not Allowed' })
})

test('the OTLP port serves the same app behind the same guard', async () => {
  const otlp = server.otlpUrl ?? ''
  expect(otlp).not.toBe(server.url)
  for (const [, type, body] of ENCODINGS) {
    expect((await post('/v1/traces', type, body, {}, otlp)).status).toBe(200)
    expect((await post('/v1/traces', type, body, { Host: 'example.org' }, otlp)).status).toBe(403)
  }
  expect(ingest.spansTaken.length).toBe(4)
  expect((await fetch(`${otlp}/v1/health`)).status).toBe((await fetch(`${server.url}/v1/health`)).status)
})

test('the reference tells of them', async () => {
  const { paths } = (await (await server.request('/openapi.json')).json()) as { paths: Record<string, any> } // oxlint-disable-line typescript/no-explicit-any
  expect(Object.keys(paths).filter((path) => /otel|v1\/(traces|logs|metrics)/.test(path))).toEqual([
    '/v1/traces',
    '/v1/logs',
    '/v1/metrics',
  ])
  expect(Object.keys(paths['/v1/traces'].post.requestBody.content)).toEqual([JSON_TYPE, PROTOBUF])
  expect(await (await server.request('/docs')).text()).toContain('exportTraces')
})

describe('keys', () => {
  const [, type, body] = ENCODINGS[0]
  const basic = (text: string) => ({ Authorization: `Basic ${Buffer.from(text).toString('base64')}` })
  let keyed: TestServer
  let key: string
  let readKey: string
  const collected = new CollectingIngest()
  beforeAll(async () => {
    keyed = await startTestServer({ ingest: collected })
    await keyed.createProject('shop')
    ;({ key } = await keyed.createKey('write', 'shop'))
    ;({ key: readKey } = await keyed.createKey('read'))
  })
  afterAll(() => keyed.close())

  test('as exporters and the SDKs of other products send them', async () => {
    const sent: Record<string, string>[] = [
      { Authorization: `Bearer ${key}` },
      { 'x-api-key': key },
      basic(`pk-lf-1:${key}`),
      basic(`${key}:`),
      basic(key),
      { ...basic('someone:else'), 'x-api-key': key },
    ]
    for (const headers of sent) {
      expect([headers, (await post('/v1/traces', type, body, headers, keyed.url)).status]).toEqual([headers, 200])
    }
    expect(collected.projects).toEqual(sent.map(() => 'shop'))
  })

  test('missing, wrong or for reading only: refused in the form of the request', async () => {
    const cases = [
      [{}, 401],
      [basic('pk:sk'), 401],
      [{ Authorization: 'Basic %%%' }, 401],
      [{ 'x-api-key': readKey }, 403],
      [{ 'x-api-key': key, 'x-project': 'other' }, 404],
    ] as const
    for (const [headers, status] of cases) {
      for (const [, each, bytes] of ENCODINGS) {
        const answer = await post('/v1/metrics', each, bytes, headers, keyed.url)
        expect([answer.status, answer.type]).toEqual([status, each])
        expect(messageOf(answer)).not.toBe('')
      }
    }
  })
})

/** Takes spans when it is let. */
class SlowIngest extends CollectingIngest {
  readonly reached = Promise.withResolvers<void>()
  readonly blocked = Promise.withResolvers<void>()

  override async spans(...request: Parameters<CollectingIngest['spans']>) {
    this.reached.resolve()
    await this.blocked.promise
    return super.spans(...request)
  }
}

test('more at once than there is memory for is 503, and goes through later', async () => {
  const slow = new SlowIngest()
  const busy = await startTestServer({ ingest: slow, settings: { 'max-body-bytes': LIMIT, 'log-level': 'silent' } })
  const [, type] = ENCODINGS[0]
  const large = asProtobuf(traces(span(1, { name: 'x'.repeat(LIMIT - 1000) })))
  const answers = Array.from({ length: 5 }, () => post('/v1/traces', type, large, {}, busy.url))
  const first = await Promise.race(answers)
  expect([first.status, first.type, first.headers['retry-after']]).toEqual([503, type, '1'])
  slow.blocked.resolve()
  const statuses = (await Promise.all(answers)).map(({ status }) => status)
  expect(statuses.toSorted()).toEqual([200, 200, 200, 200, 503])
  expect((await post('/v1/traces', type, large, {}, busy.url)).status).toBe(200)
  await busy.close()
})

test('a server that closes answers 503, in the form of the request', async () => {
  const slow = new SlowIngest()
  const closing = await startTestServer({ ingest: slow, settings: { 'otlp-port': 0 } })
  const [, type, body] = ENCODINGS[0]
  const inFlight = post('/v1/traces', type, body, {}, closing.otlpUrl ?? '')
  await slow.reached.promise
  const closed = closing.close()
  for (const url of [closing.url, closing.otlpUrl ?? '']) {
    const answer = await post('/v1/traces', type, body, {}, url)
    expect([answer.status, answer.type, answer.headers['retry-after']]).toEqual([503, type, '1'])
    expect(messageOf(answer)).toMatch(/shutting down/)
  }
  slow.blocked.resolve()
  expect((await inFlight).status).toBe(200)
  await closed
})

test('every captured request is taken as it was sent', async () => {
  const wide = await startTestServer({ ingest })
  for (const { path, headers, sent, name } of capturedRequests()) {
    const { 'content-type': type, 'content-encoding': encoding } = headers
    const answer = await post(path, type, sent, encoding ? { 'Content-Encoding': encoding } : {}, wide.url)
    expect([name, answer.status, answer.type]).toEqual([name, 200, type])
  }
  await wide.close()
})
