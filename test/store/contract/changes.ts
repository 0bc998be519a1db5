/** Any changes in any order: what is derived from steps is what the steps say. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { correctStep, mergeSteps, unite } from '../../../src/domain/merge.ts'
import { FEEDBACKS, type Step } from '../../../src/domain/step.ts'
import type { StepChange } from '../../../src/store/store.ts'
import { fields, messages, metrics, step, tags } from '../../support/arbitrary.ts'
import type { TestEngine } from '../../support/stores.ts'
import { useLedger, type Tenant } from './build.ts'
import { byPosition, runMessagesOf, runsOf, tagsOf, toolsOf } from './model.ts'

const uuid = (kind: string, n: number) => `${kind}-00000000-0000-4000-8000-00000000000${n}`
const STEP_IDS = [0, 1, 2, 3].map((n) => uuid('step', n))
const MESSAGE_IDS = [0, 1, 2, 3, 4].map((n) => uuid('message', n))
const id = fc.constantFrom(...STEP_IDS)
const ownMessages = fc.constantFrom(...MESSAGE_IDS)

/** Some of the plain fields; a final status is not taken back by a correction, so none is given here. */
const someFields = fc
  .tuple(
    fields,
    fc.subarray([
      'run_id',
      'prompt_tokens',
      'agent_id',
      'stop_reason',
      'reasoning_tokens',
      'prompt_tokens_details',
    ] as const),
  )
  .map(([all, chosen]) => Object.fromEntries(chosen.map((name) => [name, all[name]])))

type Change = Exclude<StepChange, { kind: 'derive' | 'forget' }>

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: step(id, ownMessages).map((one) => ({ kind: 'record' as const, step: one, traces: [] })) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(id, someFields, fc.record({ tags, messages: messages(ownMessages), metrics }, { requiredKeys: [] }))
      .map(([own, plain, rest]) => ({
        kind: 'correct' as const,
        id: own,
        correction: { ...plain, ...rest },
        traces: [],
      })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(id, fc.option(fc.constantFrom(...FEEDBACKS)), tags)
      .map(([own, feedback, addTags]) => ({ kind: 'feedback' as const, id: own, feedback, addTags })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(id, fc.constantFrom('x', 'y'))
      .map(([own, tid]) => ({ kind: 'transaction' as const, id: own, tid })),
  },
)
/** Records first: whether a batch may correct what it records only further on is left open. */
const batch = fc
  .array(change, { minLength: 1, maxLength: 5 })
  .map((list) => list.toSorted((a, b) => Number(a.kind !== 'record') - Number(b.kind !== 'record')))
const batches = fc.array(batch, { minLength: 1, maxLength: 6 })

/** Applies a batch to the model: all or nothing. */
function apply(model: ReadonlyMap<string, Step>, changes: readonly Change[]): Map<string, Step> {
  const next = new Map(model)
  for (const one of changes) {
    const own = one.kind === 'record' ? one.step.id : one.id
    const before = next.get(own)
    if (one.kind === 'record') next.set(own, before ? mergeSteps(before, one.step) : one.step)
    else if (!before) throw new Error('no such step')
    else if (one.kind === 'correct') next.set(own, correctStep(before, one.correction))
    else if (one.kind === 'feedback')
      next.set(own, { ...before, feedback: one.feedback ?? null, tags: unite(before.tags, one.addTags) })
    else next.set(own, { ...before, tid: one.tid })
  }
  return next
}

export async function expectLike(t: Tenant, steps: readonly Step[]): Promise<void> {
  for (const one of steps) expect(await t.step(one.id)).toEqual(one)
  expect(await t.ids()).toEqual(steps.toSorted(byPosition).map((one) => one.id))
  // Which agent a run has when its steps name several is left open.
  const runs = runsOf(steps).map((run) => ({
    ...run,
    agent_id: expect.toBeOneOf(agentsOf(steps, run.id)) as string | null,
  }))
  expect((await t.runIds()).toSorted()).toEqual(runs.map((run) => run.id).toSorted())
  for (const run of runs) {
    expect(await t.run(run.id)).toEqual(run)
    expect(await t.messageIds(run.id), `messages of ${run.id}`).toEqual(
      runMessagesOf(steps, run.id).map((message) => message.id),
    )
    expect(await t.tools(run.id), `tools of ${run.id}`).toEqual(toolsOf(steps, run.id))
  }
  expect(await t.tags()).toEqual(tagsOf(steps))
  expect(await t.count('step_tags')).toBe(steps.flatMap((one) => one.tags).length)
  // A message that two steps hold has a place in each, and is listed where it came first.
  const placed = steps.filter((one) => one.run_id !== null).flatMap((one) => one.messages)
  expect(await t.count('run_messages')).toBe(placed.length)
  expect(await t.count('run_tools')).toBe(runs.flatMap((run) => toolsOf(steps, run.id)).length)
}

function agentsOf(steps: readonly Step[], run: string): (string | null)[] {
  const named = steps.flatMap((one) => (one.run_id === run && one.agent_id !== null ? [one.agent_id] : []))
  return named.length === 0 ? [null] : named
}

export function describeChanges(engine: TestEngine): void {
  describe('any changes', () => {
    const { tenant } = useLedger(engine)

    test('leave steps, runs, messages, tools and tags as the model has them', { timeout: 60_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(batches, async (list) => {
          const t = tenant()
          let model: ReadonlyMap<string, Step> = new Map<string, Step>()
          for (const changes of list) {
            const next = tryApply(model, changes)
            if (next) await t.write(...changes)
            else await expect(t.write(...changes)).rejects.toMatchObject({ code: 'not_found' })
            model = next ?? model
          }
          await expectLike(t, [...model.values()])
          for (const run of await t.runIds()) {
            expect(await t.deleteRun(run)).toBe(true)
            model = new Map([...model].filter(([, one]) => one.run_id !== run))
            await expectLike(t, [...model.values()])
          }
        }),
        { numRuns: 300 },
      )
    })
  })
}

function tryApply(model: ReadonlyMap<string, Step>, changes: readonly Change[]): Map<string, Step> | undefined {
  try {
    return apply(model, changes)
  } catch {
    return undefined
  }
}
