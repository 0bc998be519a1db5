/** Addresses, paths, headers and bodies as the SDK meets them (contract, sections 1.1 to 1.4; checklist 7). */
import Letta from '@letta-ai/letta-client'
import { afterAll, describe, expect, test } from 'vitest'
import { startTestServer } from '../support/server.ts'
import { clientOf, watchedClient } from './support.ts'

const server = await startTestServer()
afterAll(() => server.close())
const client = clientOf(server)
const [step] = await server.record([
  {
    run_id: 'run-1',
    agent_id: 'agent-1',
    messages: [{ role: 'user', content: 'Hi' }],
    metrics: { step_ns: 5 },
    provider_trace: { request_json: {}, response_json: {} },
    tags: ['t'],
  },
])
const id = step?.id ?? ''

describe('the address', () => {
  test("environment 'local' is the port that Stepledger listens on by default", () => {
    expect(new Letta({ environment: 'local', apiKey: null }).baseURL).toBe('http://localhost:8283')
  })

  test('a base URL with a trailing slash works too', async () => {
    const slashed = clientOf({ url: `${server.url}/` })
    expect((await slashed.steps.retrieve(id)).id).toBe(id)
    expect((await slashed.steps.list({ agent_id: 'agent-1' })).items).toHaveLength(1)
  })
})

describe('every path of the contract', () => {
  const PATHS = [
    '/v1/steps', `/v1/steps/${id}`, `/v1/steps/${id}/metrics`, `/v1/steps/${id}/trace`, `/v1/steps/${id}/messages`,
    '/v1/runs', '/v1/runs/active', '/v1/runs/run-1', '/v1/runs/run-1/steps', '/v1/runs/run-1/messages',
    '/v1/runs/run-1/usage', '/v1/runs/run-1/metrics', '/v1/runs/run-1/trace', '/v1/tags', '/v1/health', '/v1/ready',
    `/v1/telemetry/${id}`,
  ] // prettier-ignore

  test.each(PATHS)('%s is served in both spellings, without a redirect (D35)', async (path) => {
    const [plain, slashed] = await Promise.all([
      server.request(path, { redirect: 'manual' }),
      server.request(`${path}/`, { redirect: 'manual' }),
    ])
    expect(plain.status).toBe(200)
    expect(slashed.status).toBe(200)
    expect(plain.headers.get('content-type')).toContain('application/json')
    expect(await slashed.text()).toBe(await plain.text())
  })

  test.each([`/v1/steps/${id}/feedback`, `/v1/steps/${id}/transaction/t1`])('PATCH %s too', async (path) => {
    const request = {
      method: 'PATCH',
      body: '{}',
      headers: { 'Content-Type': 'application/json' },
      redirect: 'manual',
    } as const
    for (const spelling of [path, `${path}/`]) {
      const response = await server.request(spelling, request)
      expect(response.status).toBe(200)
      expect(await response.json()).toMatchObject({ id })
    }
  })

  test('a query works behind both spellings', async () => {
    for (const path of ['/v1/steps?limit=0', '/v1/steps/?limit=0']) {
      expect(await (await server.request(path)).json()).toEqual([])
    }
  })

  test('the SDK asks for collections with a slash and for the rest without', async () => {
    const { client: watched, requests } = watchedClient(server)
    await watched.steps.list()
    await watched.steps.retrieve(id)
    await watched.runs.list()
    await watched.tags.list()
    expect(requests).toEqual(['/v1/steps/', `/v1/steps/${id}`, '/v1/runs/', '/v1/tags/'])
  })

  test('retrieving the empty id is the list', async () => {
    expect(await client.steps.retrieve('')).toMatchObject([{ id }])
  })
})

describe('a list', () => {
  test.each([
    '/v1/steps/',
    '/v1/runs/',
    `/v1/steps/${id}/messages`,
    '/v1/runs/run-1/steps',
    '/v1/runs/run-1/messages',
    '/v1/tags/',
  ])('%s is a bare array with non-empty string ids, and [] when empty', async (path) => {
    const items = (await (await server.request(path)).json()) as unknown[]
    expect(items).toHaveLength(1)
    if (path !== '/v1/tags/') expect(items).toMatchObject([{ id: expect.stringMatching(/./) as string }])
    const empty = await server.request(`${path}?${path === '/v1/runs/' ? 'agent_id=nobody' : 'limit=0'}`)
    expect(empty.status).toBe(200)
    expect(await empty.text()).toBe('[]')
  })
})

describe('headers', () => {
  test('unknown ones and those of the SDK are ignored, and none is needed', async () => {
    const odd = {
      'X-Stainless-Lang': 'js',
      'X-Stainless-Retry-Count': '2',
      user_id: 'nonsense',
      'X-Odd': '1',
      Accept: 'text/html',
    }
    expect((await server.request('/v1/steps/', { headers: odd })).status).toBe(200)
  })

  test('a key is ignored as long as the ledger has none', async () => {
    expect((await clientOf(server, { apiKey: 'anything' }).steps.list()).items).toHaveLength(1)
  })
})

describe('health', () => {
  test('the SDK reads it', async () => {
    expect(await client.health()).toEqual({ version: expect.stringMatching(/^\d/) as string, status: 'ok' })
  })

  test('ready has the same shape', async () => {
    expect(await (await server.request('/v1/ready/')).json()).toEqual(await client.health())
  })
})

describe('what is not there', () => {
  test('/ leads to the reference page, for whoever opens the address in a browser', async () => {
    const response = await fetch(`${server.url}/`)
    expect([response.status, new URL(response.url).pathname]).toEqual([200, '/docs'])
  })

  test.each(['/v1/nothing', '/v1/steps/a/b/c', '/v2/steps/', '/v1', '/latest/none'])('%s is 404', async (path) => {
    const response = await server.request(path)
    expect(response.status).toBe(404)
    expect(await response.json()).toEqual({ detail: 'Not Found' })
  })

  test.each([
    ['DELETE', '/v1/steps/', 'GET, POST'],
    ['PUT', `/v1/steps/${id}`, 'GET, PATCH'],
    ['POST', `/v1/steps/${id}/feedback`, 'PATCH'],
    ['GET', `/v1/steps/${id}/feedback`, 'PATCH'],
    ['POST', '/v1/runs/', 'GET'],
    ['PATCH', '/v1/tags', 'GET'],
  ])('%s %s is 405 and says what is allowed', async (method, path, allow) => {
    const response = await server.request(path, { method })
    expect(response.status).toBe(405)
    expect(await response.json()).toEqual({ detail: 'Method Not Allowed' })
    expect(response.headers.get('allow')?.split(', ').toSorted().join(', ')).toBe(allow)
  })
})
