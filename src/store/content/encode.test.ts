import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { DICTIONARY_1 } from './dictionary.ts'
import { decode, encode } from './encode.ts'

describe('encode and decode', () => {
  test('give back any bytes, and never much more than them', () => {
    const samples = [0, 1, 50, 5000, 70_000].flatMap((n) => [Buffer.alloc(n, 'text, '), randomBytes(n)])
    for (const bytes of samples) {
      const form = encode(bytes)
      expect(decode(form).equals(bytes)).toBe(true)
      expect(form.length).toBeLessThanOrEqual(bytes.length + 1)
    }
    expect(encode(Buffer.alloc(70_000, 'text, ')).length).toBeLessThan(200)
    expect(encode(Buffer.from('{"role":"user","content":"hello"}')).length).toBeLessThan(20)
  })

  test('refuse an unknown or damaged form', () => {
    expect(() => decode(Buffer.from([77, 1, 2]))).toThrow('unknown encoding 77')
    expect(() => decode(Buffer.alloc(0))).toThrow('unknown encoding')
    for (const length of [500, 70_000]) {
      const form = encode(Buffer.alloc(length, 'some text '))
      expect(() => decode(form.subarray(0, form.length - 3))).toThrow()
    }
  })

  test('the dictionary is what it was when ledgers were written', () => {
    const digest = createHash('sha256').update(DICTIONARY_1).digest('hex')
    expect(digest).toBe('a6dab02192bdf33bd10fe76e6b30bea50ded73dd6dc0d7978cb5c368c6ebcdb5')
  })
})
