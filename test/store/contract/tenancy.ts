/** What another project owns does not exist (design 9). */
import { describe, expect, test } from 'vitest'
import type { StepInput } from '../../../src/domain/step.ts'
import type { TestEngine } from '../../support/stores.ts'
import { anId, everything, text, useLedger } from './build.ts'

const MISSING = { code: 'not_found' }

export function describeTenancy(engine: TestEngine): void {
  describe('two projects with the same ids', () => {
    const { tenant } = useLedger(engine)

    const step: StepInput = {
      id: anId(),
      run_id: 'run',
      agent_id: 'agent',
      trace_id: 'trace',
      created_at: '2026-01-29T15:01:19Z',
      tags: ['common'],
      prompt_tokens: 1,
      messages: [text(anId('message'), 'hello')],
      provider_trace: { request_json: { text: 'x'.repeat(3000) }, response_json: {} },
    }

    test('have a step, a run, tags, messages, traces and content each', async () => {
      const [a, b] = [tenant(), tenant()]
      const [first] = await a.record({ ...step, model: 'a', tags: ['common', 'of a'] })
      const [second] = await b.record({ ...step, model: 'b', prompt_tokens: 7 })
      expect([first?.created, second?.created]).toEqual([true, true])
      expect([(await a.step(step.id as string)).model, (await b.step(step.id as string)).model]).toEqual(['a', 'b'])
      expect([(await a.run('run'))?.prompt_tokens, (await b.run('run'))?.prompt_tokens]).toEqual([1, 7])
      expect([await a.tags(), await b.tags()]).toEqual([['common', 'of a'], ['common']])
      expect([await a.count('contents'), await b.count('contents')]).toEqual([1, 1])

      const before = await everything(b)
      await a.record({ ...step, completion_tokens: 3, tags: ['more'] })
      await a.write({ kind: 'feedback', id: step.id as string, feedback: 'negative', addTags: ['rated'] })
      await a.write({ kind: 'transaction', id: step.id as string, tid: 'x' })
      await a.write({ kind: 'correct', id: step.id as string, traces: [], correction: { run_id: 'other', tags: [] } })
      expect(await everything(b)).toEqual(before)
      await a.deleteRun('other')
      expect(await everything(b)).toEqual(before)
      expect(await a.count('contents')).toBe(0)
    })

    test('list only their own', async () => {
      const [a, b] = [tenant(), tenant()]
      await a.record(step, { ...step, id: anId(), run_id: 'run a', provider_trace: null })
      await b.record({ ...step, id: anId(), run_id: 'run b' })
      for (const filters of [
        {},
        { agent_id: 'agent' },
        { trace_ids: ['trace', 'x'] },
        { tags: ['common', 'x'] },
        { has_feedback: false },
      ]) {
        expect(await a.ids({}, filters)).toHaveLength(2)
        expect(await b.ids({}, filters)).toHaveLength(1)
        expect(await tenant().ids({}, filters)).toEqual([])
      }
      expect([await a.runIds(), await b.runIds()]).toEqual([['run', 'run a'], ['run b']])
      expect(await b.runIds({}, { agent_ids: ['agent', 'x'] })).toEqual(['run b'])
      expect(await b.messageIds('run')).toEqual([])
      expect(await b.tools('run')).toEqual([])
      expect(await b.traces(step.id as string)).toEqual([])
      expect(await b.run('run')).toBeUndefined()
    })

    test('refuse each other’s ids as cursors just like unknown ones', async () => {
      const [a, b] = [tenant(), tenant()]
      await a.record(step)
      await b.record({ ...step, id: anId(), run_id: 'run b', messages: [] })
      const message = step.messages?.[0]?.id ?? ''
      await expect(b.ids({ after: step.id as string })).rejects.toMatchObject(MISSING)
      await expect(b.ids({ before: step.id as string })).rejects.toMatchObject(MISSING)
      await expect(b.runIds({ after: 'run' })).rejects.toMatchObject(MISSING)
      await expect(b.messageIds('run', { after: message })).rejects.toMatchObject(MISSING)
      const errors = await Promise.all(
        [step.id as string, anId()].map((after) =>
          b.ids({ after }).catch((error: Error) => error.message.replace(after, 'ID')),
        ),
      )
      expect(errors[0]).toBe(errors[1])
    })

    test('cannot touch each other’s', async () => {
      const [a, b] = [tenant(), tenant()]
      await a.record(step)
      const before = await everything(a)
      const id = step.id as string
      await expect(b.write({ kind: 'correct', id, traces: [], correction: { model: 'b' } })).rejects.toMatchObject(
        MISSING,
      )
      await expect(b.write({ kind: 'feedback', id, feedback: 'negative', addTags: [] })).rejects.toMatchObject(MISSING)
      await expect(b.write({ kind: 'transaction', id, tid: 'b' })).rejects.toMatchObject(MISSING)
      expect(await b.deleteRun('run')).toBe(false)
      expect(await everything(a)).toEqual(before)
    })
  })
}
