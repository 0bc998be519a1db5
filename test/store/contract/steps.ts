/** Recording, merging, correcting and rating single steps. */
import { describe, expect, test } from 'vitest'
import { STEP_FIELD_NAMES, type StepInput } from '../../../src/domain/step.ts'
import { decodeStep } from '../../../src/store/step-row.ts'
import type { StepChange } from '../../../src/store/store.ts'
import type { TestEngine } from '../../support/stores.ts'
import { anId, everything, NOON, record, text, useLedger } from './build.ts'

const WHOLE: StepInput = {
  created_at: '2026-01-29T15:01:19.123456Z',
  agent_id: 'agent-1',
  run_id: 'run-1',
  origin: 'cli',
  provider_id: 'provider-1',
  provider_name: 'openai',
  provider_category: 'base',
  model: 'gpt-4o-mini',
  model_handle: 'openai/gpt-4o-mini',
  model_endpoint: 'https://example.com/v1',
  context_window_limit: 32000,
  prompt_tokens: 1343,
  completion_tokens: 54,
  total_tokens: 1397,
  cached_input_tokens: 1024,
  cache_write_tokens: 0,
  reasoning_tokens: 0,
  prompt_tokens_details: { cached_tokens: 1024 },
  completion_tokens_details: { reasoning_tokens: 0 },
  stop_reason: 'end_turn',
  status: 'success',
  error_type: 'Timeout',
  error_data: { message: 'late', details: null },
  tid: 'tid-1',
  trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
  request_id: 'req-1',
  feedback: 'positive',
  project_id: 'project-1',
  tags: ['b', 'a'],
  messages: [text('message-00000000-0000-4000-8000-000000000001', 'hello')],
  metrics: { provider_id: 'p', step_ns: '7' },
}

export function describeSteps(engine: TestEngine): void {
  describe('recording', () => {
    const { tenant } = useLedger(engine)

    test('gives back every field as it was recorded', async () => {
      const t = tenant()
      const id = anId()
      const [outcome] = await t.record({ ...WHOLE, id })
      expect(outcome?.created).toBe(true)
      const stored = await t.step(id)
      expect(outcome && decodeStep(outcome.row)).toEqual(stored)
      expect(stored).toEqual(record({ ...WHOLE, id }).step)
      expect(STEP_FIELD_NAMES.filter((name) => stored[name] === null)).toEqual([])
      expect(await t.ids()).toEqual([id])
    })

    test('keeps null apart from zero', async () => {
      const t = tenant()
      const id = anId()
      await t.record({ id, prompt_tokens: 0 })
      const stored = await t.step(id)
      expect(stored.prompt_tokens).toBe(0)
      expect(stored.completion_tokens).toBeNull()
      expect(stored.metrics).toBeNull()
      expect(stored.messages).toEqual([])
      expect(stored.tags).toEqual([])
    })

    test('tells which steps are new, in the order given', async () => {
      const t = tenant()
      const [a, b, c] = [anId(), anId(), anId()]
      await t.record({ id: b })
      const outcomes = await t.record({ id: c }, { id: b }, { id: a })
      expect(outcomes.map(({ created, row }) => [row.id, created])).toEqual([
        [c, true],
        [b, false],
        [a, true],
      ])
    })

    test('writes nothing for no change', async () => {
      expect(await tenant().write()).toEqual([])
    })

    test('keeps whole numbers up to the largest safe one', async () => {
      const t = tenant()
      const id = anId()
      await t.record({ id, total_tokens: Number.MAX_SAFE_INTEGER })
      expect((await t.step(id)).total_tokens).toBe(Number.MAX_SAFE_INTEGER)
    })

    test('keeps nanoseconds beyond 2^53 to the last digit', async () => {
      const t = tenant()
      const id = anId()
      const metrics = { step_start_ns: '1769012345678901234', llm_request_ns: '9223372036854775807', step_ns: '0' }
      await t.record({ id, metrics })
      expect((await t.step(id)).metrics).toEqual(metrics)
    })

    test('keeps U+0000, halves of surrogate pairs, emoji and line breaks in messages', async () => {
      const t = tenant()
      const id = anId()
      const words = 'a\0b\ud83d|\ude00 😀 \u2028\n\r\n"\\'
      const call = { id: 'c\0', type: 'function' as const, function: { name: 'to\0ol', arguments: '{"a":"\0"}' } }
      const messages: StepInput['messages'] = [
        { ...text(anId('message'), words), tool_calls: [call] },
        { role: 'tool', tool_returns: [{ status: 'error', func_response: words, tool_call_id: { deep: words } }] },
      ]
      const given = record({ id, run_id: 'run', messages })
      await t.write(given)
      expect((await t.step(id)).messages).toEqual(given.step.messages)
      expect(await t.tools('run')).toEqual(['tool'])
    })

    test('keeps numbers inside objects digit for digit', async () => {
      const t = tenant()
      const id = anId()
      const error_data = { big: JSON.rawJSON('12345678901234567890'), huge: JSON.rawJSON('1e400'), plain: 1 }
      await t.record({ id, error_data })
      const row = await t.store.read.getStep(t.project, id)
      expect(row?.error_data).toBe('{"big":12345678901234567890,"huge":1e400,"plain":1}')
    })

    test('orders steps a microsecond apart by time and equal ones by id', async () => {
      const t = tenant()
      const at = (micros: number) => `2026-01-29T15:01:19.${String(micros).padStart(6, '0')}Z`
      const [low, high] = [anId(), anId()].toSorted() as [string, string]
      const [early, late] = ['step-ffffffff-ffff-4fff-bfff-ffffffffffff', 'step-00000000-0000-4000-8000-000000000000']
      await t.record(
        { id: high, created_at: at(2) },
        { id: late, created_at: at(3) },
        { id: early, created_at: at(1) },
        { id: low, created_at: at(2) },
      )
      expect(await t.ids()).toEqual([early, low, high, late])
      expect(await t.ids({ order: 'desc' })).toEqual([late, high, low, early])
    })

    test('takes instants before 1970 and far in the future', async () => {
      const t = tenant()
      const [past, epoch, future] = [anId(), anId(), anId()]
      await t.record(
        { id: future, created_at: '2254-12-31T23:59:59.999999Z' },
        { id: past, created_at: '1700-01-01T00:00:00.000001Z' },
        { id: epoch, created_at: '1970-01-01T00:00:00Z' },
      )
      expect(await t.ids()).toEqual([past, epoch, future])
      expect((await t.step(past)).created_at).toBeLessThan(0)
    })

    test('leaves out messages when asked to', async () => {
      const t = tenant()
      await t.record({ ...WHOLE, id: anId() })
      for (const filters of [{}, { tags: ['a'] }, { trace_ids: [WHOLE.trace_id as string, 'other'] }]) {
        const [row] = await t.store.read.listSteps({
          project: t.project,
          filters,
          page: { order: 'asc', limit: 5 },
          messages: false,
        })
        expect(row?.messages).toBe('')
        expect(row?.model).toBe(WHOLE.model)
      }
    })
  })

  describe('merging by id', () => {
    const { tenant } = useLedger(engine)

    test('changes nothing when the same step is sent twice', async () => {
      const t = tenant()
      const given = record({ ...WHOLE, id: anId(), provider_trace: { request_json: { a: 1 }, response_json: {} } })
      await t.write(given)
      const before = await everything(t)
      const [again] = await t.write(structuredClone(given))
      expect(again?.created).toBe(false)
      expect(await everything(t)).toEqual(before)
    })

    test('changes nothing when it is sent twice without saying when it was', async () => {
      const t = tenant()
      const trace = { request_json: { a: 1 }, response_json: {} }
      const message = { role: 'user' as const, content: 'a' }
      const input = { id: anId(), run_id: 'run', messages: [message, message], provider_trace: [trace, trace] }
      await t.record(input)
      const before = await everything(t)
      await t.record(input)
      expect(await everything(t)).toEqual(before)
    })

    test('fills what was absent and keeps what was given', async () => {
      const t = tenant()
      const id = anId()
      await t.record({ id, model: 'first', prompt_tokens: 0 })
      await t.record({ id, model: 'second', prompt_tokens: 9, completion_tokens: 3, agent_id: 'agent-1' })
      const { model, prompt_tokens, completion_tokens, agent_id } = await t.step(id)
      expect({ model, prompt_tokens, completion_tokens, agent_id }).toEqual({
        model: 'first',
        prompt_tokens: 0,
        completion_tokens: 3,
        agent_id: 'agent-1',
      })
    })

    test('completes a pending step, the completing record wins', async () => {
      const t = tenant()
      const id = anId()
      await t.record({
        id,
        created_at: '2026-01-29T15:01:19Z',
        status: 'pending',
        model: 'asked',
        prompt_tokens: 0,
        tags: ['a'],
      })
      const [outcome] = await t.record({
        id,
        status: 'success',
        model: 'used',
        prompt_tokens: 7,
        tags: ['b'],
        stop_reason: 'end_turn',
      })
      expect(outcome).toMatchObject({ created: false, row: { status: 'success', model: 'used', prompt_tokens: 7 } })
      const stored = await t.step(id)
      expect(stored.tags).toEqual(['a', 'b'])
      expect(stored.created_at).toBe(Date.UTC(2026, 0, 29, 15, 1, 19) * 1000)
      expect(await t.ids({}, { status: 'pending' })).toEqual([])
      expect(await t.ids({}, { status: 'success' })).toEqual([id])
    })

    test('never turns a final status back', async () => {
      const t = tenant()
      for (const status of ['success', 'failed', 'cancelled'] as const) {
        const id = anId()
        await t.record({ id, status })
        await t.record({ id, status: 'pending', model: 'late' })
        expect(await t.step(id)).toMatchObject({ status, model: 'late' })
      }
    })

    test('leaves feedback alone', async () => {
      const t = tenant()
      const [rated, unrated] = [anId(), anId()]
      await t.record({ id: rated, status: 'pending', feedback: 'positive' }, { id: unrated, status: 'pending' })
      await t.record(
        { id: rated, status: 'success', feedback: 'negative' },
        { id: unrated, status: 'success', feedback: 'negative' },
      )
      expect((await t.step(rated)).feedback).toBe('positive')
      expect((await t.step(unrated)).feedback).toBeNull()
    })

    test('unites messages by id in the order of their times', async () => {
      const t = tenant()
      const id = anId()
      const [a, b, c] = [anId('message'), anId('message'), anId('message')]
      const at = (second: number) => `2026-01-29T15:01:0${second}Z`
      await t.record({ id, run_id: 'run', messages: [text(a, 'a', at(1)), text(c, 'c', at(3))] })
      await t.record({ id, run_id: 'run', messages: [text(b, 'b', at(2)), text(c, 'other', at(3))] })
      const { messages } = await t.step(id)
      expect(messages.map((message) => message.id)).toEqual([a, b, c])
      expect(messages[2]?.content).toEqual([{ type: 'text', text: 'c' }])
      expect(await t.messageIds('run')).toEqual([a, b, c])
    })

    test('takes the same id twice in one batch', async () => {
      const t = tenant()
      const [id, other] = [anId(), anId()]
      const outcomes = await t.record(
        { id, run_id: 'run', status: 'pending', prompt_tokens: 1, tags: ['a'] },
        { id: other, run_id: 'run', prompt_tokens: 10 },
        { id, status: 'success', prompt_tokens: 2, tags: ['b'] },
        { id, completion_tokens: 3 },
      )
      expect(outcomes.map(({ created }) => created)).toEqual([true, true, false, false])
      expect(await t.step(id)).toMatchObject({
        status: 'success',
        prompt_tokens: 2,
        completion_tokens: 3,
        tags: ['a', 'b'],
      })
      expect(await t.run('run')).toMatchObject({
        num_steps: 2,
        prompt_tokens: 12,
        completion_tokens: 3,
        status: 'completed',
      })
      expect(await t.ids({}, { tags: ['a', 'b'], match_all_tags: true })).toEqual([id])
    })

    test('counts a step once however often it arrives at the same time', async () => {
      const t = tenant()
      const inputs = Array.from({ length: 20 }, (_, i) => ({ id: anId(), run_id: 'run', prompt_tokens: i }))
      const sent = await Promise.all(Array.from({ length: 10 }, () => t.record(...inputs)))
      expect(sent.flat().filter(({ created }) => created)).toHaveLength(20)
      expect(await t.run('run')).toMatchObject({ num_steps: 20, prompt_tokens: 190 })
    })
  })

  describe('correcting', () => {
    const { tenant } = useLedger(engine)

    test('replaces what is given, clears with null, leaves the rest', async () => {
      const t = tenant()
      const id = anId()
      await t.record({ ...WHOLE, id })
      const [outcome] = await t.write({
        kind: 'correct',
        id,
        traces: [],
        correction: { model: 'other', tid: null, tags: ['c'], metrics: null },
      })
      expect(outcome?.created).toBe(false)
      const { step } = record({ ...WHOLE, id })
      expect(await t.step(id)).toEqual({ ...step, model: 'other', tid: null, tags: ['c'], metrics: null })
      expect(await t.ids({}, { tags: ['a', 'b'] })).toEqual([])
      expect(await t.ids({}, { tags: ['c'] })).toEqual([id])
      expect(await t.tags()).toEqual(['c'])
    })

    test('keeps numbers digit for digit, and harms nobody who writes at the same time', async () => {
      const t = tenant()
      const [id, other] = [anId(), anId()]
      await t.record({ id })
      const error_data = { big: JSON.rawJSON('12345678901234567890') }
      const input = [{ type: 'tool_call' as const, id: 'c', name: 'n', input: error_data }]
      const { messages } = record({ id, messages: [{ id: anId('message'), role: 'assistant', content: input }] }).step
      const writes = [
        t.record({ id: other }),
        t.write({ kind: 'correct', id, traces: [], correction: { error_data, messages } }),
      ]
      writes.push(t.record({ id: anId() }))
      expect((await Promise.allSettled(writes)).map(({ status }) => status)).toEqual([
        'fulfilled',
        'fulfilled',
        'fulfilled',
      ])
      expect(await t.step(id)).toMatchObject({ error_data, messages })
    })

    test('refuses to make a final step pending, and changes nothing', async () => {
      const t = tenant()
      const id = anId()
      await t.record({ ...WHOLE, id })
      const before = await everything(t)
      const change = {
        kind: 'correct' as const,
        id,
        traces: [],
        correction: { status: 'pending' as const, model: 'other' },
      }
      await expect(t.write(change)).rejects.toMatchObject({ code: 'invalid', issues: [{ loc: ['body', 'status'] }] })
      expect(await everything(t)).toEqual(before)
    })

    test('does not find a step that is not there', async () => {
      const t = tenant()
      const id = anId()
      const missing = { code: 'not_found', message: expect.stringContaining(id) as string }
      await expect(t.write({ kind: 'correct', id, traces: [], correction: {} })).rejects.toMatchObject(missing)
      await expect(t.write({ kind: 'feedback', id, addTags: [] })).rejects.toMatchObject(missing)
      await expect(t.write({ kind: 'transaction', id, tid: 'x' })).rejects.toMatchObject(missing)
      expect(await t.get(id)).toBeUndefined()
    })

    test('adds messages and replaces those with the same id', async () => {
      const t = tenant()
      const id = anId()
      const [a, b] = [anId('message'), anId('message')]
      await t.record({ id, run_id: 'run', created_at: '2026-01-29T15:00:00Z', messages: [text(a, 'a')] })
      const { step } = record({ id, created_at: '2026-01-29T15:00:00Z', messages: [text(a, 'new'), text(b, 'b')] })
      await t.write({ kind: 'correct', id, traces: [], correction: { messages: step.messages } })
      expect((await t.step(id)).messages).toEqual(step.messages)
      expect(await t.messageIds('run')).toEqual([a, b])
    })
  })

  describe('feedback and transaction', () => {
    const { tenant } = useLedger(engine)

    test('sets, keeps and clears feedback; adds tags once, in first-seen order', async () => {
      const t = tenant()
      const id = anId()
      await t.record({ id, tags: ['b'], model: 'm' })
      await t.write({ kind: 'feedback', id, feedback: 'negative', addTags: ['a', 'b', 'a'] })
      expect(await t.step(id)).toMatchObject({ feedback: 'negative', tags: ['b', 'a'], model: 'm' })
      expect(await t.ids({}, { has_feedback: true })).toEqual([id])
      expect(await t.ids({}, { feedback: 'negative' })).toEqual([id])
      await t.write({ kind: 'feedback', id, addTags: ['c'] })
      expect(await t.step(id)).toMatchObject({ feedback: 'negative', tags: ['b', 'a', 'c'] })
      await t.write({ kind: 'feedback', id, feedback: null, addTags: [] })
      expect(await t.step(id)).toMatchObject({ feedback: null, tags: ['b', 'a', 'c'] })
      expect(await t.ids({}, { has_feedback: true })).toEqual([])
      expect(await t.ids({}, { has_feedback: false })).toEqual([id])
      expect(await t.tags()).toEqual(['a', 'b', 'c'])
    })

    test('is the same when it is done again', async () => {
      const t = tenant()
      const id = anId()
      await t.record({ id })
      const change = { kind: 'feedback' as const, id, feedback: 'positive' as const, addTags: ['x'] }
      const [first] = await t.write(change)
      const [second] = await t.write(change)
      expect(second).toEqual(first)
      expect(first?.row).toMatchObject({ feedback: 'positive', tags: '["x"]' })
    })

    test('sets the transaction id', async () => {
      const t = tenant()
      const id = anId()
      await t.record({ id })
      for (const tid of ['one', 'two', 'two']) {
        const [outcome] = await t.write({ kind: 'transaction', id, tid })
        expect(outcome?.row.tid).toBe(tid)
      }
      expect((await t.step(id)).tid).toBe('two')
    })
  })

  describe('a batch', () => {
    const { tenant } = useLedger(engine)

    test('is written wholly or not at all', async () => {
      const t = tenant()
      const [id, missing] = [anId(), anId()]
      await t.record({ ...WHOLE, id })
      const before = await everything(t)
      const request_json = { text: 'x'.repeat(5000) }
      const changes: StepChange[] = [
        record({ ...WHOLE, id: anId(), tags: ['new'], messages: [text(anId('message'), 'new')] }),
        record({ ...WHOLE, id: anId(), run_id: 'run-2', provider_trace: { request_json, response_json: {} } }),
        { kind: 'feedback' as const, id, feedback: 'negative' as const, addTags: ['y'] },
      ]
      const bad = { kind: 'transaction' as const, id: missing, tid: 'x' }
      for (let place = 0; place <= changes.length; place++) {
        await expect(t.write(...changes.toSpliced(place, 0, bad))).rejects.toMatchObject({ code: 'not_found' })
        expect(await everything(t)).toEqual(before)
      }
    })

    test('that is refused does not harm others that are written at the same time', async () => {
      const t = tenant()
      const ids = Array.from({ length: 30 }, () => anId())
      const results = await Promise.allSettled(
        ids.map((id, i) =>
          t.write(
            record({ id, run_id: 'run' }),
            ...(i % 3 === 0 ? [{ kind: 'transaction' as const, id: anId(), tid: 'x' }] : []),
          ),
        ),
      )
      expect(results.map(({ status }) => status)).toEqual(ids.map((_, i) => (i % 3 === 0 ? 'rejected' : 'fulfilled')))
      expect((await t.ids()).toSorted()).toEqual(ids.filter((_, i) => i % 3 !== 0).toSorted())
      expect(await t.run('run')).toMatchObject({ num_steps: 20 })
    })

    test('is refused when one request is nested too deep', async () => {
      const t = tenant()
      let deep: Record<string, never> | { a: unknown } = {}
      for (let i = 0; i < 600; i++) deep = { a: deep }
      const input = { id: anId(), provider_trace: { request_json: deep as never, response_json: {} } }
      await expect(t.record({ id: anId() }, input)).rejects.toMatchObject({ code: 'invalid' })
      expect(await t.ids()).toEqual([])
    })

    test('of a thousand steps is read back whole', async () => {
      const t = tenant()
      const inputs = Array.from({ length: 1000 }, (_, i) => ({
        id: anId(),
        run_id: 'run',
        prompt_tokens: i,
        messages: [text(anId('message'), `${i}`)],
      }))
      await t.record(...inputs)
      expect((await t.ids()).toSorted()).toEqual(inputs.map(({ id }) => id).toSorted())
      expect(await t.run('run')).toMatchObject({ num_steps: 1000, prompt_tokens: 499_500 })
    })
  })

  describe('cursors', () => {
    const { tenant } = useLedger(engine)

    test('are positions: those of a step that does not pass the filters count too', async () => {
      const t = tenant()
      const ids = [anId(), anId(), anId()] as const
      await t.record(
        ...ids.map((id, i) => ({ id, created_at: `2026-01-0${i + 1}T00:00:00Z`, model: i === 1 ? 'b' : 'a' })),
      )
      expect(await t.ids({ after: ids[1] }, { model: 'a' })).toEqual([ids[2]])
      expect(await t.ids({ before: ids[1] }, { model: 'a' })).toEqual([ids[0]])
    })

    test('that are not there are refused, in every list', async () => {
      const t = tenant()
      await t.record({ id: anId(), run_id: 'run' })
      for (const cursor of ['before', 'after'] as const) {
        const unknown = anId()
        const missing = { code: 'not_found', message: expect.stringContaining(unknown) as string }
        await expect(t.ids({ [cursor]: unknown })).rejects.toMatchObject(missing)
        await expect(t.ids({ [cursor]: unknown, limit: 0 })).rejects.toMatchObject(missing)
        await expect(t.runIds({ [cursor]: unknown })).rejects.toMatchObject(missing)
        await expect(t.messageIds('run', { [cursor]: unknown })).rejects.toMatchObject(missing)
      }
    })

    test('follow the worked example of the contract', async () => {
      const t = tenant()
      const uuid = (letter: string) => `step-00000000-0000-4000-8000-00000000000${letter}`
      const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map(uuid) as [string, string, string, string, string]
      const at = (minute: number) => `2026-01-29T10:0${minute}:00Z`
      const times = [at(0), at(1), at(1), at(2), at(3)]
      await t.record(...[a, b, c, d, e].map((id, i) => ({ id, created_at: times[i] as string })))
      const desc = { order: 'desc' as const, limit: 2 }
      expect(await t.ids(desc)).toEqual([e, d])
      expect(await t.ids({ ...desc, after: d })).toEqual([c, b])
      expect(await t.ids({ ...desc, after: c })).toEqual([b, a])
      expect(await t.ids({ ...desc, after: a })).toEqual([])
      expect(await t.ids({ limit: 2, after: b })).toEqual([c, d])
      expect(await t.ids({ ...desc, before: a })).toEqual([c, b])
      expect(await t.ids({ ...desc, before: c })).toEqual([e, d])
      expect(await t.ids({ limit: 2, before: e })).toEqual([c, d])
      expect(await t.ids({ ...desc, after: e, before: a })).toEqual([c, b])
      expect(await t.ids({ order: 'desc' }, { start_date: Date.UTC(2026, 0, 29, 10, 1) * 1000 })).toEqual([e, d])
      expect(await t.ids({ after: c, before: c })).toEqual([])
      expect(await t.ids({ after: d, before: b })).toEqual([])
    })

    test('take as many values of a list as the API lets in', async () => {
      const t = tenant()
      const inputs = Array.from({ length: 200 }, (_, i) => ({ id: anId(), trace_id: `t${i}`, tags: [`tag${i}`] }))
      await t.record(...inputs)
      const expected = await t.ids()
      expect(await t.ids({}, { trace_ids: inputs.map(({ trace_id }) => trace_id) })).toEqual(expected)
      expect(await t.ids({}, { tags: inputs.flatMap(({ tags }) => tags) })).toEqual(expected)
      expect(await t.ids({ order: 'desc', limit: 3 }, { trace_ids: ['t1', 't2', 't3', 't4'] })).toHaveLength(3)
    })

    test('take as many tags at once, all of which must be there', { timeout: 5_000 }, async () => {
      const t = tenant()
      const tags = Array.from({ length: 200 }, (_, i) => `tag${i}`)
      const id = anId()
      await t.record({ id, tags }, { id: anId(), tags: tags.slice(1) }, { id: anId(), tags: tags.slice(0, 199) })
      expect(await t.ids({}, { tags, match_all_tags: true })).toEqual([id])
    })
  })

  test('the tests use the instant they say', () => {
    expect(record(WHOLE).step.created_at).toBe(NOON)
  })
}
