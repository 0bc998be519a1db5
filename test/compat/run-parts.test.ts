/** What hangs below a run: steps, usage, metrics, trace (contract, sections 7.3 and 8.3; checklist 12). */
import { afterAll, describe, expect, test } from 'vitest'
import type { StepInput } from '../../src/domain/step.ts'
import { startTestServer } from '../support/server.ts'
import { at, clientOf, errorOf, fresh, idsOf, steps, walk } from './support.ts'

const server = await startTestServer()
afterAll(() => server.close())
const client = clientOf(server)

async function usageOf(...inputs: StepInput[]) {
  const run_id = fresh('run')
  await server.record(inputs.map((input) => ({ run_id, agent_id: 'a', ...input })))
  return client.runs.usage.retrieve(run_id)
}

describe('the steps of a run', async () => {
  const run_id = fresh('run')
  const ids = idsOf(await server.record(steps(7, fresh('agent'), 0, { run_id })))

  test.each(['asc', 'desc'] as const)('walk as the list does, order=%s (D4, D5)', async (order) => {
    const whole = order === 'asc' ? ids : ids.toReversed()
    for (const limit of [1, 2, 3, 7, 8]) {
      expect(idsOf(await walk(client.runs.steps.list(run_id, { order, limit })))).toEqual(whole)
      const earlier = await walk(client.runs.steps.list(run_id, { order, limit, before: whole[6] as string }))
      expect(idsOf(earlier).toSorted()).toEqual(whole.slice(0, 6).toSorted())
    }
  })

  test('are newest first, 100 a page, unless told otherwise', async () => {
    const run = fresh('run')
    const many = idsOf(await server.record(steps(101, fresh('agent'), 1, { run_id: run })))
    expect(idsOf((await client.runs.steps.list(run)).items)).toEqual(many.toReversed().slice(0, 100))
    expect((await client.runs.steps.list(run, { limit: 1000 })).items).toHaveLength(101)
    expect((await client.runs.steps.list(run, { limit: 0 })).items).toEqual([])
  })

  test('mistakes are those of the list', async () => {
    expect(await errorOf(client.runs.steps.list(run_id, { limit: -1 }))).toMatchObject({ status: 422 })
    expect(await errorOf(client.runs.steps.list(run_id, { after: 'foo' }))).toMatchObject({ status: 422 })
    expect(await errorOf(client.runs.steps.list(run_id, { order: 'ASC' }))).toMatchObject({ status: 422 })
  })
})

describe('the usage of a run', () => {
  test('is the sum over all steps, however many (D20)', async () => {
    const run_id = fresh('run')
    const details = { prompt_tokens_details: { cached_tokens: 2 }, completion_tokens_details: { reasoning_tokens: 3 } }
    const input = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, ...details }
    await server.record(steps(120, fresh('agent'), 1, { run_id, ...input }))
    expect(await client.runs.usage.retrieve(run_id)).toEqual({
      prompt_tokens: 1200,
      completion_tokens: 600,
      total_tokens: 1800,
      prompt_tokens_details: { cached_tokens: 240, cache_read_tokens: null, cache_creation_tokens: null },
      completion_tokens_details: { reasoning_tokens: 360 },
    })
  })

  test('without numbers is 0 with null details; reported zeros are 0 (D29)', async () => {
    const nothing = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }
    expect(await usageOf({})).toEqual({ ...nothing, prompt_tokens_details: null, completion_tokens_details: null })
    expect(await usageOf({ cached_input_tokens: 0, reasoning_tokens: 0 })).toEqual({
      ...nothing,
      prompt_tokens_details: { cached_tokens: 0, cache_read_tokens: null, cache_creation_tokens: null },
      completion_tokens_details: { reasoning_tokens: 0 },
    })
    expect(await usageOf({ prompt_tokens: 3 }, { prompt_tokens: null }, {})).toMatchObject({ prompt_tokens: 3 })
  })

  const detailsOf = async (...inputs: StepInput[]) => (await usageOf(...inputs)).prompt_tokens_details

  test.each([
    ['OpenAI', { provider_name: 'openai', cached_input_tokens: 5 }, { cached_tokens: 5 }],
    ['Gemini', { provider_name: 'google_ai', cached_input_tokens: 5 }, { cached_tokens: 5 }],
    ['Anthropic, reads', { provider_name: 'anthropic', cached_input_tokens: 5 }, { cache_read_tokens: 5 }],
    [
      'Anthropic, reads and writes',
      { provider_name: 'anthropic', cached_input_tokens: 5, cache_write_tokens: 7 },
      { cache_read_tokens: 5, cache_creation_tokens: 7 },
    ],
    ['details in the manner of OpenAI', { prompt_tokens_details: { cached_tokens: 5 } }, { cached_tokens: 5 }],
    [
      'details in the manner of Anthropic',
      { prompt_tokens_details: { cache_read_tokens: 5, cache_creation_tokens: 7 } },
      { cache_read_tokens: 5, cache_creation_tokens: 7 },
    ],
    [
      'the same number in both: cached_tokens wins',
      { prompt_tokens_details: { cached_tokens: 5, cache_read_tokens: 5 } },
      { cached_tokens: 5 },
    ],
    [
      'columns and details that agree',
      { cached_input_tokens: 5, prompt_tokens_details: { cached_tokens: 5 } },
      { cached_tokens: 5 },
    ],
    ['details that say nothing', { cached_input_tokens: 5, prompt_tokens_details: {} }, { cached_tokens: 5 }],
  ] as const)('sorts cache tokens: %s', async (_name, input, expected) => {
    const none = { cached_tokens: null, cache_read_tokens: null, cache_creation_tokens: null }
    expect(await detailsOf(input)).toEqual({ ...none, ...expected })
  })

  test('a detail that one step reported is summed over those that did', async () => {
    expect(await detailsOf({ cached_input_tokens: 5 }, {}, { prompt_tokens_details: { cached_tokens: 2 } })).toEqual({
      cached_tokens: 7,
      cache_read_tokens: null,
      cache_creation_tokens: null,
    })
  })

  test('follows corrections and repeated records', async () => {
    const run_id = fresh('run')
    const [input] = steps(1, fresh('agent'), 0, { run_id, prompt_tokens: 10 })
    await server.record([input as StepInput])
    await server.record([input as StepInput])
    expect((await client.runs.usage.retrieve(run_id)).prompt_tokens).toBe(10)
    await client.patch(`/v1/steps/${input?.id}`, { body: { prompt_tokens: 4, completion_tokens: 1 } })
    expect(await client.runs.usage.retrieve(run_id)).toMatchObject({ prompt_tokens: 4, completion_tokens: 1 })
  })
})

describe('the metrics of a run', () => {
  const call = (name: string) => ({ id: 'c', type: 'function' as const, function: { name, arguments: '{}' } })

  test('count all steps and name all tools (D21)', async () => {
    const run_id = fresh('run')
    const inputs = steps(60, 'a', 1e6, { run_id, status: 'success' }).map((input, i) => ({
      ...input,
      messages: [{ role: 'assistant' as const, tool_calls: [call(i === 59 ? 'last' : 'first')] }],
    }))
    await server.record(inputs)
    expect(await client.get(`/v1/runs/${run_id}/metrics`)).toEqual({
      id: run_id,
      agent_id: 'a',
      project_id: null,
      run_start_ns: expect.any(Number) as number,
      run_ns: 59e9,
      num_steps: 60,
      tools_used: ['first', 'last'],
      template_id: null,
      base_template_id: null,
    })
  })

  test('start with the first step, digit for digit', async () => {
    const run_id = fresh('run')
    const body = `{"run_id":"${run_id}","metrics":{"step_start_ns":1769012345678901234}}`
    await server.request('/v1/steps/', { method: 'POST', body, headers: { 'Content-Type': 'application/json' } })
    const text = await (await server.request(`/v1/runs/${run_id}/metrics`)).text()
    expect(text).toMatch(/"run_start_ns":\s?1769012345678901234[,}]/)
  })
})

describe('the trace of a run (D34)', () => {
  test('without a trace id is [], not 501', async () => {
    const run_id = fresh('run')
    await server.record([{ run_id }])
    expect(await client.runs.trace.retrieve(run_id)).toEqual([])
  })

  test('has one agent_step span a step, in time order, up to the limit', async () => {
    const run_id = fresh('run')
    await server.record(steps(3, 'a', 1e6, { run_id, trace_id: 't-1' }).toReversed())
    const spans = await client.runs.trace.retrieve(run_id)
    expect(spans.map(({ Timestamp, TraceId, SpanName }) => [Timestamp, TraceId, SpanName])).toEqual(
      [0, 1e6, 2e6].map((time) => [at(time), 't-1', 'agent_step']),
    )
    expect(await client.runs.trace.retrieve(run_id, { limit: 2 })).toHaveLength(2)
    expect(await client.runs.trace.retrieve(run_id, { limit: 5000 })).toHaveLength(3)
  })

  test.each(['0', '5001', '-1', 'x'])('limit=%s is 422', async (limit) => {
    const run_id = fresh('run')
    await server.record([{ run_id }])
    expect((await server.request(`/v1/runs/${run_id}/trace?limit=${limit}`)).status).toBe(422)
  })
})
