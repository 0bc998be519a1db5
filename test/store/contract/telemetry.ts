/** Telemetry that is kept to finish steps: parts of groups, each the next one, and what became of it in numbers. */
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { normalise } from '../../../src/domain/normalise.ts'
import { nowMicros } from '../../../src/domain/time.ts'
import type { IngestCount, NewTelemetryPart, StepChange, TelemetryWrite } from '../../../src/store/store.ts'
import type { TestEngine } from '../../support/stores.ts'
import { anId, useLedger, type Tenant } from './build.ts'

/** Microseconds by which the clocks of two threads may differ. */
const CLOCKS = 1000

export function describeTelemetry(engine: TestEngine): void {
  describe('telemetry', () => {
    const { tenant, ledger } = useLedger(engine)
    const part = (group: string, n: number, contexts = '[]', content: Buffer | null = null): NewTelemetryPart => ({ group, part: n, contexts: Buffer.from(contexts), content }) // prettier-ignore
    const parts = (...list: NewTelemetryPart[]): TelemetryWrite => ({ parts: list, counts: [] })
    const keep = (t: Tenant, ...list: NewTelemetryPart[]) => t.store.write.derive(t.project, [], parts(...list))
    const kept = async (t: Tenant, ...groups: string[]) =>
      (await t.store.read.getTelemetry(t.project, groups)).map(
        (each) => `${each.group}${each.part}${Buffer.from(each.contexts).toString()}`,
      )
    const step = (id: string): StepChange => ({ kind: 'derive', before: null, ...normalise({ id, run_id: 'run' }, null) }) // prettier-ignore
    const ready = (t: Tenant, ...changes: StepChange[]) => changes.map((change) => t.store.write.ready(change))

    describe('parts', () => {
      test('are read by group, without their contents, and these by part', async () => {
        const t = tenant()
        const piece = Buffer.concat([Buffer.from('around'), Buffer.from([0, 255, 10])]).subarray(6)
        await keep(t, part('b', 1, '["ä\\u0000😀"]', piece), part('a', 1), part('b', 2, '[2]'))
        await keep(t, part('b', 3, '[3]', Buffer.alloc(100_000, 7)))
        expect(await kept(t, 'b', 'none', 'a', 'b')).toEqual(['a1[]', 'b1["ä\\u0000😀"]', 'b2[2]', 'b3[3]'])
        expect(await kept(t)).toEqual([])
        const contents = await t.store.read.getTelemetryContent(t.project, 'b', [1, 2, 3, 4])
        expect([...contents.keys()].toSorted()).toEqual([1, 3])
        expect(Buffer.from(contents.get(1) as Uint8Array)).toEqual(Buffer.from([0, 255, 10]))
        expect(contents.get(3)?.length).toBe(100_000)
        expect(await kept(tenant(), 'a', 'b')).toEqual([])
        await ledger().reopen()
        expect(await kept(t, 'a')).toEqual(['a1[]'])
      })

      test('are kept with the steps of their request, or neither', async () => {
        const t = tenant()
        const [id, refused] = [anId(), anId()]
        await t.store.write.derive(t.project, ready(t, step(id)), parts(part('a', 1)))
        const missing: StepChange = { kind: 'transaction', id: anId(), tid: 'tid' }
        const write = t.store.write.derive(t.project, ready(t, step(refused), missing), parts(part('a', 2)))
        await expect(write).rejects.toMatchObject({ code: 'not_found' })
        expect([await t.ids(), await kept(t, 'a')]).toEqual([[id], ['a1[]']])
      })

      test.each([
        ['one that is there', [part('a', 2)]],
        ['one beyond the next', [part('a', 4)]],
        ['one of several', [part('b', 1), part('a', 3), part('a', 3)]],
        ['the first of a new group', [part('c', 2)]],
      ])('are refused with their request: %s', async (_, list) => {
        const t = tenant()
        await keep(t, part('a', 1), part('a', 2))
        const counts: IngestCount[] = [{ signal: 'traces', dialect: 'd', outcome: 'step', count: 1, sample: null }]
        const write = t.store.write.derive(t.project, ready(t, step(anId())), { parts: list, counts })
        await expect(write).rejects.toMatchObject({ code: 'conflict' })
        expect([await t.ids(), await kept(t, 'a', 'b', 'c')]).toEqual([[], ['a1[]', 'a2[]']])
        expect(await t.store.read.listIngestCounts(t.project)).toEqual([])
      })

      test('of a refused request are not counted for those after it', async () => {
        const t = tenant()
        const results = await Promise.allSettled([
          keep(t, part('a', 1)),
          keep(t, part('b', 1), part('a', 1)),
          keep(t, part('b', 1)),
          keep(t, part('a', 2)),
        ])
        expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
        expect(await kept(t, 'a', 'b')).toEqual(['a1[]', 'a2[]', 'b1[]'])
      })

      test('of several processes follow each other: whoever is refused reads again', { timeout: 60_000 }, async () => {
        const t = tenant()
        const other = await ledger().openAnother()
        const told: string[] = []
        let conflicts = 0
        const tell = async ({ read, write }: typeof other, name: string) => {
          for (;;) {
            const last = (await read.getTelemetry(t.project, ['a'])).at(-1)?.part ?? 0
            try {
              const id = anId()
              await write.derive(t.project, ready(t, step(id)), parts(part('a', last + 1, `["${name}"]`)))
              return told.push(name)
            } catch (error) {
              expect(error).toMatchObject({ code: 'conflict' })
              conflicts++
            }
          }
        }
        const names = Array.from({ length: 12 }, (_, i) => `${i}`)
        await Promise.all(names.map((name, i) => tell(i % 2 === 0 ? t.store : other, name)))
        const all = await t.store.read.getTelemetry(t.project, ['a'])
        expect(all.map((each) => each.part)).toEqual(names.map((_, i) => i + 1))
        expect(
          all.flatMap(({ contexts }) => JSON.parse(Buffer.from(contexts).toString()) as string[]).toSorted(),
        ).toEqual(names.toSorted())
        expect([await t.run('run'), conflicts]).toMatchObject([{ num_steps: 12 }, expect.any(Number)])
        expect(conflicts).toBeGreaterThan(0)
        await other.close()
      })

      test('stay when a run is deleted', async () => {
        const t = tenant()
        await t.store.write.derive(t.project, ready(t, step(anId())), parts(part('a', 1)))
        expect(await t.deleteRun('run')).toBe(true)
        expect(await kept(t, 'a')).toEqual(['a1[]'])
      })
    })

    describe('that is too old or too much', () => {
      const { tenant: own, ledger: alone } = useLedger(engine)

      test('is deleted, the oldest first, in all projects', async () => {
        const [a, b] = [own(), own()]
        const { write } = a.store
        expect(await write.forgetTelemetry(nowMicros(), 0)).toBe(0)
        await keep(a, part('old', 1), part('old', 2), part('other', 1))
        await keep(b, part('old', 1))
        await sleep(2)
        const cutoff = nowMicros()
        await sleep(2)
        // 10 bytes each.
        for (let n = 3; n <= 6; n++) await keep(a, part('old', n, '[]', Buffer.alloc(8)))
        expect(await write.forgetTelemetry(cutoff - 60_000_000, 1000)).toBe(0)
        expect(await write.forgetTelemetry(cutoff, 1000)).toBe(4)
        expect([await kept(a, 'old', 'other'), await b.count('telemetry_parts')]).toEqual([
          ['old3[]', 'old4[]', 'old5[]', 'old6[]'],
          0,
        ])
        expect(await write.forgetTelemetry(cutoff, 40)).toBe(0)
        expect(await write.forgetTelemetry(cutoff, 29)).toBe(2)
        expect(await kept(a, 'old')).toEqual(['old5[]', 'old6[]'])
        // A group goes on with its numbers while something of it is left.
        await expect(keep(a, part('old', 3))).rejects.toMatchObject({ code: 'conflict' })
        expect(await write.forgetTelemetry(cutoff, 0)).toBe(2)
        await keep(a, part('old', 1))
        expect(await kept(a, 'old')).toEqual(['old1[]'])
      })

      test('is deleted whole, however much, also by two processes at once', { timeout: 60_000 }, async () => {
        const t = own()
        const list = Array.from({ length: 2500 }, (_, i) => part(`group-${i % 1250}`, i < 1250 ? 1 : 2))
        await keep(t, ...list)
        await keep(t, part('young', 1))
        const other = await alone().openAnother()
        const counts = await Promise.all(
          [t.store, other].map(({ write }) => write.forgetTelemetry(nowMicros() - 60_000_000, 2)),
        )
        expect(counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(2500)
        expect(await t.count('telemetry_parts')).toBeLessThanOrEqual(1)
        await other.close()
      })
    })

    describe('in numbers', () => {
      const count = (rest: Partial<IngestCount>): IngestCount => ({ signal: 'traces', dialect: 'genai', outcome: 'step', count: 1, sample: null, ...rest }) // prettier-ignore
      const write = (t: Tenant, ...counts: IngestCount[]) => t.store.write.derive(t.project, [], { parts: [], counts })

      test('is summed by signal, dialect and outcome, with a sample and the last time', async () => {
        const t = tenant()
        const before = nowMicros()
        await write(t, count({ count: 3 }), count({ outcome: 'rejected', sample: 'a\0b\ud800' }), count({ count: 2 }))
        const between = nowMicros()
        await write(t, count({ signal: 'logs', sample: 'x' }), count({ outcome: 'rejected' }))
        await write(t, count({ outcome: 'rejected', count: 5, sample: 'new' }))
        const rows = await t.store.read.listIngestCounts(t.project)
        expect(rows.map(({ signal, outcome, count: n, sample }) => [signal, outcome, n, sample])).toEqual([
          ['logs', 'step', 1, 'x'],
          ['traces', 'rejected', 7, 'new'],
          ['traces', 'step', 5, null],
        ])
        expect(rows[1]?.last_at).toBeGreaterThanOrEqual(between - CLOCKS)
        expect(rows[2]?.last_at).toBeGreaterThanOrEqual(before - CLOCKS)
        expect(rows[2]?.last_at).toBeLessThanOrEqual(between + CLOCKS)
        expect(await tenant().store.read.listIngestCounts(t.project + 'x')).toEqual([])
      })

      test('is the same whoever counts at the same time, and takes few rows', async () => {
        const t = tenant()
        const other = await ledger().openAnother()
        const writers = Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? t.store : other).write)
        const counts = ['a', 'b', 'c'].map((dialect) => count({ dialect }))
        await Promise.all(
          writers.map((each, i) =>
            each.derive(t.project, [], { parts: [], counts: counts.toSorted(() => (i % 3) - 1) }),
          ),
        )
        const rows = await t.store.read.listIngestCounts(t.project)
        expect(rows.map(({ dialect, count: n }) => [dialect, n])).toEqual([
          ['a', 60],
          ['b', 60],
          ['c', 60],
        ])
        expect(await t.count('ingest_counts')).toBeLessThanOrEqual(6)
        await other.close()
      })
    })
  })
}
