/** Tags (contract, section 1.6). */
import type { TagListParams } from '@letta-ai/letta-client/resources/tags'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer } from '../support/server.ts'
import { clientOf } from './support.ts'

const server = await startTestServer()
afterAll(() => server.close())
const client = clientOf(server)
const list = (query: TagListParams = {}) => client.tags.list(query)

const SORTED = ['Apple', 'a,b', 'apple', 'banana', 'banana split', 'cherry', 'ähre', 'ﬀ', '🙂']
beforeAll(() => server.record([{ tags: SORTED.toReversed() }, { tags: ['apple', 'banana'] }, {}]))

describe('the tags of all steps', () => {
  test('are a plain array, distinct, in alphabetical order', async () => {
    expect(await list()).toEqual(SORTED)
    expect(await list({ order: 'asc', order_by: 'name' })).toEqual(SORTED)
  })

  test('order=desc is the exact mirror', async () => {
    expect(await list({ order: 'desc' })).toEqual(SORTED.toReversed())
  })

  test('show a tag that feedback added at once', async () => {
    const [step] = await server.record([{}])
    await client.steps.feedback.create(step?.id ?? '', { tags: ['banana'] })
    expect(await list()).toEqual(SORTED)
  })
})

describe('paging by the tag itself', () => {
  test.each(['asc', 'desc'] as const)('a walk with after sees each once, order=%s', async (order) => {
    const seen: string[] = []
    for (let after: string | null = null; ;) {
      const page: string[] = await list({ order, after, limit: 2 })
      if (page.length === 0) break
      seen.push(...page)
      after = page.at(-1) ?? null
    }
    expect(seen).toEqual(order === 'asc' ? SORTED : SORTED.toReversed())
  })

  test.each(['asc', 'desc'] as const)(
    'before gives the nearest ones, in the order asked for: order=%s',
    async (order) => {
      const whole = order === 'asc' ? SORTED : SORTED.toReversed()
      expect(await list({ order, before: whole[4] as string, limit: 2 })).toEqual(whole.slice(2, 4))
      expect(await list({ order, before: whole[4] as string })).toEqual(whole.slice(0, 4))
      expect(await list({ order, before: whole[0] as string })).toEqual([])
      expect(await list({ order, after: whole[1] as string, before: whole[6] as string, limit: 2 })).toEqual(
        whole.slice(4, 6),
      )
    },
  )

  test('a bound need not be a tag that exists', async () => {
    expect(await list({ after: 'b', limit: 2 })).toEqual(['banana', 'banana split'])
    expect(await list({ after: 'zzz' })).toEqual(['ähre', 'ﬀ', '🙂'])
  })

  test('limit 0 gives [], null parameters are absent ones', async () => {
    expect(await list({ limit: 0 })).toEqual([])
    expect(await list({ limit: null, after: null, before: null, name: null, query_text: null })).toEqual(SORTED)
  })
})

describe('name', () => {
  test('finds part of a tag, whatever its case', async () => {
    expect(await list({ name: 'APP' })).toEqual(['Apple', 'apple'])
    expect(await list({ name: 'an' })).toEqual(['banana', 'banana split'])
    expect(await list({ name: ',' })).toEqual(['a,b'])
  })

  test('takes wildcards for what they are', async () => {
    expect(await list({ name: '%' })).toEqual([])
    expect(await list({ name: '_' })).toEqual([])
    expect(await list({ name: '*' })).toEqual([])
  })

  test('also ignores the case of letters beyond ASCII', async () => {
    expect(await list({ name: 'ÄHRE' })).toEqual(['ähre'])
  })

  test('wins over the deprecated query_text', async () => {
    expect(await list({ query_text: 'cherry' })).toEqual(['cherry'])
    expect(await list({ query_text: 'cherry', name: 'split' })).toEqual(['banana split'])
  })

  test('goes together with cursors', async () => {
    expect(await list({ name: 'a', order: 'desc', after: 'banana', limit: 2 })).toEqual(['apple', 'a,b'])
  })
})

describe('a mistake', () => {
  test.each(['order=up', 'order_by=created_at', 'limit=-1', 'limit=x'])('%s is 422', async (query) => {
    expect((await server.request(`/v1/tags/?${query}`)).status).toBe(422)
  })
})
