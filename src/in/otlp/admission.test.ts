import { expect, test } from 'vitest'
import { Admission } from './admission.ts'

test('no more than its weight is inside at once, but for two, in the order of arrival', async () => {
  const admission = new Admission(10)
  const inside = new Set<string>()
  const entered: string[] = []
  const leave = new Map<string, () => void>()
  const start = (name: string, weight: number) =>
    admission.run(weight, async () => {
      inside.add(name)
      entered.push(name)
      await new Promise<void>((resolve) => leave.set(name, resolve))
      inside.delete(name)
    })
  const finish = async (name: string, done: Promise<void>) => {
    leave.get(name)?.()
    await done
    await new Promise(setImmediate)
  }
  const works = { a: start('a', 4), b: start('b', 3), c: start('c', 3), d: start('d', 50), e: start('e', 1) }
  expect(entered).toEqual(['a', 'b', 'c'])
  await finish('b', works.b)
  // `d` does not fit beside both, and `e`, which would, does not overtake it.
  expect(entered).toEqual(['a', 'b', 'c'])
  await finish('a', works.a)
  expect([...inside]).toEqual(['c', 'd'])
  await finish('c', works.c)
  // One of two is always let in.
  expect([...inside]).toEqual(['d', 'e'])
  await finish('d', works.d)
  await finish('e', works.e)
  expect(entered).toEqual(['a', 'b', 'c', 'd', 'e'])
})

test('work that fails makes room like any other', async () => {
  const admission = new Admission(1)
  const failed = admission.run(1, () => Promise.reject(new Error('no')))
  const next = admission.run(1, () => Promise.resolve('yes'))
  await expect(failed).rejects.toThrow('no')
  await expect(next).resolves.toBe('yes')
})
