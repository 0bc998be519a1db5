/** The distinct tags of a project's steps (contract, section 1.6). */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { order, TAGS } from '../../support/arbitrary.ts'
import type { TestEngine } from '../../support/stores.ts'
import { anId, useLedger } from './build.ts'
import { byBytes } from './model.ts'

export function describeTags(engine: TestEngine): void {
  describe('tags', () => {
    const { tenant } = useLedger(engine)

    test('are distinct and sorted by their bytes', async () => {
      const t = tenant()
      expect(await t.tags()).toEqual([])
      await t.record({ id: anId(), tags: ['b', 'a', 'Z', '\uffff', '😀'] }, { id: anId(), tags: ['a', 'ä', 'a,b'] })
      const sorted = ['Z', 'a', 'a,b', 'b', 'ä', '\uffff', '😀']
      expect(await t.tags()).toEqual(sorted)
      expect(await t.tags({ order: 'desc' })).toEqual(sorted.toReversed())
    })

    test('are found by a part of them in either case', async () => {
      const t = tenant()
      await t.record({ id: anId(), tags: ['Urgent', 'not urgent', '100%', 'a_b', 'ÄRGER'] })
      expect(await t.tags({}, 'URG')).toEqual(['Urgent', 'not urgent'])
      expect(await t.tags({}, '%')).toEqual(['100%'])
      expect(await t.tags({}, '_')).toEqual(['a_b'])
      expect(await t.tags({}, 'är')).toEqual(['ÄRGER'])
      expect(await t.tags({}, 'none')).toEqual([])
    })

    test('go when the last step that carries them goes', async () => {
      const t = tenant()
      const id = anId()
      await t.record({ id, run_id: 'run', tags: ['a', 'b'] }, { id: anId(), run_id: 'run', tags: ['b'] })
      await t.write({ kind: 'correct', id, traces: [], correction: { tags: [] } })
      expect(await t.tags()).toEqual(['b'])
      await t.deleteRun('run')
      expect(await t.tags()).toEqual([])
      expect(await t.count('step_tags')).toBe(0)
    })

    test('are paged by any text, whether it is a tag or not', async () => {
      const cursor = fc.option(fc.constantFrom(...TAGS, 'aa', '', 'zzz'), { nil: undefined })
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(fc.constantFrom(...TAGS, 'c', 'd'), { minLength: 1, maxLength: 9 }),
          order,
          fc.integer({ min: 0, max: 4 }),
          cursor,
          cursor,
          async (tags, direction, limit, before, after) => {
            const t = tenant()
            await t.record({ id: anId(), tags })
            const compare = direction === 'asc' ? byBytes : (a: string, b: string) => byBytes(b, a)
            const list = tags
              .toSorted(compare)
              .filter((tag) => after === undefined || compare(tag, after) > 0)
              .filter((tag) => before === undefined || compare(tag, before) < 0)
            const expected = limit === 0 ? [] : before === undefined ? list.slice(0, limit) : list.slice(-limit)
            const page = {
              order: direction,
              limit,
              ...(before !== undefined && { before }),
              ...(after !== undefined && { after }),
            }
            expect(await t.tags(page)).toEqual(expected)
          },
        ),
        { numRuns: 150 },
      )
    })
  })
}
