/** How parameters are read (contract, sections 2.2, 2.3 and 2.9; checklist 4, 6, 8). */
import type { StepListParams } from '@letta-ai/letta-client/resources/steps'
import { afterAll, describe, expect, test } from 'vitest'
import { startTestServer } from '../support/server.ts'
import { at, clientOf, fresh, idsOf, stepId, steps, watchedClient } from './support.ts'

const server = await startTestServer()
afterAll(() => server.close())
const client = clientOf(server)

async function raw(query: string): Promise<{ status: number; body: unknown }> {
  const response = await server.request(`/v1/steps/${query}`)
  return { status: response.status, body: await response.json() }
}

const agent_id = 'agent-parameters'
const recorded = await server.record(steps(4, agent_id, 1e6, { tags: ['t'], trace_id: 'x' }))
const newestFirst = idsOf(recorded).toReversed()
/** The middle one is at 12:00:00.000001Z. */
const TIMES = ['2026-03-01T12:00:00.000000Z', '2026-03-01T12:00:00.000001Z', '2026-03-01T12:00:00.000002Z'] as const
const [first, middle, last] = [stepId(1), stepId(2), stepId(3)]
await server.record(TIMES.map((created_at, i) => ({ id: stepId(i + 1), agent_id: 'agent-dates', created_at })))
/** Ids of a raw query of this agent. */
async function ids(query: string) {
  const { status, body } = await raw(`?agent_id=${agent_id}&${query}`)
  expect(status, JSON.stringify(body)).toBe(200)
  return idsOf(body as { id: string }[])
}

describe('nothing given (D22)', () => {
  const EVERY = {
    before: null,
    after: null,
    limit: null,
    order: null,
    order_by: null,
    start_date: null,
    end_date: null,
    model: null,
    agent_id: null,
    trace_ids: null,
    feedback: null,
    has_feedback: null,
    tags: null,
    project_id: null,
    run_id: null,
    status: null,
    stop_reason: null,
    provider_name: null,
    model_handle: null,
    error_type: null,
    match_all_tags: null,
    include_messages: null,
  }

  test('every parameter null is the call without parameters', async () => {
    const { client: watched, requests } = watchedClient(server)
    const page = await watched.steps.list(EVERY)
    expect(requests[0]).toContain('limit=&order=&')
    expect(page.items).toEqual((await client.steps.list()).items)
  })

  test.each(Object.keys(EVERY))('an empty %s is an absent one', async (name) => {
    expect((await raw(`?${name}=`)).body).toEqual((await raw('')).body)
    expect((await raw(`?${name}`)).status).toBe(200)
  })

  test('empty values of a list are dropped', async () => {
    expect(await ids('tags=&tags=t&tags=')).toEqual(newestFirst)
    expect(await ids('tags=&tags=nowhere')).toEqual([])
    expect(await ids('trace_ids=&trace_ids=')).toEqual(newestFirst)
  })

  test('undefined is an absent one', async () => {
    const page = await client.steps.list({ agent_id, limit: undefined, order: undefined } as unknown as StepListParams)
    expect(idsOf(page.items)).toEqual(newestFirst)
  })
})

describe('a scalar given more than once', () => {
  test('counts by its last value', async () => {
    expect(await ids('limit=3&limit=1')).toHaveLength(1)
    expect(await ids('order=desc&order=asc')).toEqual(newestFirst.toReversed())
    expect(await ids('agent_id=nobody&limit=5&agent_id=agent-parameters')).toEqual(newestFirst)
  })
})

describe('limit (D24)', () => {
  test.each([
    ['0', 0],
    ['1', 1],
    ['3', 3],
    ['4', 4],
    ['1000000000', 4],
    ['9223372036854775808', 4],
    ['%2B2', 2],
    ['2.0', 2],
    ['002', 2],
    ['99999999999999999999999999', 4],
    ['-0', 0],
  ])('%s gives %i steps', async (limit, count) => {
    expect(await ids(`limit=${limit}`)).toEqual(newestFirst.slice(0, count))
  })

  test.each(['-1', 'abc', '1e3', '2.5', '0x10', '1,000', '∞', 'NaN', 'true', '-9223372036854775809', ' '])(
    '%j is 422 and named',
    async (limit) => {
      const { status, body } = await raw(`?limit=${encodeURIComponent(limit)}`)
      expect(status).toBe(422)
      expect(body).toMatchObject({
        detail: [{ loc: ['query', 'limit'], msg: expect.any(String), type: expect.any(String) }],
      })
    },
  )

  test('is capped at 1000 without an error, and a walk still sees all', async () => {
    const agent = fresh('agent')
    await server.record(steps(1000, agent, 1))
    await server.record(steps(1, agent, 1))
    const page = await client.steps.list({ agent_id: agent, limit: 1e9 })
    expect(page.items).toHaveLength(1000)
    expect((await page.getNextPage()).items).toHaveLength(1)
  })
})

describe('words and flags', () => {
  test.each([
    'order=ASC',
    'order=newest',
    'order_by=id',
    'order_by=CREATED_AT',
    'feedback=Positive',
    'has_feedback=maybe',
    'has_feedback=2',
    'match_all_tags=x',
    'include_messages=x',
  ])('%s is 422 and named', async (query) => {
    const { status, body } = await raw(`?${query}`)
    expect(status).toBe(422)
    expect(body).toMatchObject({ detail: [{ loc: ['query', query.split('=')[0]] }] })
  })

  test.each(['true', 'True', 'TRUE', '1', 't', 'T', 'yes', 'Yes', 'y', 'on'])('%s is true', async (word) => {
    expect(await ids(`has_feedback=${word}`)).toEqual([])
  })

  test.each(['false', 'False', '0', 'f', 'F', 'no', 'No', 'n', 'off', 'OFF'])('%s is false', async (word) => {
    expect(await ids(`has_feedback=${word}`)).toEqual(newestFirst)
  })

  test('order_by=created_at changes nothing', async () => {
    expect(await ids('order_by=created_at')).toEqual(newestFirst)
  })

  test('several mistakes are all named at once', async () => {
    const { body } = await raw('?limit=x&order=y&feedback=z')
    const locs = (body as { detail: { loc: string[] }[] }).detail.map(({ loc }) => loc[1])
    expect(locs.toSorted()).toEqual(['feedback', 'limit', 'order'])
  })
})

describe('text that cannot be an id', () => {
  test.each(['agent_id', 'model', 'project_id', 'tags', 'trace_ids', 'run_id', 'provider_name'])(
    '%s with a NUL byte is 422 or matches nothing (D24)',
    async (name) => {
      const { status, body } = await raw(`?${name}=a%00b`)
      expect([200, 422]).toContain(status)
      if (status === 200) expect(body).toEqual([])
    },
  )

  test('an agent id longer than 255 characters is 422, an unknown one gives []', async () => {
    expect((await raw(`?agent_id=${'x'.repeat(256)}`)).status).toBe(422)
    expect((await raw(`?agent_id=${'x'.repeat(255)}`)).body).toEqual([])
    expect((await raw('?agent_id=agent-0d5c2f7e-1b3a-4c6d-8e9f-a0b1c2d3e4f5')).body).toEqual([])
  })

  test.each(['%', '%zz', '%ff', '%c3%28', '%ed%a0%80'])(
    'broken percent encoding %s is no server error',
    async (text) => {
      const { status } = await raw(`?agent_id=${text}&tags=${text}`)
      expect([200, 422]).toContain(status)
    },
  )
})

describe('dates', () => {
  const dated = 'agent-dates'
  const list = async (query: StepListParams) =>
    idsOf((await client.steps.list({ agent_id: dated, order: 'asc', ...query })).items)

  test('bounds are exclusive, to the microsecond', async () => {
    expect(await list({ start_date: TIMES[1] })).toEqual([last])
    expect(await list({ end_date: TIMES[1] })).toEqual([first])
    expect(await list({ start_date: TIMES[0], end_date: TIMES[2] })).toEqual([middle])
  })

  test.each([
    '2026-03-01T12:00:00.000001Z',
    '2026-03-01T12:00:00.000001+00:00',
    '2026-03-01T13:00:00.000001+01:00',
    '2026-03-01T04:00:00.000001-08:00',
    '2026-03-01T17:30:00.000001+0530',
    '2026-03-01T12:00:00.000001',
    '2026-03-01 12:00:00.000001',
    '2026-03-01 12:00:00.000001+00:00',
    '2026-03-02T02:00:00.000001+14:00',
    '2026-02-28T22:00:00.000001-14:00',
  ])('%s is the same instant in another spelling (D23: no zone is UTC)', async (text) => {
    expect(await list({ start_date: text })).toEqual([last])
    expect(await list({ end_date: text })).toEqual([first])
  })

  test.each([
    ['2026-03-01', [first, middle, last]],
    ['2026-03-02', []],
    ['2026-03-01T12:00', [middle, last]],
    ['2026-03-01T12:00Z', [middle, last]],
    ['2026-03-01T12:00:00', [middle, last]],
    ['2026-03-01T12:00:00.0Z', [middle, last]],
    ['2026-03-01T12:00:00.00000Z', [middle, last]],
  ])('start_date=%s', async (start_date, expected) => {
    expect(await list({ start_date })).toEqual(expected)
  })

  test('a Date object, as the SDK writes it', async () => {
    const { client: watched, requests } = watchedClient(server)
    const start_date = new Date('2026-03-01T12:00:00Z') as unknown as string
    const page = await watched.steps.list({ agent_id: dated, order: 'asc', start_date })
    expect(requests[0]).toContain('start_date=2026-03-01T12%3A00%3A00.000Z')
    expect(idsOf(page.items)).toEqual([middle, last])
  })

  test('a datetime object as the Python SDK writes it: a space instead of T', async () => {
    const { body } = await raw(`?agent_id=${dated}&order=asc&start_date=2026-03-01+12%3A00%3A00.000001%2B00%3A00`)
    expect(idsOf(body as { id: string }[])).toEqual([last])
  })

  test('a + that was not percent-encoded', async () => {
    const { body } = await raw(`?agent_id=${dated}&order=asc&start_date=2026-03-01T13:00:00.000001+01:00`)
    expect(idsOf(body as { id: string }[])).toEqual([last])
  })

  test('equal dates give [], a zoned and a zone-less one go together', async () => {
    expect(await list({ start_date: TIMES[1], end_date: TIMES[1] })).toEqual([])
    expect(await list({ start_date: '2026-03-01T12:00:00', end_date: '2026-03-01T13:00:00.000002+01:00' })).toEqual([
      middle,
    ])
  })

  test.each([
    'yesterday',
    '2026-02-31',
    '2026-13-01',
    '2026-00-10',
    '2025-02-29',
    '2026-03-01T25:00:00Z',
    '2026-03-01T12:60:00Z',
    '2026-03-01T12:00:61Z',
    '2026-3-1',
    '1769700000',
    '2026-03-01T',
    '2026-03-01T12Z',
    '01/03/2026',
    '2026-03-01T12:00:00+99:00',
    '2026-03-01  12:00:00',
  ])('%j is 400 and says which', async (text) => {
    for (const key of ['start_date', 'end_date']) {
      const { status, body } = await raw(`?${key}=${encodeURIComponent(text)}`)
      expect(status).toBe(400)
      expect(body).toEqual({ detail: expect.stringContaining(key) as string })
    }
  })

  test('digits beyond microseconds do not move a bound to the other side of a step', async () => {
    expect(await list({ end_date: '2026-03-01T12:00:00.000001500Z' })).toEqual([first, middle])
    expect(await list({ start_date: '2026-03-01T12:00:00.000001500Z' })).toEqual([last])
    expect(await list({ start_date: '2026-03-01T12:00:00.000000999Z' })).toEqual([middle, last])
  })

  test('crossed dates are 400', async () => {
    const { status, body } = await raw(`?start_date=${at(1)}&end_date=${at(0)}`)
    expect(status).toBe(400)
    expect(body).toEqual({ detail: expect.any(String) as string })
    expect((await raw('?start_date=2026-01-01T01:00:00%2B01:00&end_date=2026-01-01T00:00:00Z')).status).toBe(200)
  })

  test('dates far away are no error', async () => {
    expect((await raw('?start_date=0001-01-01')).status).toBe(200)
    expect((await raw('?end_date=9999-12-31T23:59:59.999999Z')).status).toBe(200)
  })
})
