/** Order and cursors against a plain model (contract, section 2.6), with whatever filters and in whatever steps. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Page } from '../../../src/domain/page.ts'
import type { Step } from '../../../src/domain/step.ts'
import type { StepChange } from '../../../src/store/store.ts'
import { messageId, messages, order, runFilters, step, stepFilters, steps } from '../../support/arbitrary.ts'
import type { TestEngine } from '../../support/stores.ts'
import { useLedger, type Tenant } from './build.ts'
import { byPlace, byPosition, pageOf, passes, runMessagesOf, runPasses, runsOf, stepPage } from './model.ts'

const recordAll = (list: readonly Step[]): StepChange[] =>
  list.map((one) => ({ kind: 'record', step: one, traces: [] }))

/** What a walk may meet: a list of anything with ids, and how its pages are read. */
interface Walk {
  list(page: Page): Promise<string[]>
  /** What happens between two pages. */
  meanwhile?: (pages: number) => Promise<void>
}

/** Walks as the SDKs do: forward from the last id, or backward from the first, until a page is empty. */
async function walk({ list, meanwhile }: Walk, start: Page, sizes: readonly number[]): Promise<string[][]> {
  const backward = start.before !== undefined
  const pages: string[][] = []
  let page = start
  for (;;) {
    const ids = await list({ ...page, limit: sizes[pages.length % sizes.length] ?? 1 })
    if (ids.length === 0) return pages
    pages.push(ids)
    if (pages.length > 500) throw new Error('the walk does not end')
    page = backward ? { ...page, before: ids[0] as string } : { ...page, after: ids.at(-1) as string }
    await meanwhile?.(pages.length)
  }
}

const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 })
/** Which item of a list a cursor names; none in every third case. */
const place = fc.option(fc.nat(), { freq: 2, nil: undefined })

function cursorsAt(ids: readonly string[], before: number | undefined, after: number | undefined): Partial<Page> {
  const at = (n: number | undefined) => (n === undefined || ids.length === 0 ? undefined : ids[n % ids.length])
  const [b, a] = [at(before), at(after)]
  return { ...(b !== undefined && { before: b }), ...(a !== undefined && { after: a }) }
}

export function describeLists(engine: TestEngine): void {
  describe('lists like the model', () => {
    const { tenant } = useLedger(engine)
    const ledgerOf = async (list: readonly Step[]): Promise<Tenant> => {
      const t = tenant()
      await t.write(...recordAll(list))
      return t
    }

    test('pages of steps: any filters, both orders, any cursors', async () => {
      const query = fc.record({
        filters: stepFilters,
        order,
        limit: fc.integer({ min: 0, max: 12 }),
        before: place,
        after: place,
      })
      await fc.assert(
        fc.asyncProperty(steps(25), fc.array(query, { minLength: 1, maxLength: 12 }), async (all, queries) => {
          const t = await ledgerOf(all)
          const ids = all.map(({ id }) => id)
          for (const { filters, order: direction, limit, before, after } of queries) {
            const page = { order: direction, limit, ...cursorsAt(ids, before, after) }
            expect(await t.ids(page, filters), JSON.stringify({ filters, page })).toEqual(stepPage(all, filters, page))
          }
        }),
        { numRuns: 150 },
      )
    })

    test('walks over steps, forward and backward, show each once', async () => {
      await fc.assert(
        fc.asyncProperty(
          steps(25),
          stepFilters,
          order,
          sizes,
          fc.nat(),
          async (all, filters, direction, pageSizes, start) => {
            const t = await ledgerOf(all)
            const list = (page: Page) => t.ids(page, filters)
            const whole = stepPage(all, filters, { order: direction, limit: 1000 })
            expect((await walk({ list }, { order: direction, limit: 1 }, pageSizes)).flat()).toEqual(whole)
            if (all.length === 0) return
            const before = (all[start % all.length] as Step).id
            const pages = await walk({ list }, { order: direction, limit: 1, before }, pageSizes)
            expect(pages.toReversed().flat()).toEqual(stepPage(all, filters, { order: direction, limit: 1000, before }))
          },
        ),
        { numRuns: 80 },
      )
    })

    test('walks between two cursors keep the fixed one', async () => {
      await fc.assert(
        fc.asyncProperty(steps(20), order, sizes, fc.nat(), fc.nat(), async (all, direction, pageSizes, a, b) => {
          if (all.length === 0) return
          const t = await ledgerOf(all)
          const ids = all.map(({ id }) => id)
          const bounds = { after: ids[a % ids.length] as string, before: ids[b % ids.length] as string }
          const expected = stepPage(all, {}, { order: direction, limit: 1000, ...bounds })
          const pages = await walk(
            { list: (page) => t.ids(page) },
            { order: direction, limit: 1, ...bounds },
            pageSizes,
          )
          expect(pages.toReversed().flat()).toEqual(expected)
        }),
        { numRuns: 80 },
      )
    })

    test('walks during which steps arrive and change show those that were there at the beginning', async () => {
      await fc.assert(
        fc.asyncProperty(
          steps(30),
          stepFilters,
          order,
          sizes,
          fc.boolean(),
          fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }),
          async (all, filters, direction, pageSizes, backward, early) => {
            const there = all.filter((_, i) => early[i])
            const late = all.filter((_, i) => !early[i])
            const t = await ledgerOf(there)
            const list = (page: Page) => t.ids(page, filters)
            const meanwhile = async (page: number) =>
              void (await t.write(...recordAll(late.slice((page - 1) * 2, page * 2))))
            const edge = there.toSorted((a, b) => (direction === 'asc' ? byPosition(a, b) : byPosition(b, a))).at(-1)
            if (backward && !edge) return
            const start: Page = { order: direction, limit: 1, ...(backward && edge && { before: edge.id }) }
            const pages = await walk({ list, meanwhile }, start, pageSizes)
            const seen = (backward ? pages.toReversed() : pages).flat()
            expect(new Set(seen).size).toBe(seen.length)
            const known = new Set(there.map(({ id }) => id))
            expect(seen.filter((id) => known.has(id))).toEqual(stepPage(there, filters, { ...start, limit: 1000 }))
            expect(seen).toEqual(stepPage(all, {}, { order: direction, limit: 1000 }).filter((id) => seen.includes(id)))
          },
        ),
        { numRuns: 80 },
      )
    })

    test('rows hold the whole step', async () => {
      await fc.assert(
        fc.asyncProperty(steps(8), async (all) => {
          const t = await ledgerOf(all)
          for (const one of all) expect(await t.step(one.id)).toEqual(one)
        }),
        { numRuns: 40 },
      )
    })

    test('pages of and walks over runs', async () => {
      const query = fc.record({
        filters: runFilters,
        order,
        limit: fc.integer({ min: 0, max: 4 }),
        before: place,
        after: place,
      })
      const manyRuns = fc.uniqueArray(fc.tuple(step(), fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'ä', '😀')), {
        maxLength: 20,
        selector: ([{ id }]) => id,
      })
      await fc.assert(
        fc.asyncProperty(
          manyRuns,
          fc.array(query, { minLength: 1, maxLength: 8 }),
          sizes,
          async (pairs, queries, pageSizes) => {
            const all = pairs.map(([one, run_id]) => ({ ...one, run_id }))
            // The agent of a run is that of its steps, which agree.
            for (const one of all) one.agent_id = all.find(({ run_id }) => run_id === one.run_id)?.agent_id ?? null
            const t = await ledgerOf(all)
            const runs = runsOf(all).toSorted(byPosition)
            for (const run of runs) expect(await t.run(run.id)).toEqual(run)
            for (const { filters, order: direction, limit, before, after } of queries) {
              const page = {
                order: direction,
                limit,
                ...cursorsAt(
                  runs.map(({ id }) => id),
                  before,
                  after,
                ),
              }
              const expected = (of: Page) =>
                pageOf(
                  runs,
                  byPosition,
                  ({ id }) => id,
                  (run) => runPasses(run, filters),
                  of,
                )
              expect(await t.runIds(page, filters), JSON.stringify({ filters, page })).toEqual(
                expected(page).map(({ id }) => id),
              )
              const list = (of: Page) => t.runIds(of, filters)
              const whole = { order: direction, limit: 1000 }
              expect((await walk({ list }, whole, pageSizes)).flat()).toEqual(expected(whole).map(({ id }) => id))
              if (page.before === undefined) continue
              const back = { ...whole, before: page.before }
              expect((await walk({ list }, back, pageSizes)).toReversed().flat()).toEqual(
                expected(back).map(({ id }) => id),
              )
            }
          },
        ),
        { numRuns: 60 },
      )
    })

    test('pages of and walks over the messages of a run, some of them held by two steps', async () => {
      const few = fc.uniqueArray(messageId, { minLength: 6, maxLength: 6 })
      const query = fc.record({ order, limit: fc.integer({ min: 0, max: 5 }), before: place, after: place })
      const held = few.chain((ids) =>
        fc.uniqueArray(
          fc
            .tuple(step(), messages(fc.oneof(fc.constantFrom(...ids), messageId), 4))
            .map(([one, list]) => ({ ...one, messages: list, run_id: 'run' })),
          { maxLength: 8, selector: ({ id }) => id },
        ),
      )
      await fc.assert(
        fc.asyncProperty(
          held,
          fc.array(query, { minLength: 1, maxLength: 6 }),
          sizes,
          async (all, queries, pageSizes) => {
            const t = await ledgerOf(all)
            const placed = runMessagesOf(all, 'run')
            const ids = placed.map(({ id }) => id)
            for (const { order: direction, limit, before, after } of queries) {
              const page = { order: direction, limit, ...cursorsAt(ids, before, after) }
              const expected = (of: Page) =>
                pageOf(
                  placed,
                  byPlace,
                  ({ id }) => id,
                  () => true,
                  of,
                ).map(({ id }) => id)
              expect(await t.messageIds('run', page), JSON.stringify(page)).toEqual(expected(page))
              const list = (of: Page) => t.messageIds('run', of)
              const whole = { order: direction, limit: 1000 }
              expect((await walk({ list }, whole, pageSizes)).flat()).toEqual(expected(whole))
              if (page.before === undefined) continue
              const back = { ...whole, before: page.before }
              expect((await walk({ list }, back, pageSizes)).toReversed().flat()).toEqual(expected(back))
            }
          },
        ),
        { numRuns: 60 },
      )
    })

    test('the model itself agrees with the contract’s table', () => {
      const at = (letter: string, minute: number) => ({ id: letter, created_at: minute }) as Step
      const all = [at('a', 0), at('b', 1), at('c', 1), at('d', 2), at('e', 3)]
      expect(stepPage(all, {}, { order: 'desc', limit: 2, after: 'c' })).toEqual(['b', 'a'])
      expect(stepPage(all, {}, { order: 'desc', limit: 2, before: 'a' })).toEqual(['c', 'b'])
      expect(stepPage(all, {}, { order: 'desc', limit: 2, after: 'e', before: 'a' })).toEqual(['c', 'b'])
      expect(stepPage(all, { start_date: 1 }, { order: 'desc', limit: 9 })).toEqual(['e', 'd'])
      expect(passes({ ...at('a', 1), tags: ['x', 'y'] }, { tags: ['x', 'z'], match_all_tags: true })).toBe(false)
    })
  })
}
