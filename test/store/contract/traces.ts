/** Provider traces come back as they were recorded, and their parts are stored once (design 6). */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseExact, stringifyExact, type JsonObject } from '../../../src/domain/exact-json.ts'
import type { ProviderTraceInput } from '../../../src/domain/step.ts'
import { jsonObject } from '../../support/arbitrary.ts'
import type { TestEngine } from '../../support/stores.ts'
import { anId, everything, record, useLedger } from './build.ts'

const long = (seed: string) => `${seed} `.repeat(600)
const turn = (n: number) => ({ role: n % 2 === 0 ? 'user' : 'assistant', content: long(`turn ${n}`) })
/** A request that repeats the history before it, as an agent's does. */
const request = (turns: number): JsonObject => ({
  model: 'm',
  messages: Array.from({ length: turns }, (_, n) => turn(n)),
})
const exact = (text: string) => parseExact(text) as JsonObject
const traced = (id: string, run_id: string, request_json: JsonObject, response_json: JsonObject = { ok: true }) =>
  record({ id, run_id, provider_trace: { id: ownTrace(id), request_json, response_json } })
/** The id of a step's only trace, so that it is the same one when it is sent again with other content. */
const ownTrace = (id: string) => id.replace('step', 'provider_trace')

export function describeTraces(engine: TestEngine): void {
  describe('traces', () => {
    const { tenant } = useLedger(engine)

    test('come back as the same JSON text', async () => {
      const t = tenant()
      const id = anId()
      const odd =
        '{"a":[1e400,12345678901234567890,-0],"":{"__proto__":{"x":12345678901234567890}},"s":"\\u0000\\ud83d😀"}'
      const request_json = { ...request(12), odd: exact(odd) }
      const trace: ProviderTraceInput = {
        created_at: '2026-01-29T15:01:19.123456Z',
        call_type: 'agent_step',
        source: 'test',
        latency_ms: 12,
        agent_tags: ['a', 'ä'],
        llm_config: exact('{"temperature":0.7}'),
        compaction_settings: { keep: 3 },
        billing_context: { plan_type: null },
        request_json,
        response_json: exact(odd),
      }
      const change = record({ id, provider_trace: trace })
      await t.write(change)
      const [stored] = await t.traces(id)
      const [given] = change.traces
      expect(stored?.request_json === stringifyExact(request_json)).toBe(true)
      expect({ ...stored, request_json: '' }).toEqual({
        ...given,
        step_id: id,
        agent_tags: '["a","ä"]',
        llm_config: '{"temperature":0.7}',
        compaction_settings: '{"keep":3}',
        billing_context: '{"plan_type":null}',
        request_json: '',
        response_json: stringifyExact(exact(odd)),
      })
    })

    test('of any JSON come back as the same text', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(jsonObject, { minLength: 1, maxLength: 4 }), async (documents) => {
          const t = tenant()
          const id = anId()
          const large = {
            history: Array.from({ length: 40 }, () => documents).flat(),
            text: long('x'),
          } as unknown as JsonObject
          await t.write(traced(id, 'run', large, documents[0]))
          const [trace] = await t.traces(id)
          expect(trace?.request_json === stringifyExact(large)).toBe(true)
          expect(trace?.response_json).toBe(stringifyExact(documents[0]))
          await t.deleteRun('run')
          expect(await t.count('contents')).toBe(0)
        }),
        { numRuns: 30 },
      )
    })

    test('of a step without any are none', async () => {
      const t = tenant()
      const id = anId()
      await t.record({ id })
      expect(await t.traces(id)).toEqual([])
      expect(await t.traces(anId())).toEqual([])
    })

    test('are several, oldest first, as many as there are', async () => {
      const t = tenant()
      const [mixed, many] = [anId(), anId()]
      const at = (second: number) => `2026-01-29T15:01:0${second}Z`
      const one = (n: number) => ({ request_json: { n }, response_json: {} })
      await t.record({
        id: mixed,
        provider_trace: [{ ...one(1), created_at: at(5) }, { ...one(2), created_at: at(1) }, one(3)],
        created_at: at(3),
      })
      expect((await t.traces(mixed)).map((trace) => trace.request_json)).toEqual(['{"n":2}', '{"n":3}', '{"n":1}'])
      await t.record({ id: many, provider_trace: Array.from({ length: 25 }, (_, n) => one(n)) })
      expect((await t.traces(many)).map((trace) => trace.request_json)).toEqual(
        Array.from({ length: 25 }, (_, n) => `{"n":${n}}`),
      )
    })

    test('have ids of their own, or such as follow from the step', async () => {
      const t = tenant()
      const id = anId()
      const own = anId('provider_trace')
      const change = record({
        id,
        provider_trace: [
          { id: own, request_json: {}, response_json: {} },
          { request_json: {}, response_json: {} },
        ],
      })
      await t.write(change)
      const ids = (await t.traces(id)).map((trace) => trace.id)
      expect(ids.toSorted()).toEqual(change.traces.map((trace) => trace.id).toSorted())
      expect(ids).toContain(own)
    })

    test('change nothing when they are recorded again', async () => {
      const t = tenant()
      const change = traced(anId(), 'run', request(20))
      await t.write(change)
      const before = await everything(t)
      await t.write(structuredClone(change))
      await Promise.all(Array.from({ length: 5 }, () => t.write(change)))
      expect(await everything(t)).toEqual(before)
      await t.deleteRun('run')
      expect(await t.count('contents')).toBe(0)
    })

    test('that come later are added, and the first of two with one id stays', async () => {
      const t = tenant()
      const id = anId()
      await t.record({ id, run_id: 'run' })
      await t.write(traced(id, 'run', { first: long('a') }))
      await t.write(traced(id, 'run', { second: long('b') }))
      const other = { id: anId('provider_trace'), request_json: { other: long('c') }, response_json: {} }
      await t.record({ id, provider_trace: other })
      expect((await t.traces(id)).map((trace) => trace.request_json).toSorted()).toEqual([
        stringifyExact({ first: long('a') }),
        stringifyExact({ other: long('c') }),
      ])
      await t.deleteRun('run')
      expect(await t.count('contents')).toBe(0)
    })

    test('of a pending step give way to those of its completion', async () => {
      const t = tenant()
      const id = anId()
      const of = (seed: string) => ({ id: ownTrace(id), request_json: { text: long(seed) }, response_json: {} })
      await t.record({ id, run_id: 'run', status: 'pending', provider_trace: of('asked') })
      await t.record({ id, status: 'success', provider_trace: of('answered') })
      expect(await t.traces(id)).toMatchObject([{ request_json: stringifyExact(of('answered').request_json) }])
      expect(await t.count('contents')).toBe(1)
    })

    test('are replaced by a correction, and what only they referred to is freed', async () => {
      const t = tenant()
      const id = anId()
      const keep = { id: ownTrace(id), request_json: { keep: long('keep') }, response_json: { old: long('old') } }
      const change = record({ id, run_id: 'run', provider_trace: keep })
      await t.write(change)
      const next = record({
        id,
        provider_trace: { ...keep, response_json: { new: long('new') } },
      })
      await t.write({ kind: 'correct', id, correction: {}, traces: next.traces })
      expect(await t.traces(id)).toMatchObject([
        { request_json: stringifyExact(keep.request_json), response_json: stringifyExact({ new: long('new') }) },
      ])
      expect(await t.count('contents')).toBe(2)
      await t.deleteRun('run')
      expect(await t.count('contents')).toBe(0)
    })
  })

  describe('content', () => {
    const { tenant } = useLedger(engine)

    test('is stored once for all steps that hold it', async () => {
      const t = tenant()
      await t.write(traced(anId(), 'run', request(50)))
      const once = await t.count('contents')
      expect(once).toBeGreaterThan(50)
      for (let n = 0; n < 5; n++) await t.write(traced(anId(), 'run', request(50)))
      expect(await t.count('contents')).toBe(once)
      await t.write(...Array.from({ length: 10 }, (_, n) => traced(anId(), 'run', request(51 + n))))
      expect(await t.count('contents')).toBeLessThan(once + 10 + 10 * 6)
    })

    test('stays while one step refers to it and is freed with the last', async () => {
      const t = tenant()
      const kept = anId()
      for (let n = 1; n <= 30; n++) await t.write(traced(anId(), `run ${n % 3}`, request(n)))
      await t.write(traced(kept, 'kept', request(17)))
      for (const run of ['run 1', 'run 0', 'run 2']) {
        expect(await t.deleteRun(run)).toBe(true)
        const [trace] = await t.traces(kept)
        expect(trace?.request_json).toBe(stringifyExact(request(17)))
      }
      const alone = tenant()
      await alone.write(traced(anId(), 'kept', request(17)))
      expect(await t.count('contents')).toBe(await alone.count('contents'))
      await t.deleteRun('kept')
      expect(await t.count('contents')).toBe(0)
    })

    test('that a trace holds twice, or that request and response share, is freed too', async () => {
      const t = tenant()
      const big = long('same')
      const twice = { a: big, b: big, list: [{ c: big }, { c: big }, big, big] }
      await t.write(traced(anId(), 'run', twice, twice), traced(anId(), 'run', twice, { x: big }))
      expect(await t.count('contents')).toBeGreaterThan(0)
      await t.deleteRun('run')
      expect(await t.count('contents')).toBe(0)
    })

    test('of any random ledger is freed when all runs are deleted', async () => {
      const piece = fc.constantFrom('a', 'b', 'c', 'd').map(long)
      const document = fc
        .array(fc.oneof(piece, fc.array(piece, { maxLength: 12 })), { maxLength: 9 })
        .map((list) => ({ list }))
      const change = fc.record({
        place: fc.nat(5),
        run: fc.constantFrom('r1', 'r2'),
        request: document,
        response: document,
        correct: fc.boolean(),
      })
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 12 }), async (changes) => {
          const t = tenant()
          const ids = Array.from({ length: 6 }, () => anId())
          const expected = new Map<string, string>()
          for (const { place, run, request: asked, response, correct } of changes) {
            const id = ids[place] as string
            const exists = expected.has(id)
            const made = traced(id, run, asked, response)
            await t.write(exists && correct ? { kind: 'correct', id, correction: {}, traces: made.traces } : made)
            if (!exists || correct) expected.set(id, stringifyExact(asked))
          }
          for (const [id, text] of expected) expect((await t.traces(id))[0]?.request_json).toBe(text)
          for (const run of await t.runIds()) await t.deleteRun(run)
          expect(await t.count('contents')).toBe(0)
        }),
        { numRuns: 30 },
      )
    })
  })
}
