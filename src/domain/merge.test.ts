import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { step, tags } from '../../test/support/arbitrary.ts'
import { ABANDONED, chronological, correctStep, isProvisional, mergeSteps, unite } from './merge.ts'
import { METRIC_FIELD_NAMES, STATUSES, STEP_FIELD_NAMES, type Step } from './step.ts'

const ID = 'step-00000000-0000-4000-8000-000000000000'
const messageIds = fc.constantFrom(...[0, 1, 2].map((n) => `message-00000000-0000-4000-8000-00000000000${n}`))
/** Only a failed step was abandoned. */
const one = step(fc.constant(ID), messageIds).map((made): Step => ({
  ...made,
  error_type: made.error_type === ABANDONED && made.status !== 'failed' ? null : made.error_type,
}))
/** Two records of one step. */
const pair = fc.tuple(one, one)
const final = one.map((made): Step => ({
  ...made,
  status: made.status === 'pending' || made.status === null ? 'success' : made.status,
}))
const assert = <T extends unknown[]>(property: fc.IProperty<T>) => fc.assert(property, { numRuns: 500 })

const by = <T>(list: readonly T[], key: (item: T) => string) => list.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
/** The same step, whatever the order in which tags and messages of one time came. */
const unordered = (of: Step) => ({ ...of, tags: by(of.tags, String), messages: by(of.messages, ({ id }) => id) })

describe('mergeSteps', () => {
  test('of a step with itself is that step', () => {
    assert(
      fc.property(one, (a) => {
        expect(mergeSteps(a, a)).toEqual(a)
      }),
    )
  })

  test('done again changes nothing more', () => {
    assert(
      fc.property(pair, ([a, b]) => {
        const once = mergeSteps(a, b)
        expect(mergeSteps(once, b)).toEqual(once)
        expect(mergeSteps(once, a)).toEqual(once)
      }),
    )
  })

  test('never changes its inputs', () => {
    assert(
      fc.property(pair, ([a, b]) => {
        const before = JSON.stringify([a, b])
        mergeSteps(a, b)
        expect(JSON.stringify([a, b])).toBe(before)
      }),
    )
  })

  test('keeps id and created_at', () => {
    assert(
      fc.property(pair, ([a, b]) => {
        const { id, created_at } = mergeSteps(a, { ...b, id: 'step-other' })
        expect([id, created_at]).toEqual([a.id, a.created_at])
      }),
    )
  })

  test('loses no given value: each field has that of one of the two, null only when both say null', () => {
    // What was said about an error that was provisional is not true of the real end.
    const cleared = new Set(['error_type', 'error_data', 'feedback'])
    assert(
      fc.property(pair, ([a, b]) => {
        const merged = mergeSteps(a, b)
        for (const name of STEP_FIELD_NAMES) {
          if (cleared.has(name)) continue
          const given = [a[name], b[name]].filter((value) => value !== null)
          if (given.length === 0) expect(merged[name]).toBeNull()
          else expect(given).toContainEqual(merged[name])
        }
        for (const name of METRIC_FIELD_NAMES) {
          const given = [a.metrics?.[name], b.metrics?.[name]].filter((value) => value !== undefined)
          if (given.length > 0) expect(given).toContain(merged.metrics?.[name])
        }
      }),
    )
  })

  test('keeps what was there first unless the step was provisional and is completed', () => {
    assert(
      fc.property(pair, ([a, b]) => {
        if (isProvisional(a)) return
        const merged = mergeSteps(a, b)
        for (const name of STEP_FIELD_NAMES) if (a[name] !== null) expect(merged[name]).toEqual(a[name])
      }),
    )
  })

  test('lets the completing record win', () => {
    assert(
      fc.property(one, final, (a, b) => {
        const merged = mergeSteps({ ...a, status: 'pending' }, b)
        for (const name of STEP_FIELD_NAMES)
          if (b[name] !== null && name !== 'feedback') expect(merged[name]).toEqual(b[name])
      }),
    )
  })

  test('never turns a final status back to pending, nor into another', () => {
    assert(
      fc.property(final, one, (a, b) => {
        const { status } = mergeSteps(a, b)
        expect(status).not.toBe('pending')
        if (a.error_type !== ABANDONED) expect(status).toBe(a.status)
      }),
    )
  })

  test('unites tags in first-seen order', () => {
    assert(
      fc.property(pair, ([a, b]) => {
        expect(mergeSteps(a, b).tags).toEqual([...new Set([...a.tags, ...b.tags])])
      }),
    )
  })

  test('leaves feedback alone', () => {
    assert(
      fc.property(pair, ([a, b]) => {
        expect(mergeSteps(a, b).feedback).toBe(a.feedback)
      }),
    )
  })

  test('unites messages by id, in the order of their times', () => {
    assert(
      fc.property(pair, ([a, b]) => {
        const { messages } = mergeSteps(a, b)
        const ids = messages.map(({ id }) => id)
        expect(ids.toSorted()).toEqual([...new Set([...a.messages, ...b.messages].map(({ id }) => id))].toSorted())
        for (const message of messages) expect([...a.messages, ...b.messages]).toContainEqual(message)
        expect(messages).toEqual(chronological(messages))
      }),
    )
  })

  test('is the same whichever of a pending and a final record arrives first', () => {
    assert(
      fc.property(one, final, (a, b) => {
        // Feedback is not merged.
        const shared = { created_at: 0, feedback: null }
        const pending: Step = { ...a, ...shared, status: 'pending' }
        const ended: Step = { ...b, ...shared, error_type: b.error_type === ABANDONED ? null : b.error_type }
        expect(unordered(mergeSteps(pending, ended))).toEqual(unordered(mergeSteps(ended, pending)))
      }),
    )
  })

  test('is the same whichever of an abandoned and a completed record arrives first', () => {
    assert(
      fc.property(one, final, (a, b) => {
        const shared = { created_at: 0, feedback: null }
        const abandoned: Step = {
          ...a,
          ...shared,
          status: 'failed',
          error_type: ABANDONED,
          error_data: { message: 'never completed' },
        }
        const ended: Step = { ...b, ...shared, error_type: b.error_type === ABANDONED ? null : b.error_type }
        expect(unordered(mergeSteps(abandoned, ended))).toEqual(unordered(mergeSteps(ended, abandoned)))
      }),
    )
  })

  test('gives the same for three records of a step however they are grouped, when none completes another', () => {
    assert(
      fc.property(final, one, one, (a, b, c) => {
        if (a.error_type === ABANDONED) return
        const [x, y, z] = [a, b, c].map((made) => ({ ...made, status: a.status, error_type: null, created_at: 0 })) as [
          Step,
          Step,
          Step,
        ]
        expect(mergeSteps(mergeSteps(x, y), z)).toEqual(mergeSteps(x, mergeSteps(y, z)))
      }),
    )
  })
})

describe('correctStep', () => {
  test('changes the keys that are given and nothing else', () => {
    const names = STEP_FIELD_NAMES.filter((name) => name !== 'status')
    assert(
      fc.property(one, one, fc.subarray(names), (a, b, chosen) => {
        const correction = Object.fromEntries(chosen.map((name) => [name, b[name]]))
        expect(correctStep(a, correction)).toEqual({ ...a, ...correction })
      }),
    )
  })

  test('replaces tags, unites messages with the given ones winning, and clears metrics with null', () => {
    assert(
      fc.property(one, one, (a, b) => {
        const corrected = correctStep(a, { tags: b.tags, messages: b.messages, metrics: null })
        expect(corrected.tags).toEqual(b.tags)
        expect(corrected.metrics).toBeNull()
        for (const message of b.messages) expect(corrected.messages).toContainEqual(message)
        for (const { id } of a.messages) expect(corrected.messages.map((message) => message.id)).toContain(id)
        expect(correctStep(corrected, { messages: b.messages })).toEqual(corrected)
      }),
    )
  })

  test('makes no ended step pending again', () => {
    assert(
      fc.property(one, fc.constantFrom(...STATUSES), (a, status) => {
        const correct = () => correctStep({ ...a, status }, { status: 'pending' })
        if (status === 'pending') expect(correct().status).toBe('pending')
        else
          expect(correct).toThrow(
            expect.objectContaining({
              code: 'invalid',
              issues: [expect.objectContaining({ loc: ['body', 'status'] })],
            }),
          )
      }),
    )
  })
})

test('unite keeps each once, in first-seen order', () => {
  assert(
    fc.property(tags, tags, (a, b) => {
      const united = unite(a, b)
      expect(united).toEqual([...new Set([...a, ...b])])
      expect(unite(united, b)).toEqual(united)
    }),
  )
})
