/** Bodies as they come over the wire: compressed, cut off, too large, too deep, not what they say. */
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'

const LIMIT = 100_000
let server: TestServer
/** With the default limit. */
let wide: TestServer

beforeAll(async () => {
  server = await startTestServer({ settings: { 'max-body-bytes': LIMIT } })
  wide = await startTestServer()
})
afterAll(async () => {
  await server.close()
  await wide.close()
})

const JSON_TYPE = { 'Content-Type': 'application/json' }

async function post(body: string | Uint8Array<ArrayBuffer> | null, headers: Record<string, string> = JSON_TYPE) {
  const response = await fetch(`${server.url}/v1/steps/`, { method: 'POST', headers, body })
  const answer = (await response.json()) as { detail?: unknown; id?: string }
  return { status: response.status, answer, detail: JSON.stringify(answer.detail) }
}

/** How many steps the ledger holds, to see that nothing was half-written. */
async function count(): Promise<number> {
  const response = await fetch(`${server.url}/v1/steps/?limit=1000&include_messages=false`)
  return ((await response.json()) as unknown[]).length
}

describe('a body', () => {
  test('may be gzipped', async () => {
    const { status } = await post(gzipSync('{"agent_id":"zipped"}'), { ...JSON_TYPE, 'Content-Encoding': 'gzip' })
    expect(status).toBe(201)
  })

  test('that says gzip and is not is refused', async () => {
    const { status, detail } = await post('{}', { ...JSON_TYPE, 'Content-Encoding': 'gzip' })
    expect([status, detail]).toEqual([422, expect.stringContaining('gzip')])
  })

  test('of an encoding that is not known is refused with its name', async () => {
    const { status, detail } = await post('{}', { ...JSON_TYPE, 'Content-Encoding': 'br' })
    expect([status, detail]).toEqual([422, expect.stringContaining("'br'")])
  })

  test('over the limit is refused with the limit and the setting', async () => {
    const { status, detail } = await post(JSON.stringify({ origin: 'x'.repeat(LIMIT) }))
    expect([status, detail]).toEqual([413, expect.stringMatching(/100000.*max-body-bytes/)])
  })

  test('that inflates beyond the limit is refused', async () => {
    const bomb = gzipSync(JSON.stringify({ origin: 'x'.repeat(LIMIT * 50) }))
    expect(bomb.length).toBeLessThan(LIMIT)
    const { status } = await post(bomb, { ...JSON_TYPE, 'Content-Encoding': 'gzip' })
    expect(status).toBe(413)
  })

  test('that is not JSON, not UTF-8 or cut off is refused', async () => {
    for (const body of ['{"agent_id":', 'agent', new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])]) {
      expect((await post(body)).status).toBe(422)
    }
  })

  test('that is not application/json is refused: a web page can send nothing else unasked', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
      const { status, detail } = await post('{}', { 'Content-Type': type })
      expect([status, detail]).toEqual([422, expect.stringContaining(type)])
    }
  })

  test('that is missing is refused', async () => {
    expect((await post(null)).status).toBe(422)
  })

  test('nested too deeply is refused, however deep', async () => {
    const before = await count()
    for (const depth of [600, 20_000]) {
      const nested = `${'['.repeat(depth)}${']'.repeat(depth)}`
      const trace = `{"provider_trace":{"request_json":{"x":${nested}},"response_json":{}}}`
      const message = `{"messages":[{"role":"assistant","content":[{"type":"tool_call","id":"1","name":"n","input":{"x":${nested}}}]}]}`
      for (const body of [nested, trace, message]) {
        const { status } = await post(body)
        expect(status, body.slice(0, 40)).toBe(422)
      }
    }
    expect(await count()).toBe(before)
  })
})

describe('a step', () => {
  test('of very many small values is refused before it can hold up the server, and the answer is short', async () => {
    for (const element of ['{}', '{"role":"user"}']) {
      const body = `{"messages":[${Array.from({ length: 60_000 }, () => element).join(',')}]}`
      const response = await fetch(`${wide.url}/v1/steps/`, { method: 'POST', headers: JSON_TYPE, body })
      expect(response.status).toBe(422)
      expect((await response.text()).length).toBeLessThan(5000)
    }
  })

  test('with many faults is told the first ones and how many more there are', async () => {
    const { status, answer } = await post(JSON.stringify({ messages: Array.from({ length: 100 }, () => ({})) }))
    expect(status).toBe(422)
    const detail = (answer as { detail: { msg: string }[] }).detail
    expect([detail.length, detail.at(-1)?.msg]).toEqual([21, 'and 80 more faults'])
  })

  test.each([
    { messages: [{ role: 'user', agent_id: 'other' }] },
    { agent_id: 'a', messages: [{ role: 'user', agent_id: 'b' }] },
    { run_id: 'r', metrics: { run_id: 'other' } },
    { provider_trace: { request_json: {}, response_json: {}, step_id: 'step-1' } },
    { provider_trace: { request_json: {}, response_json: {}, updated_at: '2026-01-01' } },
  ])('whose parts say something else than itself is refused: %j', async (step) => {
    expect((await post(JSON.stringify(step))).status).toBe(422)
  })
})

test('a page of steps with large messages ends early, and a walk still meets each of them', async () => {
  const agent_id = 'large'
  for (let i = 0; i < 5; i++) {
    const body = JSON.stringify({ agent_id, messages: [{ role: 'user', content: 'x'.repeat(6_000_000) }] })
    const response = await fetch(`${wide.url}/v1/steps/`, { method: 'POST', headers: JSON_TYPE, body })
    expect(response.status).toBe(201)
  }
  const seen: string[] = []
  for (let after = ''; ; after = seen.at(-1) as string) {
    const response = await fetch(`${wide.url}/v1/steps/?agent_id=${agent_id}&after=${after}`)
    const page = (await response.json()) as { id: string }[]
    if (page.length === 0) break
    expect(page.length).toBeLessThan(5)
    seen.push(...page.map((step) => step.id))
  }
  expect(new Set(seen).size).toBe(5)
})

describe('an array', () => {
  test('with one bad element is refused whole, naming element and field', async () => {
    const before = await count()
    const { status, answer } = await post(JSON.stringify([{ agent_id: 'a' }, { promt_tokens: 1 }, { status: 'done' }]))
    expect(status).toBe(422)
    expect((answer as { detail: { loc: unknown }[] }).detail[0]?.loc).toEqual(['body', 1, 'promt_tokens'])
    expect(await count()).toBe(before)
  })

  test('of more than 1,000 steps is refused with the limit', async () => {
    const { status, detail } = await post(JSON.stringify(Array.from({ length: 1001 }, () => ({}))))
    expect([status, detail]).toEqual([422, expect.stringContaining('1000')])
  })

  test('of no steps is an empty array', async () => {
    const { status, answer } = await post('[]')
    expect([status, answer]).toEqual([200, []])
  })
})

test.each([
  ['agent_id', ''],
  ['agent_id', 'a'.repeat(256)],
  ['agent_id', 'a\u0000b'],
  ['agent_id', 7],
  ['prompt_tokens', -1],
  ['prompt_tokens', 1.5],
  ['prompt_tokens', '12'],
  ['created_at', '2025-02-31'],
  ['created_at', '9999-01-01'],
  ['id', 'step-1'],
  ['id', 'STEP-123e4567-e89b-42d3-8456-426614174000'],
  ['error_data', 'text'],
  ['error_data', []],
  ['tags', 'one'],
  ['tags', [1]],
  ['metrics', { step_ns: 1.5 }],
  ['metrics', { step_ns: '9223372036854775808' }],
  ['messages', [{ role: 'robot' }]],
  ['provider_trace', { request_json: {} }],
])('a step with %s = %j is refused with the field and the value', async (field, value) => {
  const { status, answer } = await post(JSON.stringify({ [field]: value }))
  expect(status).toBe(422)
  const [issue] = (answer as { detail: { loc: (string | number)[]; msg: string }[] }).detail
  expect(issue?.loc.slice(0, 2)).toEqual(['body', field])
  expect(issue?.msg).toMatch(/got /)
})
