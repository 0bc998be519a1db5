/** Steps that telemetry tells of: derived again and again, folded into others, whatever people do to them meanwhile. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { correctStep, mergeSteps, rederive, unite } from '../../../src/domain/merge.ts'
import { normalise } from '../../../src/domain/normalise.ts'
import { FEEDBACKS, type Step, type StepInput } from '../../../src/domain/step.ts'
import { makeLedger } from '../../../src/ledger.ts'
import type { StepChange } from '../../../src/store/store.ts'
import { messages, step, tags } from '../../support/arbitrary.ts'
import type { TestEngine } from '../../support/stores.ts'
import { anId, text, useLedger, type Tenant } from './build.ts'
import { expectLike } from './changes.ts'

const uuid = (kind: string, n: number) => `${kind}-00000000-0000-4000-8000-00000000000${n}`
const IDS = [0, 1, 2, 3].map((n) => uuid('step', n))
const id = fc.constantFrom(...IDS)
const ownMessages = fc.constantFrom(...[0, 1, 2, 3].map((n) => uuid('message', n)))
const said = step(id, ownMessages).map((made): Step => ({ ...made, feedback: null, tid: null }))

/** What happens to the ledger; what telemetry said before is known by whoever tells the story. */
type Event =
  | { kind: 'say'; step: Step; forgetful: boolean }
  | { kind: 'fold'; id: string; into: string | null }
  | { kind: 'person'; change: Extract<StepChange, { kind: 'correct' | 'feedback' | 'transaction' }> }

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('say' as const), step: said, forgetful: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('fold' as const),
      id,
      into: fc.option(id, { freq: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        id,
        fc.record(
          {
            model: fc.constantFrom('mine', null),
            run_id: fc.constantFrom('run-1', 'run-mine', null),
            tags,
            messages: messages(ownMessages),
          },
          { requiredKeys: [] },
        ),
      )
      .map(([own, correction]) => ({
        kind: 'person' as const,
        change: { kind: 'correct' as const, id: own, correction, traces: [] },
      })),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(id, fc.option(fc.constantFrom(...FEEDBACKS)), tags).map(([own, feedback, addTags]) => ({
      kind: 'person' as const,
      change: { kind: 'feedback' as const, id: own, feedback, addTags },
    })),
  },
  {
    weight: 1,
    arbitrary: id.map((own) => ({
      kind: 'person' as const,
      change: { kind: 'transaction' as const, id: own, tid: 'mine' },
    })),
  },
)

/** The ledger as it should be. */
class Model {
  readonly steps = new Map<string, Step>()
  readonly aliases = new Map<string, string | null>()
  /** What telemetry said last of each step. */
  readonly said = new Map<string, Step>()

  /** The change that an event is; undefined when it is none that the ledger would take. */
  changeOf(happened: Event): StepChange | undefined {
    if (happened.kind === 'person') return this.steps.has(happened.change.id) ? happened.change : undefined
    if (happened.kind === 'say') {
      const before = happened.forgetful ? null : (this.said.get(happened.step.id) ?? null)
      return { kind: 'derive', before, step: happened.step, traces: [] }
    }
    if (happened.id === happened.into) return undefined
    return { kind: 'forget', id: happened.id, before: this.said.get(happened.id) ?? null, into: happened.into }
  }

  apply(change: StepChange): void {
    if (change.kind === 'forget') return this.fold(change)
    const own = change.kind === 'derive' || change.kind === 'record' ? change.step.id : change.id
    const existing = this.steps.get(own)
    if (change.kind === 'derive') {
      const { before, step: after } = change
      if (!existing) this.steps.set(own, after)
      else this.steps.set(own, before ? rederive(existing, before, after) : mergeSteps(existing, after))
      this.said.set(own, after)
    } else if (!existing) throw new Error(`the model has no ${own}`)
    else if (change.kind === 'correct') this.steps.set(own, correctStep(existing, change.correction))
    else if (change.kind === 'transaction') this.steps.set(own, { ...existing, tid: change.tid })
    else if (change.kind === 'feedback') {
      const { feedback = null, addTags } = change
      this.steps.set(own, { ...existing, feedback, tags: unite(existing.tags, addTags) })
    }
  }

  private fold({ id: own, before, into }: Extract<StepChange, { kind: 'forget' }>): void {
    const gone = this.steps.get(own)
    if (!gone) return
    this.steps.delete(own)
    this.aliases.set(own, into)
    this.said.delete(own)
    const heir = into === null ? undefined : this.steps.get(into)
    if (!heir) return
    this.steps.set(heir.id, {
      ...heir,
      feedback: heir.feedback ?? gone.feedback,
      tid: heir.tid ?? gone.tid,
      tags: unite(
        heir.tags,
        gone.tags.filter((tag) => !before?.tags.includes(tag)),
      ),
    })
  }

  /** Which step an id means. */
  find(own: string): Step | undefined {
    const seen = new Set<string>()
    let at: string | null = own
    while (at !== null && !seen.has(at)) {
      const found = this.steps.get(at)
      if (found) return found
      seen.add(at)
      at = this.aliases.get(at) ?? null
    }
    return undefined
  }
}

async function expectWhole(t: Tenant, model: Model): Promise<void> {
  await expectLike(t, [...model.steps.values()])
  for (const own of IDS) expect(await t.get(own), `what ${own} means`).toEqual(model.find(own))
}

export function describeDerive(engine: TestEngine): void {
  describe('steps from telemetry', () => {
    const { tenant, ledger: opened } = useLedger(engine)
    const made = (input: StepInput) => normalise(input, null)
    const derive = (input: StepInput, before: StepInput | null = null): StepChange => ({
      kind: 'derive',
      before: before && made(before).step,
      ...made(input),
    })
    const forget = (own: string, into: string | null, before: StepInput | null = null): StepChange => ({
      kind: 'forget',
      id: own,
      before: before && made(before).step,
      into,
    })
    const at = '2026-01-29T15:01:19.000000Z'
    const one = (own: string, rest: StepInput = {}): StepInput => ({ id: own, created_at: at, run_id: 'run', ...rest })

    test('are as the model has them, whatever happens in whatever requests', { timeout: 120_000 }, async () => {
      const story = fc.array(fc.array(event, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 })
      await fc.assert(
        fc.asyncProperty(story, async (requests) => {
          const t = tenant()
          const model = new Model()
          for (const events of requests) {
            const changes: StepChange[] = []
            for (const happened of events) {
              const change = model.changeOf(happened)
              if (!change) continue
              changes.push(change)
              model.apply(change)
            }
            const outcomes = await t.write(...changes)
            expect(outcomes.length).toBe(changes.filter(({ kind }) => kind !== 'forget').length)
          }
          await expectWhole(t, model)
          for (const run of await t.runIds()) {
            expect(await t.deleteRun(run)).toBe(true)
            for (const { id: own, run_id } of model.steps.values()) {
              if (run_id !== run) continue
              model.steps.delete(own)
              removeAliases(model, own)
            }
            await expectWhole(t, model)
          }
        }),
        { numRuns: 200 },
      )
    })

    test('are told apart by whether they are new', async () => {
      const t = tenant()
      const own = anId()
      const before = one(own, { status: 'pending' })
      expect(await t.write(derive(before))).toMatchObject([{ created: true, row: { status: 'pending' } }])
      const after = one(own, { status: 'success', model: 'm' })
      expect(await t.write(derive(after, before))).toMatchObject([{ created: false, row: { model: 'm' } }])
      expect(await t.run('run')).toMatchObject({ num_steps: 1, status: 'completed' })
    })

    test('take the place of their own traces and leave those of others', async () => {
      const t = tenant()
      const own = anId()
      const ids = [anId('provider_trace'), anId('provider_trace')] as const
      const trace = (of: string, words: string) => ({ id: of, request_json: { words: words.repeat(3000) }, response_json: {} }) // prettier-ignore
      const first = one(own, { provider_trace: trace(ids[0], 'first') })
      await t.write(derive(first))
      await t.record({ id: own, provider_trace: trace(ids[1], 'mine') })
      await t.write(derive(one(own, { model: 'm', provider_trace: trace(ids[0], 'second') }), first))
      const words = async () =>
        Object.fromEntries((await t.traces(own)).map((each) => [each.id, each.request_json.slice(10, 15)]))
      expect(await words()).toEqual({ [ids[0]]: 'secon', [ids[1]]: 'minem' })
      await t.write(forget(own, null))
      expect(await t.count('contents')).toBe(0)
    })

    test('that are folded leave nothing behind but their id, which means the other one', async () => {
      const t = tenant()
      const [child, parent, other] = [anId(), anId(), anId()]
      const call = { id: 'c', type: 'function' as const, function: { name: 'find', arguments: '{}' } }
      const inner = one(child, {
        tags: ['said'],
        prompt_tokens: 5,
        messages: [{ ...text(anId('message'), 'hello', at), tool_calls: [call] }],
        provider_trace: { request_json: { words: 'x'.repeat(5000) }, response_json: {} },
      })
      await t.write(derive(inner), derive(one(other, { prompt_tokens: 1 })))
      await t.write({ kind: 'feedback', id: child, feedback: 'positive', addTags: ['mine'] })
      await t.write({ kind: 'transaction', id: child, tid: 'tid' })
      expect(await t.tools('run')).toEqual(['find'])
      const outer = one(parent, { prompt_tokens: 7, tags: ['outer'] })
      expect(await t.write(derive(outer), forget(child, parent, inner))).toHaveLength(1)
      expect(await t.ids()).toEqual([other, parent].toSorted())
      expect(await t.step(child)).toEqual(await t.step(parent))
      expect(await t.step(parent)).toMatchObject({ feedback: 'positive', tid: 'tid', tags: ['outer', 'mine'] })
      expect(await t.run('run')).toMatchObject({ num_steps: 2, prompt_tokens: 8 })
      expect([await t.messageIds('run'), await t.tools('run'), await t.tags()]).toEqual([[], [], ['mine', 'outer']])
      expect([await t.count('contents'), await t.count('step_aliases')]).toEqual([0, 1])
      // Folded once more, and brought back.
      await t.write(forget(parent, other))
      expect((await t.step(child)).id).toBe(other)
      await t.write(derive(inner))
      expect(await t.step(child)).toMatchObject({ id: child, feedback: null, tags: ['said'] })
      expect(await t.run('run')).toMatchObject({ num_steps: 2, prompt_tokens: 6 })
      await t.deleteRun('run')
      expect(await t.get(parent)).toBeUndefined()
      expect([await t.count('steps'), await t.count('step_aliases')]).toEqual([0, 0])
    })

    test('that are not there are forgotten without an error, and without an alias', async () => {
      const t = tenant()
      const [unknown, parent] = [anId(), anId()]
      expect(await t.write(derive(one(parent)), forget(unknown, parent))).toHaveLength(1)
      expect(await t.get(unknown)).toBeUndefined()
      expect(await t.write(forget(unknown, null))).toEqual([])
    })

    test('are rated and corrected by the ids of what was folded into them', async () => {
      const t = tenant()
      const ledger = makeLedger(t.store)
      const scope = { project: t.project, projectId: null }
      const [child, parent] = [anId(), anId()]
      await t.write(derive(one(child)), derive(one(parent)), forget(child, parent))
      expect(await ledger.rate(scope, child, 'negative', [])).toMatchObject({ id: parent, feedback: 'negative' })
      expect(await ledger.setTransaction(scope, child, 'tid')).toMatchObject({ id: parent, tid: 'tid' })
      expect(await ledger.correct(scope, child, { id: child, model: 'm' })).toMatchObject({ id: parent, model: 'm' })
      await expect(ledger.correct(scope, child, { id: anId() })).rejects.toMatchObject({ code: 'invalid' })
      await expect(ledger.rate(scope, anId(), 'negative', [])).rejects.toMatchObject({ code: 'not_found' })
      const elsewhere = { project: tenant().project, projectId: null }
      await expect(ledger.rate(elsewhere, child, 'negative', [])).rejects.toMatchObject({ code: 'not_found' })
    })

    test('of a refused request are as they were', async () => {
      const t = tenant()
      const [child, parent] = [anId(), anId()]
      await t.write(derive(one(child)), derive(one(parent)))
      const refused = t.write(forget(child, parent), { kind: 'transaction', id: anId(), tid: 'tid' })
      await expect(refused).rejects.toMatchObject({ code: 'not_found' })
      expect((await t.step(child)).id).toBe(child)
      expect(await t.count('step_aliases')).toBe(0)
    })

    test('merge what several processes derive and fold at the same time', async () => {
      const t = tenant()
      const other = await opened().openAnother()
      const ids = Array.from({ length: 30 }, () => [anId(), anId()] as const)
      const writers = [t.store, other].flatMap(({ write }) =>
        ids.map(async ([child, parent]) => {
          await write.write(t.project, [derive(one(child, { prompt_tokens: 1 }))])
          await write.write(t.project, [derive(one(parent, { prompt_tokens: 2 })), forget(child, parent)])
        }),
      )
      await Promise.all(writers)
      await t.write(...ids.map(([child, parent]) => forget(child, parent)))
      expect(await t.run('run')).toMatchObject({ num_steps: 30, prompt_tokens: 60 })
      for (const [child, parent] of ids) expect((await t.step(child)).id).toBe(parent)
      await other.close()
    })
  })
}

/** The ids that mean a deleted step, directly or not, mean nothing any more. */
function removeAliases(model: Model, own: string): void {
  model.aliases.delete(own)
  for (const [from, into] of model.aliases) {
    if (into !== own || !model.aliases.has(from)) continue
    model.aliases.delete(from)
    if (!model.steps.has(from)) removeAliases(model, from)
  }
}
