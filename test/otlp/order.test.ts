/** Any order, division and repetition of what arrives makes the same ledger (mapping, sections 11.3 to 11.5 and 14.2). */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LogRecord, Span } from '../../src/in/otlp/signal.ts'
import { captures } from './captures.ts'
import { examples } from './examples/index.ts'
import { Kept, type Arrival } from './kept.ts'

type Item = { span: Span } | { log: LogRecord }

function itemsOf({ requests }: { requests: readonly Arrival[] }): Item[] {
  return requests.flatMap(({ spans, logs }) => [...spans.map((span) => ({ span })), ...logs.map((log) => ({ log }))])
}

/** What is in the ledger after these requests; contents, ids and all. */
function ledgerAfter(requests: readonly Arrival[]): unknown {
  const kept = new Kept()
  for (const request of requests) kept.receive(request)
  return JSON.parse(JSON.stringify(kept.steps()))
}

function asRequests(batches: readonly (readonly Item[])[]): Arrival[] {
  return batches.map((items) => ({
    spans: items.flatMap((item) => ('span' in item ? [item.span] : [])),
    logs: items.flatMap((item) => ('log' in item ? [item.log] : [])),
  }))
}

/** All items in random order, some of them several times, in requests of random size. */
function deliveries(items: readonly Item[]): fc.Arbitrary<Item[][]> {
  return fc
    .subarray([...items])
    .chain((again) => {
      const all = [...items, ...again]
      return fc.tuple(fc.shuffledSubarray(all, { minLength: all.length }), fc.array(fc.integer({ min: 1, max: 5 })))
    })
    .map(([all, sizes]) => {
      const batches: Item[][] = []
      for (let at = 0; at < all.length;) {
        const size = sizes[batches.length % Math.max(1, sizes.length)] ?? 1
        batches.push(all.slice(at, at + size))
        at += size
      }
      return batches
    })
}

const cases: { name: string; requests: Arrival[] }[] = [
  ...captures(),
  ...examples().filter((example) => !example.isOrderedByArrival),
]

describe.each(cases)('$name', (capture) => {
  const whole = ledgerAfter(capture.requests)
  const items = itemsOf(capture)

  test('span by span, in any order, with repetitions', () => {
    const runs = Math.max(20, Math.round(300 / items.length))
    fc.assert(
      fc.property(deliveries(items), (batches) => {
        expect(ledgerAfter(asRequests(batches))).toEqual(whole)
      }),
      { numRuns: runs },
    )
  })

  test('children before parents, one request each', () => {
    expect(ledgerAfter(asRequests(items.toReversed().map((item) => [item])))).toEqual(whole)
  })

  test('the same requests once more', () => {
    expect(ledgerAfter([...capture.requests, ...capture.requests])).toEqual(whole)
  })
})

describe('versions of one span', () => {
  const [example] = cases
  test.skipIf(!example)('the one that knows more is believed, whichever comes first', () => {
    const spans = (example?.requests ?? []).flatMap((request) => request.spans)
    const full = ledgerAfter([{ spans, logs: [] }])
    for (const span of spans) {
      const [kept] = Object.entries(span.attributes)
      const poorer: Span = { ...span, attributes: Object.fromEntries(kept ? [kept] : []) }
      const unended: Span = { ...span, endNs: 0n }
      for (const other of [poorer, unended]) {
        const before = ledgerAfter([
          { spans: [other], logs: [] },
          { spans, logs: [] },
        ])
        const after = ledgerAfter([
          { spans, logs: [] },
          { spans: [other], logs: [] },
        ])
        expect(before).toEqual(after)
        expect(stepFields(before)).toEqual(stepFields(full))
      }
    }
  })
})

function stepFields(ledger: unknown): unknown {
  return (ledger as { input: Record<string, unknown> }[]).map(({ input }) => ({ ...input, provider_trace: undefined }))
}
