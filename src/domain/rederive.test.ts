import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { step } from '../../test/support/arbitrary.ts'
import { ABANDONED, correctStep, rederive, unite } from './merge.ts'
import type { Message } from './message.ts'
import { METRIC_FIELD_NAMES, STEP_FIELD_NAMES, type Step } from './step.ts'

const ID = 'step-00000000-0000-4000-8000-000000000000'
const messageIds = fc.constantFrom(...[0, 1, 2].map((n) => `message-00000000-0000-4000-8000-00000000000${n}`))
/** What telemetry says: never what people alone say, and no step that was given up. */
const said = step(fc.constant(ID), messageIds).map((made): Step => ({
  ...made,
  feedback: null,
  tid: null,
  error_type: made.error_type === ABANDONED ? null : made.error_type,
}))
const assert = <T extends unknown[]>(property: fc.IProperty<T>) => fc.assert(property, { numRuns: 500 })

const TIME = '2026-01-29T15:01:19.000000Z'
const message = (id: string, text: string, created_at = TIME): Message => ({ id, role: 'user', created_at, content: [{ type: 'text', text }] }) // prettier-ignore

function plain(given: Partial<Step>): Step {
  const fields = Object.fromEntries(STEP_FIELD_NAMES.map((name) => [name, null]))
  return { ...fields, id: ID, created_at: 1, tags: [], messages: [], metrics: null, ...given } as Step
}

describe('rederive', () => {
  test('of what nobody touched is what telemetry says now', () => {
    assert(
      fc.property(said, said, fc.constantFrom(null, 'positive' as const), (before, after, feedback) => {
        const existing = { ...before, feedback, tid: 'by hand' }
        const expected = { ...after, feedback, tid: 'by hand', created_at: before.created_at }
        expect(rederive(existing, before, after)).toEqual(expected)
      }),
    )
  })

  test('does not mind in which order objects hold their keys', () => {
    const error_data = { message: 'm', details: { a: 1, b: JSON.rawJSON('12345678901234567890') } }
    const turned = { details: { b: JSON.rawJSON('12345678901234567890'), a: 1 }, message: 'm' }
    const after = plain({ error_data: { message: 'n' } })
    expect(rederive(plain({ error_data: turned }), plain({ error_data }), after)).toEqual(after)
  })

  test('says the same whether it is told in one go or on the way', () => {
    assert(
      fc.property(said, said, said, (first, second, third) => {
        const onTheWay = rederive(rederive(first, first, second), second, third)
        expect(onTheWay).toEqual(rederive(first, first, third))
      }),
    )
  })

  test('done again changes nothing more', () => {
    assert(
      fc.property(said, said, said, (existing, before, after) => {
        const once = rederive(existing, before, after)
        const again = rederive(once, after, after)
        const order = (of: Step) => ({ ...of, tags: of.tags.toSorted() })
        expect(order(again)).toEqual(order(once))
      }),
    )
  })

  test('keeps what somebody corrected, whatever telemetry says and how often', () => {
    // Corrected to pending, it would end with the next thing that telemetry says.
    const names = STEP_FIELD_NAMES.filter((name) => name !== 'status')
    const byHand = fc.subarray(names, { minLength: 1 })
    assert(
      fc.property(said, fc.array(said, { minLength: 1, maxLength: 4 }), byHand, (first, later, corrected) => {
        const correction = Object.fromEntries(corrected.map((name) => [name, 'by hand']))
        let existing = { ...correctStep(first, correction), tags: [...first.tags, 'own'] }
        let before = first
        for (const after of later) {
          existing = rederive(existing, before, after)
          before = after
        }
        for (const name of corrected) expect(existing[name]).toBe('by hand')
        expect(existing.tags).toContain('own')
        expect(existing.tags).toEqual(expect.arrayContaining(before.tags))
      }),
    )
  })

  test('never changes id, time, feedback and tid, nor its inputs', () => {
    assert(
      fc.property(said, said, said, (existing, before, after) => {
        const own = { ...existing, feedback: 'negative' as const, tid: 't' }
        const text = JSON.stringify([own, before, after])
        const { id, created_at, feedback, tid } = rederive(own, before, { ...after, id: 'step-other' })
        expect({ id, created_at, feedback, tid }).toEqual({ id: ID, created_at: own.created_at, feedback, tid: 't' })
        expect(JSON.stringify([own, before, after])).toBe(text)
      }),
    )
  })

  test('each value is one of the three', () => {
    assert(
      fc.property(said, said, said, (existing, before, after) => {
        const result = rederive(existing, before, after)
        for (const name of STEP_FIELD_NAMES) expect([existing[name], after[name]]).toContainEqual(result[name])
        for (const name of METRIC_FIELD_NAMES) {
          expect([existing.metrics?.[name], after.metrics?.[name]]).toContain(result.metrics?.[name])
        }
        const either = [...existing.messages, ...after.messages]
        for (const one of result.messages) expect(either).toContainEqual(one)
        const ids = result.messages.map(({ id }) => id)
        expect(ids).toEqual(unite(ids, []))
        expect(ids).toEqual(expect.arrayContaining(after.messages.map(({ id }) => id)))
      }),
    )
  })

  test('tags: what telemetry no longer says goes, what somebody removed stays away, what somebody added stays', () => {
    const before = plain({ tags: ['old', 'removed', 'kept'] })
    const existing = plain({ tags: ['old', 'kept', 'mine'] })
    const after = plain({ tags: ['new', 'kept', 'removed'] })
    expect(rederive(existing, before, after).tags).toEqual(['new', 'kept', 'mine'])
  })

  test('messages: by id, each as somebody changed it or as telemetry has it now', () => {
    const before = plain({ messages: [message('a', '1'), message('b', '1'), message('c', '1'), message('d', '1')] })
    const existing = plain({
      messages: [
        message('a', '1'),
        message('b', 'mine'),
        message('c', '1'),
        message('d', 'mine'),
        message('e', 'mine'),
      ],
    })
    const after = plain({ messages: [message('f', '2'), message('b', '2'), message('a', '2')] })
    expect(rederive(existing, before, after).messages.map(({ id, content }) => [id, content?.[0]])).toEqual(
      [
        ['f', '2'],
        ['b', 'mine'],
        ['a', '2'],
        ['d', 'mine'],
        ['e', 'mine'],
      ].map(([id, text]) => [id, { type: 'text', text }]),
    )
  })

  test('metrics: field by field', () => {
    const existing = plain({ metrics: { step_ns: '1', llm_request_ns: '7', tool_execution_ns: '3' } })
    const before = plain({ metrics: { step_ns: '1', llm_request_ns: '2' } })
    const after = plain({ metrics: { step_ns: '5', llm_request_ns: '5', step_start_ns: '5' } })
    expect(rederive(existing, before, after).metrics).toEqual({
      step_ns: '5',
      llm_request_ns: '7',
      tool_execution_ns: '3',
      step_start_ns: '5',
    })
  })

  describe('status', () => {
    const pending = plain({ status: 'pending' })
    const abandoned = plain({ status: 'failed', error_type: ABANDONED, error_data: { message: 'never completed' } })
    const failed = plain({ status: 'failed', error_type: 'Timeout', error_data: { message: 'late' } })
    const success = plain({ status: 'success' })

    test.each([
      ['a pending step ends', pending, pending, success, success],
      ['one that was given up ends as telemetry says', abandoned, pending, success, success],
      ['also as a failure', abandoned, pending, failed, failed],
      ['one that was given up stays so while telemetry has no end', abandoned, pending, pending, abandoned],
      ['one that somebody ended stays ended', success, pending, pending, success],
      ['and tells of no error that it did not end with', success, pending, failed, success],
      ['one that somebody set to pending ends', pending, plain({}), success, success],
      ['what telemetry takes back itself goes back', success, success, pending, pending],
    ])('%s', (_, existing, before, after, expected) => {
      expect(rederive(existing, before, after)).toEqual(expected)
    })
  })
})
