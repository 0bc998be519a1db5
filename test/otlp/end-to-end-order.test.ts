/**
 * The captures' spans and records, divided anew over many requests in random order, some of them twice, sixteen requests
 * at a time, in both encodings: the ledger afterwards is the one that an orderly delivery makes (mapping, section 14.2).
 */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { IngestTotal } from '../../src/store/store.ts'
import { serve, type ServerProcess } from '../durability/process.ts'
import { freshStore, startTestServer, type TestStore } from '../support/server.ts'
import { divided, sendAll, type Sending } from './sending.ts'
import { ledgerIn, orderlyLedger, pieces, requests, type Ledger } from './shown.ts'

/** The first of the orders tried; a failure names it. */
const SEED = Number(process.env.STEPLEDGER_SEED ?? Date.now() % 1e9)

let orderly: Ledger
beforeAll(async () => {
  orderly = await orderlyLedger(await freshStore())
})

/** Outcomes of spans and records that are counted once for each, however often they come. */
const ONCE = ['agent', 'context', 'tool', 'wrapper']

function expectSame({ rows, steps, counts }: Ledger, sendings: readonly Sending[]): void {
  expect(steps).toEqual(orderly.steps)
  expect(rows).toEqual(orderly.rows)
  const total = (outcome: string, of = counts) =>
    of.reduce((sum, each) => (each.outcome === outcome ? sum + each.count : sum), 0)
  const kept = (of: IngestTotal[]) => total('received', of) - total('ignored', of) - total('duplicate', of)
  expect(total('received')).toBe(sendings.reduce((sum, { items }) => sum + items, 0))
  expect(kept(counts)).toBe(kept(orderly.counts))
  expect(total('step') - total('folded')).toBe(steps.length)
  for (const outcome of ONCE) expect(total(outcome), outcome).toBe(total(outcome, orderly.counts))
}

let store: TestStore
const processes: ServerProcess[] = []
afterEach(async () => {
  await Promise.all(processes.splice(0).map((each) => each.end('SIGKILL')))
  await store.dispose()
})
afterAll(() => expect(orderly.steps.length).toBe(requests.length === 0 ? 0 : 72))

/** One capture after the other, so that its few traces are worked on by all at once. */
const byCapture = (seed: number) => pieces.flatMap((own, i) => divided(own, seed + i))
/** All at once. */
const mixed = (seed: number) => divided(pieces.flat(), seed)

const ORDERS = [byCapture, mixed].flatMap((divide) =>
  [0, 1].map((n) => ({ divide, name: divide.name, seed: SEED + n })),
)

test.each(ORDERS)('one server, $name, seed $seed', async ({ divide, seed }) => {
  store = await freshStore()
  const server = await startTestServer({ store })
  const sendings = divide(seed)
  expect(await sendAll(sendings, () => server.url)).toEqual([])
  await server.close()
  expectSame(await ledgerIn(store), sendings)
})

test.each(ORDERS)(
  'a server that knows nothing any more, again and again, $name, seed $seed',
  async ({ divide, seed }) => {
    store = await freshStore()
    const sendings = divide(seed)
    const size = Math.ceil(sendings.length / 5)
    for (let at = 0; at < sendings.length; at += size) {
      const server = await startTestServer({ store })
      expect(await sendAll(sendings.slice(at, at + size), () => server.url)).toEqual([])
      await server.close()
    }
    expectSame(await ledgerIn(store), sendings)
  },
)

test.each(ORDERS)('two processes on one ledger, $name, seed $seed', { timeout: 60_000 }, async ({ divide, seed }) => {
  store = await freshStore()
  processes.push(await serve(store.address), await serve(store.address))
  const sendings = divide(seed)
  await sendAll(sendings, (i) => processes[i % 2]?.url ?? '')
  expect(await Promise.all(processes.splice(0).map((each) => each.end('SIGTERM')))).toEqual([0, 0])
  expectSame(await ledgerIn(store), sendings)
})
