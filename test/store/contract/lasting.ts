/** What is written stays; what is never completed ends; projects and keys. */
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { nowMicros } from '../../../src/domain/time.ts'
import { DEFAULT_PROJECT, type ApiKey } from '../../../src/store/store.ts'
import type { TestEngine } from '../../support/stores.ts'
import { anId, everything, record, text, useLedger } from './build.ts'

export function describeLasting(engine: TestEngine): void {
  describe('a ledger', () => {
    const { tenant, ledger } = useLedger(engine)

    test('is the same after it was closed and opened', async () => {
      const t = tenant()
      const id = anId()
      await t.record(
        {
          id,
          run_id: 'run',
          tags: ['a'],
          metrics: { step_start_ns: '1769012345678901234' },
          messages: [text(anId('message'), 'hello')],
          provider_trace: { request_json: { text: 'x'.repeat(3000) }, response_json: {} },
        },
        { id: anId(), run_id: 'run', status: 'pending' },
      )
      const before = await everything(t)
      await ledger().reopen()
      expect(await everything(t)).toEqual(before)
      await t.record({ id, completion_tokens: 4 })
      expect(await t.run('run')).toMatchObject({ num_steps: 2, completion_tokens: 4 })
    })

    test('finishes what it accepted before it closes', async () => {
      const t = tenant()
      const ids = Array.from({ length: 200 }, () => anId())
      const writes = Promise.allSettled(ids.map((id) => t.record({ id })))
      await ledger().reopen()
      expect((await writes).filter(({ status }) => status === 'rejected')).toEqual([])
      expect((await t.ids()).toSorted()).toEqual(ids.toSorted())
    })

    test('shows what another process wrote, and merges what both write', async () => {
      const t = tenant()
      const other = await ledger().openAnother()
      const ids = Array.from({ length: 40 }, () => anId())
      const change = (id: string) => ({ id, run_id: 'run', prompt_tokens: 1 })
      const there = (id: string) => other.write.write(t.project, [record(change(id))])
      await Promise.all(ids.flatMap((id) => [t.record(change(id)), there(id)]))
      expect(await t.run('run')).toMatchObject({ num_steps: 40, prompt_tokens: 40 })
      expect(await other.read.getRun(t.project, 'run')).toMatchObject({ num_steps: 40 })
      await other.close()
    })

    test('answers a ping and finds nothing wrong with itself', async () => {
      const { store } = ledger()
      await store.ping()
      const findings = await store.diagnose()
      const known = new Set(['disk space', ...(engine.facts.durable ? [] : ['durability'])])
      expect(findings.filter(({ ok, check }) => !ok && !known.has(check))).toEqual([])
    })

    test('may be closed twice', async () => {
      const store = await ledger().openAnother()
      await store.ping()
      await store.close()
      await store.close()
    })
  })

  describe('pending steps', () => {
    const { tenant, ledger } = useLedger(engine)

    test('end as abandoned when nothing was written for long enough, in every project', async () => {
      const [a, b] = [tenant(), tenant()]
      const [old, done, young] = [anId(), anId(), anId()]
      const pending = { run_id: 'run', status: 'pending' as const, tags: ['kept'] }
      await a.record({ id: old, ...pending }, { id: done, run_id: 'run', status: 'success' })
      await b.record({ id: old, ...pending })
      await sleep(2)
      const cutoff = nowMicros()
      await sleep(2)
      await a.record({ id: young, ...pending })
      const { write } = ledger().store
      expect(await write.abandonPending(cutoff - 60_000_000, 100)).toBe(0)
      expect(await write.abandonPending(cutoff, 100)).toBe(2)
      expect(await write.abandonPending(cutoff, 100)).toBe(0)
      expect(await a.step(old)).toMatchObject({
        status: 'failed',
        error_type: 'abandoned',
        tags: ['kept'],
        stop_reason: null,
      })
      expect((await b.step(old)).error_data).toMatchObject({ message: expect.any(String) as string })
      expect([(await a.step(done)).status, (await a.step(young)).status]).toEqual(['success', 'pending'])
      expect((await a.run('run'))?.status).toBe('running')
      expect((await b.run('run'))?.status).toBe('failed')
      expect(await a.ids({}, { error_type: 'abandoned' })).toEqual([old])
    })

    test('are ended no more than asked for at once', async () => {
      const t = tenant()
      await t.record(...Array.from({ length: 7 }, () => ({ id: anId(), status: 'pending' as const })))
      await sleep(2)
      const { write } = ledger().store
      const cutoff = nowMicros()
      const counts = []
      for (let ended = 1; ended > 0; counts.push(ended)) ended = await write.abandonPending(cutoff, 3)
      expect(counts.reduce((a, b) => a + b, 0)).toBeGreaterThanOrEqual(7)
      expect(counts.every((count) => count <= 3)).toBe(true)
      expect(await t.ids({}, { status: 'pending' })).toEqual([])
    })

    test('that were abandoned are completed by a late record, which wipes what was said about the end', async () => {
      const t = tenant()
      const id = anId()
      await t.record({ id, run_id: 'run', status: 'pending', model: 'm' })
      await sleep(2)
      await ledger().store.write.abandonPending(nowMicros(), 100)
      await t.record({ id, status: 'success', stop_reason: 'end_turn', completion_tokens: 3 })
      expect(await t.step(id)).toMatchObject({
        status: 'success',
        error_type: null,
        error_data: null,
        completion_tokens: 3,
        model: 'm',
      })
      expect(await t.run('run')).toMatchObject({ status: 'completed', num_steps: 1, completion_tokens: 3 })
    })

    test('that a late pending record names stay ended', async () => {
      const t = tenant()
      const id = anId()
      await t.record({ id, status: 'pending' })
      await sleep(2)
      await ledger().store.write.abandonPending(nowMicros(), 100)
      await t.record({ id, status: 'pending' })
      expect(await t.step(id)).toMatchObject({ status: 'failed', error_type: 'abandoned' })
    })
  })

  describe('projects and keys', () => {
    const { ledger } = useLedger(engine)
    const key = (rest: Partial<ApiKey>): ApiKey => ({
      id: anId('key'),
      name: 'n',
      prefix: 'sl_abc',
      role: 'read',
      project: null,
      created_at: 5,
      revoked_at: null,
      ...rest,
    })

    test('projects are found by slug and id, and made once', async () => {
      const { read, write } = ledger().store
      const project = { id: anId('project'), slug: 'ärger', created_at: 7 }
      await write.createProject(project)
      expect(await read.findProject('ärger')).toEqual(project)
      expect(await read.findProject(project.id)).toEqual(project)
      expect(await read.findProject('none')).toBeUndefined()
      await write.createProject({ ...project, created_at: 9 }).catch(() => {})
      expect((await read.listProjects()).filter(({ slug }) => slug === 'ärger')).toEqual([project])
      expect(DEFAULT_PROJECT).toBe('default')
    })

    test('keys are found by their hash, in force until they are revoked', async () => {
      const { read, write } = ledger().store
      expect(await read.hasKeys()).toBe(false)
      expect(await read.listKeys()).toEqual([])
      const [first, second] = [key({ created_at: 1, role: 'admin' }), key({ created_at: 2, project: 'p' })]
      await write.createKey(second, 'hash 2')
      await write.createKey(first, 'hash 1')
      expect(await read.hasKeys()).toBe(true)
      expect(await read.listKeys()).toEqual([first, second])
      expect(await read.findKey('hash 1')).toEqual(first)
      expect(await read.findKey('hash')).toBeUndefined()
      expect(await write.revokeKey(first.id, 99)).toBe(true)
      expect(await write.revokeKey(first.id, 100)).toBe(false)
      expect(await write.revokeKey('none', 100)).toBe(false)
      expect(await read.findKey('hash 1')).toEqual({ ...first, revoked_at: 99 })
      expect(await read.hasKeys()).toBe(true)
      await write.revokeKey(second.id, 100)
      expect(await read.hasKeys()).toBe(false)
    })

    test('keys are taken over with their hashes, revoked ones too', async () => {
      const { read, write } = ledger().store
      const [old, other] = [key({ created_at: 11, revoked_at: 12, project: 'p' }), key({ created_at: 13 })]
      await write.createKey(old, 'hash 3')
      await write.createKey(other, 'hash 4')
      expect((await read.listStoredKeys()).slice(-2)).toEqual([
        { ...old, hash: 'hash 3' },
        { ...other, hash: 'hash 4' },
      ])
      expect(await read.findKey('hash 3')).toEqual(old)
      expect((await read.listKeys()).slice(-2)).toEqual([old, other])
      await expect(write.createKey(key({}), 'hash 4')).rejects.toThrow()
    })
  })
}
