/** Walks as the SDK makes them (contract, sections 2.6 and 2.7; checklist 1, 2, 3). */
import { afterAll, describe, expect, test } from 'vitest'
import { startTestServer } from '../support/server.ts'
import { at, clientOf, fresh, freshStepId, idsOf, steps, walk, watchedClient } from './support.ts'

const server = await startTestServer()
afterAll(() => server.close())
const client = clientOf(server)

const COUNT = 7
const ORDERS = ['asc', 'desc'] as const
const LIMITS = [1, 2, 3, COUNT, COUNT + 1]
const TIMES = [
  ['a second apart', 1e6],
  ['a microsecond apart (no cut to milliseconds)', 1],
  ['all equal (D5: ties mirrored, each step once)', 0],
] as const

describe.each(TIMES)('steps %s', async (_times, gap) => {
  const agent_id = fresh('agent')
  const recorded = await server.record(steps(COUNT, agent_id, gap))
  const oldestFirst = idsOf(recorded)

  describe.each(ORDERS)('order=%s', (order) => {
    const whole = order === 'asc' ? oldestFirst : oldestFirst.toReversed()

    test('the list has that order (D1, D2)', async () => {
      expect(idsOf((await client.steps.list({ agent_id, order })).items)).toEqual(whole)
    })

    test.each(LIMITS)(
      'a walk forwards with limit=%i sees each step once, in order, and ends with one []',
      async (limit) => {
        const { client: watched, requests } = watchedClient(server)
        expect(idsOf(await walk(watched.steps.list({ agent_id, order, limit })))).toEqual(whole)
        expect(requests).toHaveLength(Math.ceil(COUNT / limit) + 1)
      },
    )

    test.each(LIMITS)(
      'a walk backwards with limit=%i sees every earlier step once, page by page (D4)',
      async (limit) => {
        const last = whole.at(-1) as string
        const pages: unknown[][] = []
        for await (const page of (await client.steps.list({ agent_id, order, limit, before: last })).iterPages()) {
          pages.push(idsOf(page.items))
        }
        const expected: unknown[][] = []
        for (let end = COUNT - 1; end > 0; end -= limit) expected.push(whole.slice(Math.max(end - limit, 0), end))
        expect(pages).toEqual([...expected, []])
      },
    )

    test.each([1, 2, 3])(
      'a walk backwards with a fixed after and limit=%i stays inside the window (D6)',
      async (limit) => {
        const [after, before] = [whole[1] as string, whole[COUNT - 1] as string]
        const seen = idsOf(await walk(client.steps.list({ agent_id, order, limit, after, before })))
        expect(seen.toSorted()).toEqual(whole.slice(2, COUNT - 1).toSorted())
      },
    )
  })
})

describe('the default order of a walk', () => {
  test('is newest first', async () => {
    const agent_id = fresh('agent')
    const recorded = await server.record(steps(5, agent_id))
    expect(idsOf(await walk(client.steps.list({ agent_id, limit: 2 })))).toEqual(idsOf(recorded).toReversed())
  })

  test('has 50 steps on a page, and other filters stay in force from page to page', async () => {
    const [agent_id, model] = [fresh('agent'), fresh('model')]
    await server.record([...steps(60, agent_id, 1e6, { model }), ...steps(60, agent_id, 1e6, { model: 'another' })])
    const first = await client.steps.list({ agent_id, model })
    expect(first.items).toHaveLength(50)
    const all = await walk(first)
    expect(all).toHaveLength(60)
    expect(new Set(all.map((step) => step.model))).toEqual(new Set([model]))
  })
})

describe('what happens during a walk', () => {
  test.each(ORDERS)('insertions neither repeat nor hide a step that was there, order=%s', async (order) => {
    const agent_id = fresh('agent')
    const before = idsOf(await server.record(steps(6, agent_id, 1000)))
    const seen: string[] = []
    for await (const { id } of client.steps.list({ agent_id, order, limit: 2 })) {
      seen.push(id)
      const between = { id: freshStepId(), agent_id, created_at: at(seen.length * 500) }
      if (seen.length < 10) await server.record([between])
    }
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen.filter((id) => before.includes(id))).toEqual(order === 'asc' ? before : before.toReversed())
  })

  test('a step that stops passing the filter remains a cursor', async () => {
    const agent_id = fresh('agent')
    const recorded = await server.record(steps(4, agent_id))
    for (const { id } of recorded) await client.steps.feedback.create(id, { feedback: 'positive' })
    const page = await client.steps.list({ agent_id, feedback: 'positive', limit: 2 })
    await client.steps.feedback.create(page.items[1]?.id ?? '', { feedback: null })
    const next = await page.getNextPage()
    expect(idsOf(next.items)).toEqual(idsOf(recorded.slice(0, 2)).toReversed())
  })
})

describe('a key before that holds nothing (D22)', () => {
  test.each([null, undefined])('{before: %s} gives the head of the list and then []', async (before) => {
    const agent_id = fresh('agent')
    const recorded = await server.record(steps(5, agent_id))
    const query = { agent_id, limit: 2, before: before as null }
    const page = await client.steps.list(query)
    expect(idsOf(page.items)).toEqual(idsOf(recorded).toReversed().slice(0, 2))
    expect((await page.getNextPage()).items).toEqual([])
  })
})
