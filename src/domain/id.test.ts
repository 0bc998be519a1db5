import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { derivedId, isOpaqueId, MESSAGE_ID, newId, OPAQUE_ID_LENGTH, STEP_ID, TRACE_ROW_ID } from './id.ts'

describe('newId', () => {
  const ids = Array.from({ length: 20_000 }, () => newId('step'))

  test('is a uuid of version 7 behind its prefix', () => {
    for (const id of ids.slice(0, 1000))
      expect(id).toMatch(/^step-[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(newId('message')).toMatch(MESSAGE_ID)
    expect(newId('provider_trace')).toMatch(TRACE_ROW_ID)
    expect(newId('step')).toMatch(STEP_ID)
  })

  test('holds the time at which it was made', () => {
    const millis = Number.parseInt(newId('step').slice(5, 18).replace('-', ''), 16)
    expect(Math.abs(millis - Date.now())).toBeLessThan(2000)
  })

  test('is never made twice', () => {
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('comes later in order when it is made later', () => {
    expect(ids.toSorted()).toEqual(ids)
  })
})

describe('derivedId', () => {
  test('is the same uuid of version 8 for the same source, and another for another', () => {
    const source = fc.array(fc.oneof(fc.string(), fc.integer()), { maxLength: 3 })
    fc.assert(
      fc.property(source, source, (a, b) => {
        expect(derivedId('step', ...a)).toMatch(
          /^step-[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        )
        expect(derivedId('step', ...a)).toBe(derivedId('step', ...a))
        const same = JSON.stringify(a) === JSON.stringify(b)
        expect(derivedId('step', ...a) === derivedId('step', ...b)).toBe(same)
        expect(derivedId('step', ...a).slice(5)).not.toBe(derivedId('message', ...a).slice(8))
      }),
      { numRuns: 500 },
    )
  })

  test('tells where one part of a source ends and the next begins', () => {
    expect(derivedId('step', 'ab', 'c')).not.toBe(derivedId('step', 'a', 'bc'))
    expect(derivedId('step', '1')).not.toBe(derivedId('step', 1))
  })

  test('stays what it is: ids that are stored must be found again', () => {
    expect(derivedId('step', 'source', 1)).toBe('step-9c5aec2e-93c0-86b3-a349-7d5268932399')
  })
})

describe('isOpaqueId', () => {
  test('takes 1 to 255 characters without control characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const control = text.split('').some((c) => c <= '\u001f' || (c >= '\u007f' && c <= '\u009f'))
        const expected = text.length >= 1 && text.length <= OPAQUE_ID_LENGTH && !control && text.isWellFormed()
        expect(isOpaqueId(text)).toBe(expected)
      }),
      { numRuns: 2000 },
    )
  })

  test.each(['a', 'agent 1', 'ä', '😀', 'a/b?c', "'; drop", '\u00a0', 'x'.repeat(255)])('takes %j', (text) => {
    expect(isOpaqueId(text)).toBe(true)
  })

  test.each(['', '\0', 'a\nb', 'a\u007f', 'a\u0085', '\ud800', 'a\udc00b', 'x'.repeat(256)])('refuses %j', (text) => {
    expect(isOpaqueId(text)).toBe(false)
  })
})

describe('the forms of ids', () => {
  test.each([
    ['step-123e4567-e89b-12d3-a456-426614174000', true],
    ['step-00000000-0000-0000-0000-000000000000', true],
    ['step-123E4567-e89b-12d3-a456-426614174000', false],
    ['step-123e4567e89b12d3a456426614174000', false],
    ['step-123e4567-e89b-12d3-a456-42661417400', false],
    ['step-123e4567-e89b-12d3-a456-426614174000\n', false],
    [' step-123e4567-e89b-12d3-a456-426614174000', false],
    ['message-123e4567-e89b-12d3-a456-426614174000', false],
    ['', false],
  ])('%j is a step id: %s', (text, expected) => {
    expect(STEP_ID.test(text)).toBe(expected)
  })
})
