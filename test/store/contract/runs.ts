/** Runs follow from all their steps, whatever the order in which those arrive (contract, section 7). */
import { describe, expect, test } from 'vitest'
import type { StepInput } from '../../../src/domain/step.ts'
import type { TestEngine } from '../../support/stores.ts'
import { anId, text, useLedger, type Tenant } from './build.ts'
import { runsOf } from './model.ts'

const at = (second: number) => `2026-01-29T15:01:${String(second).padStart(2, '0')}Z`
const micros = (second: number) => Date.UTC(2026, 0, 29, 15, 1, second) * 1000

/** That every run is what its stored steps say. */
async function expectDerived(t: Tenant): Promise<void> {
  const steps = await Promise.all((await t.ids()).map((id) => t.step(id)))
  const runs = await Promise.all((await t.runIds()).map((id) => t.run(id)))
  const byId = (a: { id: string } | undefined, b: { id: string } | undefined) =>
    (a?.id ?? '') < (b?.id ?? '') ? -1 : 1
  expect(runs.toSorted(byId)).toEqual(runsOf(steps).toSorted(byId))
}

export function describeRuns(engine: TestEngine): void {
  describe('runs', () => {
    const { tenant } = useLedger(engine)

    test('exist as soon as a step names them', async () => {
      const t = tenant()
      expect(await t.run('run')).toBeUndefined()
      await t.record({ id: anId(), run_id: 'run', agent_id: 'agent-1', created_at: at(1), status: 'pending' })
      expect(await t.run('run')).toEqual({
        id: 'run',
        agent_id: 'agent-1',
        status: 'running',
        stop_reason: null,
        created_at: micros(1),
        ended_at: micros(1),
        start_ns: null,
        num_steps: 1,
        prompt_tokens: 0,
        completion_tokens: 0,
        total_tokens: 0,
        details: { cached_tokens: null, cache_read_tokens: null, cache_creation_tokens: null, reasoning_tokens: null },
      })
    })

    test('count and sum all steps, beyond any page', async () => {
      const t = tenant()
      for (let batch = 0; batch < 3; batch++) {
        await t.record(
          ...Array.from({ length: 400 }, () => ({
            id: anId(),
            run_id: 'run',
            prompt_tokens: 3,
            completion_tokens: 2,
            total_tokens: 5,
          })),
        )
      }
      expect(await t.run('run')).toMatchObject({
        num_steps: 1200,
        prompt_tokens: 3600,
        completion_tokens: 2400,
        total_tokens: 6000,
      })
    })

    test('take times, start and end from the earliest and the latest, whatever arrives first', async () => {
      const t = tenant()
      const start = (n: number) => ({ step_start_ns: `176901234567890123${n}` })
      const steps: StepInput[] = [
        { created_at: at(20), metrics: start(7), stop_reason: 'end_turn', status: 'success' },
        {
          created_at: at(10),
          metrics: { ...start(5), step_ns: '40000000000' },
          stop_reason: 'error',
          status: 'failed',
        },
        { created_at: at(15), metrics: start(6), messages: [text(anId('message'), 'late', at(45))] },
      ]
      await t.record(...steps.map((step) => ({ ...step, id: anId(), run_id: 'together' })))
      for (const step of steps.toReversed()) await t.record({ ...step, id: anId(), run_id: 'one by one' })
      for (const run of ['together', 'one by one']) {
        expect(await t.run(run)).toMatchObject({
          created_at: micros(10),
          ended_at: micros(50),
          start_ns: '1769012345678901235',
          status: 'completed',
          stop_reason: 'end_turn',
        })
      }
    })

    test.each([
      [{ status: 'success', stop_reason: 'end_turn' }, 'completed'],
      [{ status: 'success', stop_reason: 'requires_approval' }, 'completed'],
      [{ status: 'failed', stop_reason: 'llm_api_error' }, 'failed'],
      [{ status: 'success', stop_reason: 'max_tokens_exceeded' }, 'failed'],
      [{ status: 'cancelled', stop_reason: 'cancelled' }, 'cancelled'],
      [{ status: 'failed' }, 'failed'],
      [{ status: 'cancelled' }, 'cancelled'],
      [{ status: 'success' }, 'completed'],
      [{}, 'completed'],
    ] as [StepInput, string][])('whose last step says %j are %s', async (last, status) => {
      const t = tenant()
      await t.record(
        { id: anId(), run_id: 'run', created_at: at(9), ...last },
        { id: anId(), run_id: 'run', created_at: at(1), status: 'failed', stop_reason: 'error' },
      )
      expect(await t.run('run')).toMatchObject({ status, stop_reason: last.stop_reason ?? null })
      expect(await t.runIds({}, { statuses: [status] })).toEqual(['run'])
    })

    test('are running while any step is pending, and end when the last pending one is completed', async () => {
      const t = tenant()
      const [a, b] = [anId(), anId()]
      await t.record(
        { id: a, run_id: 'run', created_at: at(1), status: 'pending' },
        { id: b, run_id: 'run', created_at: at(2), status: 'success', stop_reason: 'end_turn' },
      )
      expect(await t.run('run')).toMatchObject({ status: 'running', stop_reason: null })
      expect(await t.runIds({}, { active: true })).toEqual(['run'])
      await t.record({ id: a, status: 'failed', stop_reason: 'error' })
      expect(await t.run('run')).toMatchObject({ status: 'completed', stop_reason: 'end_turn' })
      expect(await t.runIds({}, { active: true })).toEqual([])
    })

    test('keep what was not reported apart from zero', async () => {
      const t = tenant()
      await t.record({ id: anId(), run_id: 'run', provider_name: 'openai', cached_input_tokens: 0 })
      expect((await t.run('run'))?.details).toEqual({
        cached_tokens: 0,
        cache_read_tokens: null,
        cache_creation_tokens: null,
        reasoning_tokens: null,
      })
      await t.record({
        id: anId(),
        run_id: 'run',
        provider_name: 'anthropic',
        cached_input_tokens: 5,
        cache_write_tokens: 2,
        reasoning_tokens: 1,
      })
      expect((await t.run('run'))?.details).toEqual({
        cached_tokens: 0,
        cache_read_tokens: 5,
        cache_creation_tokens: 2,
        reasoning_tokens: 1,
      })
    })

    test('follow a merge by its difference', async () => {
      const t = tenant()
      const id = anId()
      await t.record({ id, run_id: 'run', created_at: at(1), status: 'pending', prompt_tokens: 5 })
      await t.record({ id: anId(), run_id: 'run', created_at: at(2), prompt_tokens: 100 })
      await t.record({
        id,
        status: 'success',
        prompt_tokens: 7,
        completion_tokens: 2,
        metrics: { step_ns: '9000000000', step_start_ns: '3' },
      })
      expect(await t.run('run')).toMatchObject({
        num_steps: 2,
        prompt_tokens: 107,
        completion_tokens: 2,
        ended_at: micros(10),
        start_ns: '3',
      })
      await expectDerived(t)
    })

    test('come to be when a merge names them', async () => {
      const t = tenant()
      const id = anId()
      await t.record({ id, prompt_tokens: 5 })
      await t.record({ id, run_id: 'run' })
      expect(await t.run('run')).toMatchObject({ num_steps: 1, prompt_tokens: 5 })
    })

    test('give back numbers that a correction clears or makes smaller', async () => {
      const t = tenant()
      const id = anId()
      const whole = {
        prompt_tokens: 5,
        completion_tokens: 6,
        total_tokens: 11,
        cached_input_tokens: 3,
        reasoning_tokens: 2,
        metrics: { step_start_ns: '5', step_ns: '40000000000' },
      }
      await t.record({
        id: anId(),
        run_id: 'run',
        created_at: at(5),
        prompt_tokens: 1,
        metrics: { step_start_ns: '9' },
      })
      await t.record({ id, run_id: 'run', agent_id: 'agent-1', created_at: at(1), ...whole })
      const cleared = {
        prompt_tokens: null,
        completion_tokens: null,
        total_tokens: 4,
        cached_input_tokens: null,
        reasoning_tokens: null,
      }
      await t.write({ kind: 'correct', id, traces: [], correction: { ...cleared, metrics: null, agent_id: null } })
      expect(await t.run('run')).toMatchObject({
        agent_id: null,
        prompt_tokens: 1,
        completion_tokens: 0,
        total_tokens: 4,
        details: { cached_tokens: null, reasoning_tokens: null },
        start_ns: '9',
        created_at: micros(1),
        ended_at: micros(5),
      })
      await expectDerived(t)
    })

    test('change when a correction changes the last step, and only then', async () => {
      const t = tenant()
      const [first, last] = [anId(), anId()]
      await t.record(
        { id: first, run_id: 'run', created_at: at(1), status: 'success', stop_reason: 'end_turn' },
        { id: last, run_id: 'run', created_at: at(2), status: 'success', stop_reason: 'end_turn' },
      )
      await t.write({ kind: 'correct', id: first, traces: [], correction: { status: 'failed', stop_reason: 'error' } })
      expect(await t.run('run')).toMatchObject({ status: 'completed', stop_reason: 'end_turn' })
      await t.write({
        kind: 'correct',
        id: last,
        traces: [],
        correction: { status: 'cancelled', stop_reason: 'cancelled' },
      })
      expect(await t.run('run')).toMatchObject({ status: 'cancelled', stop_reason: 'cancelled' })
      await t.write({ kind: 'correct', id: last, traces: [], correction: { stop_reason: null } })
      expect(await t.run('run')).toMatchObject({ status: 'cancelled', stop_reason: null })
    })

    test('lose a step that a correction moves to another run', async () => {
      const t = tenant()
      const [stays, moves] = [anId(), anId()]
      const [m1, m2] = [anId('message'), anId('message')]
      const call = (name: string) => [{ id: 'c', type: 'function' as const, function: { name, arguments: '{}' } }]
      await t.record(
        {
          id: stays,
          run_id: 'from',
          created_at: at(2),
          prompt_tokens: 1,
          messages: [{ ...text(m1, 'stays'), tool_calls: call('both') }],
        },
        {
          id: moves,
          run_id: 'from',
          created_at: at(1),
          prompt_tokens: 10,
          stop_reason: 'error',
          messages: [{ ...text(m2, 'moves'), tool_calls: [...call('both'), ...call('moved')] }],
        },
      )
      await t.write({ kind: 'correct', id: moves, traces: [], correction: { run_id: 'to' } })
      expect(await t.run('from')).toMatchObject({ num_steps: 1, prompt_tokens: 1, created_at: micros(2) })
      expect(await t.run('to')).toMatchObject({
        num_steps: 1,
        prompt_tokens: 10,
        created_at: micros(1),
        status: 'failed',
      })
      expect([await t.messageIds('from'), await t.messageIds('to')]).toEqual([[m1], [m2]])
      expect([await t.tools('from'), await t.tools('to')]).toEqual([['both'], ['both', 'moved']])
      await t.write({ kind: 'correct', id: stays, traces: [], correction: { run_id: null } })
      expect(await t.run('from')).toBeUndefined()
      expect(await t.messageIds('from')).toEqual([])
      expect(await t.tools('from')).toEqual([])
      expect(await t.runIds()).toEqual(['to'])
      await expectDerived(t)
    })

    test('keep a message that another step of theirs holds when one step moves away', async () => {
      const t = tenant()
      const [stays, moves] = [anId(), anId()]
      const shared = anId('message')
      await t.record({ id: stays, run_id: 'from', created_at: at(2), messages: [text(shared, 'shared', at(1))] })
      await t.record({ id: moves, run_id: 'from', created_at: at(1), messages: [text(shared, 'shared', at(1))] })
      await t.write({ kind: 'correct', id: moves, traces: [], correction: { run_id: 'to' } })
      expect(await t.messageIds('from')).toEqual([shared])
      expect(await t.messageIds('to')).toEqual([shared])
    })

    test('have nothing of a step that one batch records in them and then moves', async () => {
      const t = tenant()
      const id = anId()
      const m = anId('message')
      await t.record(
        { id, run_id: 'planned', status: 'pending', messages: [text(m, 'hello')] },
        { id, run_id: 'real', status: 'success', messages: [text(m, 'hello')] },
      )
      expect(await t.runIds()).toEqual(['real'])
      expect(await t.messageIds('real')).toEqual([m])
      expect(await t.messageIds('planned')).toEqual([])
      expect(await t.count('run_messages')).toBe(1)
    })

    test('forget a tool that no message calls any more', async () => {
      const t = tenant()
      const [id, m] = [anId(), anId('message')]
      const call = (name: string) => [{ id: 'c', type: 'function' as const, function: { name, arguments: '{}' } }]
      await t.record({
        id,
        run_id: 'run',
        status: 'pending',
        messages: [{ ...text(m, ''), tool_calls: call('guess') }],
      })
      await t.record({ id, run_id: 'run', status: 'success', messages: [{ ...text(m, ''), tool_calls: call('real') }] })
      expect(await t.tools('run')).toEqual(['real'])
    })

    test('are deleted with everything that belonged to them', async () => {
      const t = tenant()
      const inputs = (run: string) =>
        Array.from({ length: 450 }, () => ({
          id: anId(),
          run_id: run,
          tags: ['common', `of ${run}`],
          messages: [
            {
              ...text(anId('message'), 'x'),
              tool_calls: [{ id: 'c', type: 'function' as const, function: { name: run, arguments: '' } }],
            },
          ],
        }))
      const [gone, kept] = [inputs('gone'), inputs('kept')]
      await t.record(...gone, ...kept)
      expect(await t.deleteRun('gone')).toBe(true)
      expect(await t.run('gone')).toBeUndefined()
      expect((await t.ids()).toSorted()).toEqual(kept.map(({ id }) => id).toSorted())
      expect(await t.tags()).toEqual(['common', 'of kept'])
      expect(await t.messageIds('gone')).toEqual([])
      expect(await t.tools('gone')).toEqual([])
      expect(await t.run('kept')).toMatchObject({ num_steps: 450 })
      expect(await t.deleteRun('gone')).toBe(false)
      expect(await t.deleteRun('kept')).toBe(true)
      for (const table of ['steps', 'step_tags', 'runs', 'run_messages', 'run_tools'] as const) {
        expect([table, await t.count(table)]).toEqual([table, 0])
      }
    })

    test('have ids that are any text', async () => {
      const t = tenant()
      const ids = ["'; drop table runs --", 'ä😀', '%_', 'a/b?c#d', 'x'.repeat(255), '{"agents":1}']
      await t.record(...ids.map((run_id) => ({ id: anId(), run_id, agent_id: run_id })))
      for (const id of ids) {
        expect(await t.run(id)).toMatchObject({ id, num_steps: 1 })
        expect(await t.runIds({}, { agent_id: id })).toEqual([id])
        expect(await t.ids({}, { run_id: id })).toHaveLength(1)
      }
    })

    test('are listed by agent, status and stop reason', async () => {
      const t = tenant()
      const add = (run_id: string, second: number, rest: StepInput) =>
        t.record({ id: anId(), run_id, created_at: at(second), ...rest })
      await add('a', 1, { agent_id: 'x', status: 'success', stop_reason: 'end_turn' })
      await add('b', 2, { agent_id: 'y', status: 'failed', stop_reason: 'error' })
      await add('c', 3, { agent_id: 'x', status: 'pending' })
      await add('d', 4, { agent_id: 'z', status: 'failed', stop_reason: 'error' })
      expect(await t.runIds({ order: 'desc' })).toEqual(['d', 'c', 'b', 'a'])
      expect(await t.runIds({}, { agent_id: 'x' })).toEqual(['a', 'c'])
      expect(await t.runIds({}, { agent_ids: ['x', 'y'] })).toEqual(['a', 'b', 'c'])
      expect(await t.runIds({}, { agent_id: 'y', agent_ids: ['x'] })).toEqual(['b'])
      expect(await t.runIds({}, { statuses: ['failed', 'running'] })).toEqual(['b', 'c', 'd'])
      expect(await t.runIds({}, { statuses: ['completed'], active: true })).toEqual(['a'])
      expect(await t.runIds({}, { active: true })).toEqual(['c'])
      expect(await t.runIds({}, { active: false })).toEqual(['a', 'b', 'c', 'd'])
      expect(await t.runIds({}, { stop_reason: 'error', agent_ids: ['y', 'z'], statuses: ['failed'] })).toEqual([
        'b',
        'd',
      ])
      expect(await t.runIds({ order: 'desc', limit: 1, before: 'a' }, { agent_ids: ['x', 'y'] })).toEqual(['b'])
      expect(await t.runIds({}, { background: true })).toEqual([])
      expect(await t.runIds({}, { background: false })).toHaveLength(4)
      expect(await t.runIds({}, { conversation_id: 'c' })).toEqual([])
    })
  })

  describe('run messages', () => {
    const { tenant } = useLedger(engine)

    test('come in the order of their times, then of their steps, then as they stand', async () => {
      const t = tenant()
      const ids = Array.from({ length: 6 }, () => anId('message')) as [string, string, string, string, string, string]
      const [s1, s2] = [anId(), anId()].toSorted() as [string, string]
      await t.record(
        {
          id: s2,
          run_id: 'run',
          created_at: at(5),
          messages: [text(ids[2], '', at(5)), text(ids[3], '', at(5)), text(ids[5], '', at(7))],
        },
        {
          id: s1,
          run_id: 'run',
          created_at: at(5),
          messages: [text(ids[0], '', at(4)), text(ids[1], '', at(5)), text(ids[4], '', at(6))],
        },
      )
      expect(await t.messageIds('run')).toEqual([...ids])
      expect(await t.messageIds('run', { order: 'desc' })).toEqual(ids.toReversed())
      expect(await t.messageIds('run', { limit: 2, after: ids[1] })).toEqual([ids[2], ids[3]])
      expect(await t.messageIds('run', { limit: 2, before: ids[3] })).toEqual([ids[1], ids[2]])
      expect(await t.messageIds('run', { order: 'desc', limit: 2, after: ids[4] })).toEqual([ids[3], ids[2]])
      expect(await t.messageIds('run', { order: 'desc', limit: 2, before: ids[1] })).toEqual([ids[3], ids[2]])
      expect(await t.messageIds('run', { limit: 2, after: ids[0], before: ids[5] })).toEqual([ids[3], ids[4]])
      expect(await t.messageIds('run', { limit: 0 })).toEqual([])
    })

    test('that two steps hold are listed once, where they come first', async () => {
      for (const reverse of [false, true]) {
        const t = tenant()
        const [shared, own] = [anId('message'), anId('message')]
        const [early, late] = [anId(), anId()]
        const inputs = [
          { id: early, run_id: 'run', created_at: at(1), messages: [text(shared, 'x', at(1))] },
          { id: late, run_id: 'run', created_at: at(2), messages: [text(shared, 'x', at(1)), text(own, 'y', at(2))] },
        ]
        for (const input of reverse ? inputs.toReversed() : inputs) await t.record(input)
        const found = await t.store.read.listRunMessages(t.project, 'run', { order: 'asc', limit: 9 })
        expect(found.map(({ step, index }) => [step.id, index])).toEqual([
          [early, 0],
          [late, 1],
        ])
      }
    })

    test('of another run are not cursors', async () => {
      const t = tenant()
      const [a, b] = [anId('message'), anId('message')]
      await t.record(
        { id: anId(), run_id: 'one', messages: [text(a, '')] },
        { id: anId(), run_id: 'two', messages: [text(b, '')] },
      )
      await expect(t.messageIds('one', { after: b })).rejects.toMatchObject({ code: 'not_found' })
    })

    test('of an unknown run are none', async () => {
      expect(await tenant().messageIds('none')).toEqual([])
    })

    test('take their new place when a correction moves them in time', async () => {
      const t = tenant()
      const [a, b] = [anId('message'), anId('message')]
      const id = anId()
      await t.record({ id, run_id: 'run', created_at: at(1), messages: [text(a, 'a', at(1))] })
      await t.record({ id: anId(), run_id: 'run', created_at: at(2), messages: [text(b, 'b', at(2))] })
      const moved = { id: a, role: 'user' as const, created_at: '2026-01-29T15:01:03.000000Z' }
      await t.write({ kind: 'correct', id, traces: [], correction: { messages: [moved] } })
      expect(await t.messageIds('run')).toEqual([b, a])
    })

    test('are listed from their other step when the one that stood first moves them behind', async () => {
      const t = tenant()
      const [shared, between] = [anId('message'), anId('message')]
      const id = anId()
      await t.record({ id, run_id: 'run', created_at: at(1), messages: [text(shared, 'x', at(1))] })
      await t.record({
        id: anId(),
        run_id: 'run',
        created_at: at(2),
        messages: [text(shared, 'x', at(2)), text(between, 'y', at(3))],
      })
      const moved = { id: shared, role: 'user' as const, created_at: '2026-01-29T15:01:09.000000Z' }
      await t.write({ kind: 'correct', id, traces: [], correction: { messages: [moved] } })
      expect(await t.messageIds('run')).toEqual([shared, between])
    })
  })
}
