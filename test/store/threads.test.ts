/** Threads that fail, and readers beside writers. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeLedger } from '../../src/ledger.ts'
import { ThreadClient } from '../../src/store/sqlite/threads.ts'
import { openStore } from '../../src/store/open.ts'

const dir = mkdtempSync(join(tmpdir(), 'stepledger-threads-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

test('a thread that dies fails what it had in hand; the next call is answered by another one', async () => {
  const client = new ThreadClient(new URL('fragile-thread.ts', import.meta.url), { file: '' })
  for (let round = 0; round < 3; round++) {
    const doomed = client.call('die', [])
    await expect(doomed).rejects.toMatchObject({ code: 'unavailable' })
    // At once, before the dead thread has told its exit.
    expect(await Promise.all([1, 2, 3].map((n) => client.call('echo', [n])))).toEqual([1, 2, 3])
  }
  await client.close()
  await expect(client.call('echo', [1])).rejects.toMatchObject({ code: 'unavailable' })
})

test('calls that wait are answered together as far as they may, and in their order', async () => {
  const client = new ThreadClient(new URL('fragile-thread.ts', import.meta.url), { file: '' })
  await client.call('echo', [1])
  const held = client.call('sleep', [200])
  const order: number[] = []
  const asked = [1, 2, 3, 4, 5].map((n) => client.call<number[]>('together', [n]).finally(() => order.push(n)))
  const between = client.call('echo', [6]).finally(() => order.push(6))
  const failed = [7, 0].map((n) => client.call('together', [n]))
  expect(await Promise.all(asked)).toEqual([[1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 4], [5]])
  expect(await between).toBe(6)
  for (const each of await Promise.allSettled(failed)) expect(each).toMatchObject({ reason: new Error('none of them') })
  expect(order).toEqual([1, 2, 3, 4, 5, 6])
  await held
  await client.close()
})

test('an answer that cannot be sent is an error, and costs nobody else theirs', async () => {
  const client = new ThreadClient(new URL('fragile-thread.ts', import.meta.url), { file: '' })
  const unsendable = client.call('unsendable', [])
  const after = client.call('echo', [2])
  await expect(unsendable).rejects.toThrow('could not be cloned')
  expect(await after).toBe(2)
  await client.close()
})

test('a trace is read whole while it is replaced again and again', { timeout: 60_000 }, async () => {
  const ledger = makeLedger(await openStore({ dataDir: dir }))
  const scope = { project: 'default', projectId: null }
  const id = 'step-0f0e0d0c-0b0a-4908-8706-050403020100'
  const trace = (n: number) => ({
    id: 'provider_trace-0f0e0d0c-0b0a-4908-8706-050403020100',
    request_json: {
      messages: Array.from({ length: 200 }, (_, i) => ({ role: 'user', content: `${n} ${i} `.repeat(60) })),
    },
    response_json: { n },
  })
  await ledger.record(scope, [{ id, provider_trace: trace(0) }], [])
  const state = { writing: true }
  const writer = (async () => {
    for (let n = 1; n <= 60; n++) await ledger.correct(scope, id, { provider_trace: trace(n) })
    state.writing = false
  })()
  let reads = 0
  while (state.writing) {
    const [found] = await ledger.read.getTraces('default', id)
    const { n } = JSON.parse(found?.response_json ?? '{}') as { n: number }
    const { messages } = JSON.parse(found?.request_json ?? '{}') as { messages: { content: string }[] }
    expect(messages.every((message) => message.content.startsWith(`${n} `))).toBe(true)
    reads++
  }
  await writer
  expect(reads).toBeGreaterThan(5)
  await ledger.close()
})
