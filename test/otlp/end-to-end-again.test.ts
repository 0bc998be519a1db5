/** Requests that are decoded and written a second time: they count once (mapping, section 11). */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeIngest } from '../../src/in/otlp/recorder.ts'
import { decodeSpans } from '../../src/in/otlp/wire/decode.ts'
import { makeLedger, type Ledger } from '../../src/ledger.ts'
import { openStore } from '../../src/store/open.ts'
import { freshStore, type TestStore } from '../support/server.ts'
import { span, toProtobuf, traces } from './support.ts'

const SCOPE = { project: 'default', projectId: null }

const call = (n: number, model = 'gpt-5') => {
  const said = (key: string, stringValue: string) => ({ key, value: { stringValue } })
  const attributes = [said('gen_ai.operation.name', 'chat'), said('gen_ai.request.model', model)]
  return span(n, { attributes, startTimeUnixNano: String(1795226339562000000n + BigInt(n) * 1_000_000n) })
}

let store: TestStore
let ledger: Ledger
beforeAll(async () => {
  store = await freshStore()
  ledger = makeLedger(await openStore(store.address))
})
afterAll(async () => {
  await ledger.close()
  await store.dispose()
})

test('when another writer of the trace was there first', async () => {
  // As in two processes: each remembers for itself how far a trace has come.
  const [one, other] = [makeIngest(ledger), makeIngest(ledger)]
  let reads = 0
  const send = (ingest: typeof one, n: number) => {
    const body = toProtobuf('traces', traces(call(n)))
    return ingest.spans(SCOPE, () => {
      reads++
      return decodeSpans(body, 'protobuf')
    })
  }
  for (const n of [1, 2]) expect(await send(one, n)).toMatchObject({ made: { created: 1, duplicates: 0 } })
  expect(await send(other, 3)).toMatchObject({ made: { created: 1, duplicates: 0 } })
  expect(reads).toBe(3)
  expect(await send(one, 4)).toMatchObject({ made: { created: 1, duplicates: 0 }, rejected: 0, message: null })
  expect(reads).toBe(5)
  const counts = await ledger.read.listIngestCounts(SCOPE.project)
  const total = (outcome: string) => counts.filter((each) => each.outcome === outcome).reduce((n, { count }) => n + count, 0) // prettier-ignore
  expect([total('received'), total('step'), total('duplicate')]).toEqual([4, 4, 0])
})

test('when a dialect made a step that cannot be written: the others are, and it is told', async () => {
  const traceId = 'a'.repeat(32)
  // Stands for a fault of ours: what it makes of the second call is no step.
  const faulty: Ledger = {
    ...ledger,
    derived(scope, input, check) {
      const calls = [{ id: 'call', type: 'function' }] as never
      const bad = { ...input, messages: [{ role: 'assistant' as const, content: null, tool_calls: calls }] }
      return ledger.derived(scope, input.model === 'faulty' ? bad : input, check)
    },
  }
  const spans = ['good', 'faulty', 'good'].map((model, n) => ({ ...call(n, model), traceId }))
  const before = await ledger.read.listIngestCounts(SCOPE.project)
  const body = toProtobuf('traces', traces(...spans))
  const result = await makeIngest(faulty).spans(SCOPE, () => decodeSpans(body, 'protobuf'))
  expect(result.made).toMatchObject({ created: 2 })
  const counts = await ledger.read.listIngestCounts(SCOPE.project)
  const grown = (outcome: string) => {
    const total = (all: typeof counts) => all.filter((each) => each.outcome === outcome).reduce((n, { count }) => n + count, 0) // prettier-ignore
    return total(counts) - total(before)
  }
  expect([grown('received'), grown('step'), grown('invalid_step')]).toEqual([3, 2, 1])
  expect(counts.find(({ outcome }) => outcome === 'invalid_step')?.sample).toMatch(/tool_calls/)
})
