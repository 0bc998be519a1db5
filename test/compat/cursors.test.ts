/** Cursors (contract, sections 2.6, 2.8 and 2.9). */
import { afterAll, describe, expect, test } from 'vitest'
import { startTestServer } from '../support/server.ts'
import { at, clientOf, errorOf, fresh, stepId, steps } from './support.ts'

const server = await startTestServer()
afterAll(() => server.close())
const client = clientOf(server)

/** Section 2.8: b and c share a timestamp, b sorts before c. */
const MINUTE = 60e6
const NAMES = ['a', 'b', 'c', 'd', 'e'] as const
const TIMES = { a: 0, b: MINUTE, c: MINUTE, d: 2 * MINUTE, e: 3 * MINUTE }
const idOf = (name: string) => stepId(NAMES.indexOf(name as 'a') + 1)
const agent_id = 'agent-of-the-worked-example'
await server.record(NAMES.map((name) => ({ id: idOf(name), agent_id, created_at: at(TIMES[name]) })))

async function page(query: Record<string, unknown>) {
  const given = { ...query }
  for (const key of ['before', 'after']) if (key in given) given[key] = idOf(given[key] as string)
  const { items } = await client.steps.list({ agent_id, ...given })
  return items.map((step) => NAMES.find((name) => idOf(name) === step.id)).join(' ')
}

describe('the worked example of section 2.8', () => {
  test.each([
    [{ limit: 2 }, 'e d'],
    [{ limit: 2, after: 'd' }, 'c b'],
    [{ limit: 2, after: 'c' }, 'b a'],
    [{ limit: 2, after: 'a' }, ''],
    [{ limit: 2, order: 'asc', after: 'b' }, 'c d'],
    [{ limit: 2, before: 'a' }, 'c b'],
    [{ limit: 2, before: 'c' }, 'e d'],
    [{ limit: 2, order: 'asc', before: 'e' }, 'c d'],
    [{ limit: 2, after: 'e', before: 'a' }, 'c b'],
    [{ start_date: at(MINUTE) }, 'e d'],
  ])('%j gives "%s"', async (query, expected) => {
    expect(await page(query)).toBe(expected)
  })
})

describe('both cursors (D6)', () => {
  test.each([
    [{ after: 'e', before: 'a' }, 'd c b'],
    [{ after: 'e', before: 'a', limit: 1 }, 'b'],
    [{ order: 'asc', after: 'a', before: 'e' }, 'b c d'],
    [{ order: 'asc', after: 'a', before: 'e', limit: 2 }, 'c d'],
    [{ order: 'asc', after: 'a', before: 'e', limit: null }, 'b c d'],
    [{ after: 'c', before: 'b' }, ''],
    [{ order: 'asc', after: 'b', before: 'd' }, 'c'],
  ])('%j gives "%s": the items nearest to before', async (query, expected) => {
    expect(await page(query)).toBe(expected)
  })

  test.each([
    { after: 'c', before: 'c' },
    { after: 'a', before: 'e' },
    { order: 'asc', after: 'e', before: 'a' },
    { order: 'asc', after: 'c', before: 'b' },
  ])('%j is crossed and gives []', async (query) => {
    expect(await page(query)).toBe('')
  })
})

describe('a cursor', () => {
  test('counts by its position even when it does not pass the filters', async () => {
    const other = fresh('agent')
    const [, own] = await server.record([
      ...steps(1, other),
      { agent_id: fresh('agent'), created_at: at(500) },
      { agent_id: other, created_at: at(1000) },
    ])
    expect((await client.steps.list({ agent_id: other, order: 'asc', after: own?.id ?? '' })).items).toHaveLength(1)
    expect((await client.steps.list({ agent_id: other, order: 'desc', after: own?.id ?? '' })).items).toHaveLength(1)
  })

  test('also works beside date bounds', async () => {
    expect(await page({ order: 'asc', after: 'a', end_date: at(2 * MINUTE) })).toBe('b c')
    expect(await page({ order: 'asc', after: 'b', start_date: at(MINUTE) })).toBe('d e')
    expect(await page({ before: 'a', start_date: at(0), limit: 3 })).toBe('d c b')
  })

  test('of another run is a position in the steps of a run', async () => {
    const [run_id, other] = [fresh('run'), fresh('run')]
    const [one] = await server.record([
      { run_id: other, created_at: at(1) },
      { run_id, created_at: at(0) },
      { run_id, created_at: at(2) },
    ])
    const page = await client.runs.steps.list(run_id, { order: 'asc', after: one?.id ?? '' })
    expect(page.items).toMatchObject([{ run_id, created_at: at(2) }])
  })

  test('of a step that was deleted is 404', async () => {
    const run_id = fresh('run')
    const [step] = await server.record([{ run_id }])
    await client.delete(`/v1/runs/${run_id}`)
    expect(await errorOf(client.steps.list({ after: step?.id ?? '' }))).toMatchObject({ status: 404 })
  })

  test('with limit 0 gives []', async () => {
    expect(await page({ after: 'c', limit: 0 })).toBe('')
    expect(await page({ before: 'c', limit: 0 })).toBe('')
  })

  const UNKNOWN = stepId(0xffff_ffff)
  test.each(['before', 'after'])('that is unknown is 404 and named: %s', async (key) => {
    const response = await server.request(`/v1/steps/?${key}=${UNKNOWN}`)
    expect(response.status).toBe(404)
    expect(await response.json()).toEqual({ detail: expect.stringContaining(UNKNOWN) as string })
  })

  test('that is unknown is 404 even when the page must be empty', async () => {
    expect((await server.request(`/v1/steps/?after=${UNKNOWN}&limit=0`)).status).toBe(404)
    expect((await server.request(`/v1/steps/?after=${UNKNOWN}&agent_id=nobody`)).status).toBe(404)
    expect((await server.request(`/v1/steps/?after=${UNKNOWN}&before=${idOf('a')}`)).status).toBe(404)
  })

  test.each(['foo', 'run-1', 'step-1', 'step-', `${stepId(1)}0`, stepId(10).toUpperCase(), ` ${stepId(1)}`])(
    'that is malformed is 422: %j',
    async (cursor) => {
      for (const key of ['before', 'after']) {
        const response = await server.request(`/v1/steps/?${new URLSearchParams({ [key]: cursor }).toString()}`)
        expect(response.status).toBe(422)
        expect(await response.json()).toMatchObject({ detail: [{ loc: ['query', key] }] })
      }
    },
  )
})
