/** Runs as lists and as objects (contract, sections 7.1 and 7.2). */
import type { RunListParams } from '@letta-ai/letta-client/resources/runs'
import { afterAll, describe, expect, test } from 'vitest'
import type { StepInput } from '../../src/domain/step.ts'
import { startTestServer } from '../support/server.ts'
import { at, clientOf, errorOf, fresh, idsOf, steps, walk } from './support.ts'

const server = await startTestServer()
afterAll(() => server.close())
const client = clientOf(server)

/** A run of these steps, a second apart. */
async function runOf(...inputs: StepInput[]) {
  const [run_id, agent_id] = [fresh('run'), fresh('agent')]
  await server.record(inputs.map((input, i) => ({ run_id, agent_id, created_at: at(i * 1e6), ...input })))
  return client.runs.retrieve(run_id)
}

/** `count` runs of one step each, oldest first. */
async function runs(count: number, gap = 1e6, extra: StepInput = {}) {
  const agent_id = fresh('agent')
  const ids = Array.from({ length: count }, () => fresh('run')).toSorted()
  await server.record(ids.map((run_id, i) => ({ run_id, agent_id, created_at: at(i * gap), ...extra })))
  return { agent_id, ids }
}

describe('a walk over runs (D18)', async () => {
  for (const [times, gap] of [
    ['a second apart', 1e6],
    ['a microsecond apart', 1],
    ['at the same time', 0],
  ] as const) {
    const { agent_id, ids } = await runs(6, gap)
    describe.each(['asc', 'desc'] as const)(`runs ${times}, order=%s`, (order) => {
      const whole = order === 'asc' ? ids : ids.toReversed()

      test.each([1, 2, 3, 6, 7])('forwards with limit=%i sees each once', async (limit) => {
        expect(idsOf(await walk(client.runs.list({ agent_id, order, limit })))).toEqual(whole)
      })

      test.each([1, 2, 3, 6])('backwards with limit=%i sees each earlier one once', async (limit) => {
        const seen = await walk(client.runs.list({ agent_id, order, limit, before: whole.at(-1) as string }))
        expect(seen).toHaveLength(5)
        expect(idsOf(seen).toSorted()).toEqual(whole.slice(0, 5).toSorted())
        expect(idsOf(seen.slice(0, limit))).toEqual(whole.slice(Math.max(5 - limit, 0), 5))
      })

      test('between two cursors sees those nearest to before', async () => {
        const [after, before] = [whole[0] as string, whole[5] as string]
        expect(idsOf((await client.runs.list({ agent_id, order, after, before, limit: 2 })).items)).toEqual(
          whole.slice(3, 5),
        )
        expect((await client.runs.list({ agent_id, order, after: before, before: after })).items).toEqual([])
      })
    })
  }

  test('is newest first when nothing is said, and {before: null} gives the head', async () => {
    const { agent_id, ids } = await runs(3)
    expect(idsOf((await client.runs.list({ agent_id })).items)).toEqual(ids.toReversed())
    const page = await client.runs.list({ agent_id, limit: 2, before: null })
    expect(idsOf(page.items)).toEqual(ids.toReversed().slice(0, 2))
    expect((await page.getNextPage()).items).toEqual([])
  })

  test('an unknown cursor is 404, in both directions', async () => {
    expect(await errorOf(client.runs.list({ after: 'run-nowhere' }))).toMatchObject({ status: 404 })
    expect(await errorOf(client.runs.list({ before: 'run-nowhere' }))).toMatchObject({ status: 404 })
  })
})

describe('the filters of runs', async () => {
  const agent_id = fresh('agent')
  const KINDS: Record<string, StepInput> = {
    running: { status: 'pending' },
    ended: { status: 'success', stop_reason: 'end_turn' },
    limited: { status: 'success', stop_reason: 'max_steps' },
    failed: { status: 'failed', stop_reason: 'llm_api_error' },
    stopped: { status: 'cancelled', stop_reason: 'cancelled' },
  }
  const names = Object.keys(KINDS)
  await server.record(
    names.map((name, i) => ({ run_id: `filter-${name}`, agent_id, created_at: at(i), ...KINDS[name] })),
  )
  const named = async (query: RunListParams) => {
    const { items } = await client.runs.list({ agent_id, order: 'asc', ...query })
    return items.map(({ id }) => id.slice('filter-'.length)).join(' ')
  }

  test.each([
    [{}, 'running ended limited failed stopped'],
    [{ statuses: ['running'] }, 'running'],
    [{ statuses: ['completed'] }, 'ended limited'],
    [{ statuses: ['failed', 'cancelled'] }, 'failed stopped'],
    [{ statuses: ['created'] }, ''],
    [{ statuses: [] }, 'running ended limited failed stopped'],
    [{ active: true }, 'running'],
    [{ active: false }, 'running ended limited failed stopped'],
    [{ active: true, statuses: ['failed'] }, 'failed'],
    [{ stop_reason: 'max_steps' }, 'limited'],
    [{ stop_reason: 'error' }, ''],
    [{ agent_ids: ['nobody'] }, 'running ended limited failed stopped'],
    [{ conversation_id: 'conv-1' }, ''],
    [{ background: true }, ''],
    [{ limit: 2 }, 'running ended'],
    [{ order: 'desc', limit: 2 }, 'stopped failed'],
    [{ order: 'desc', ascending: true, limit: 2 }, 'running ended'],
    [{ order_by: 'created_at', limit: 1 }, 'running'],
    [{ statuses: ['completed'], stop_reason: 'end_turn' }, 'ended'],
  ] as [RunListParams, string][])('%j gives "%s"', async (query, expected) => {
    expect(await named(query)).toBe(expected)
  })

  test('agent_ids is any of', async () => {
    const [one, two] = [await runs(1), await runs(1)]
    const { items } = await client.runs.list({ agent_ids: [one.agent_id, two.agent_id, 'nobody'], order: 'asc' })
    expect(idsOf(items).toSorted()).toEqual([...one.ids, ...two.ids].toSorted())
  })

  test('null is nothing given (D22)', async () => {
    const nulls = {
      limit: null,
      order: null,
      order_by: null,
      after: null,
      statuses: null,
      agent_ids: null,
      stop_reason: null,
      background: null,
      conversation_id: null,
      active: null,
      ascending: null,
    }
    const { items } = await client.runs.list({ agent_id, ...nulls } as unknown as RunListParams)
    expect(items).toHaveLength(5)
  })

  test.each([
    'statuses=done',
    'stop_reason=done',
    'order=ASC',
    'order_by=id',
    'active=maybe',
    'background=2',
    'limit=0',
    'limit=-1',
    'limit=1001',
    'limit=x',
    'ascending=2',
  ])('%s is 422 and named', async (query) => {
    const response = await server.request(`/v1/runs/?${query}`)
    expect(response.status).toBe(422)
    expect(await response.json()).toMatchObject({ detail: [{ loc: ['query', query.split('=')[0]] }] })
  })

  test('a page holds up to 1000 runs and 100 by default', async () => {
    const many = fresh('agent')
    await server.record(Array.from({ length: 101 }, () => ({ agent_id: many, run_id: fresh('run') })))
    expect((await client.runs.list({ agent_id: many })).items).toHaveLength(100)
    expect((await client.runs.list({ agent_id: many, limit: 1000 })).items).toHaveLength(101)
  })

  test('active runs are also at their former path', async () => {
    expect(await client.get(`/v1/runs/active?agent_id=${agent_id}`)).toMatchObject([{ id: 'filter-running' }])
  })
})

describe('the status of a run (7.1)', () => {
  test.each([
    ['completed', 'end_turn'],
    ['completed', 'max_steps'],
    ['completed', 'tool_rule'],
    ['completed', 'requires_approval'],
    ['failed', 'error'],
    ['failed', 'llm_api_error'],
    ['failed', 'invalid_llm_response'],
    ['failed', 'invalid_tool_call'],
    ['failed', 'no_tool_call'],
    ['failed', 'max_tokens_exceeded'],
    ['failed', 'insufficient_credits'],
    ['failed', 'context_window_overflow_in_system_prompt'],
    ['cancelled', 'cancelled'],
  ] as const)('is %s when the last step stopped for %s', async (status, stop_reason) => {
    expect(await runOf({ stop_reason: 'end_turn' }, { stop_reason })).toMatchObject({ status, stop_reason })
  })

  test.each([
    ['completed', 'success'],
    ['failed', 'failed'],
    ['cancelled', 'cancelled'],
  ] as const)('is %s when the last step has no stop reason and the status %s', async (status, of) => {
    expect(await runOf({ status: 'failed', stop_reason: 'error' }, { status: of })).toMatchObject({
      status,
      stop_reason: null,
    })
  })

  test('is told by the stop reason before the status', async () => {
    expect(await runOf({ status: 'failed', stop_reason: 'end_turn' })).toMatchObject({ status: 'completed' })
  })

  test('is running while any step is pending, and then there is no stop reason and no end', async () => {
    const run = await runOf({ status: 'pending' }, { status: 'success', stop_reason: 'end_turn' })
    expect(run).toMatchObject({ status: 'running', stop_reason: null, completed_at: null, total_duration_ns: null })
  })

  test('follows when the pending step ends', async () => {
    const run = await runOf({ status: 'success', stop_reason: 'end_turn' }, { status: 'pending' })
    const [last] = (await client.runs.steps.list(run.id, { limit: 1 })).items
    await client.patch(`/v1/steps/${last?.id}`, { body: { status: 'failed', stop_reason: 'error' } })
    expect(await client.runs.retrieve(run.id)).toMatchObject({ status: 'failed', stop_reason: 'error' })
  })

  test('is told by the last step in time, in whatever order they arrive', async () => {
    const [run_id, agent_id] = [fresh('run'), fresh('agent')]
    await server.record([{ run_id, agent_id, created_at: at(2), status: 'success', stop_reason: 'end_turn' }])
    await server.record([{ run_id, agent_id, created_at: at(1), status: 'failed', stop_reason: 'error' }])
    expect(await client.runs.retrieve(run_id)).toMatchObject({ status: 'completed', stop_reason: 'end_turn' })
  })
})

describe('a run', () => {
  test('has every key of the contract; what a ledger cannot know is null', async () => {
    const run_id = fresh('run')
    await server.record([
      { run_id, agent_id: 'a', created_at: at(0), status: 'success', metrics: { step_ns: 400_000_000 } },
      {
        run_id,
        agent_id: 'a',
        created_at: at(1e6),
        status: 'success',
        stop_reason: 'end_turn',
        metrics: { step_ns: 250_000_000 },
      },
    ])
    const run = await client.runs.retrieve(run_id)
    expect(run).toEqual({
      id: run_id,
      agent_id: 'a',
      status: 'completed',
      stop_reason: 'end_turn',
      created_at: at(0),
      completed_at: at(1.25e6),
      background: null,
      conversation_id: null,
      base_template_id: null,
      metadata: null,
      request_config: null,
      callback_url: null,
      callback_sent_at: null,
      callback_status_code: null,
      callback_error: null,
      ttft_ns: null,
      total_duration_ns: 1_250_000_000,
    })
    expect((await client.runs.list({ agent_id: 'a' })).items).toEqual([run])
  })

  test('begins with its earliest step, whichever arrives first', async () => {
    const run_id = fresh('run')
    await server.record(steps(1, 'late', 0, { run_id, created_at: at(5e6) }))
    await server.record(steps(1, 'late', 0, { run_id, created_at: at(0) }))
    expect(await client.runs.retrieve(run_id)).toMatchObject({ created_at: at(0), completed_at: at(5e6) })
  })

  const ODD = [
    'a/b',
    'a b',
    'ü 日本 🙂',
    '100%',
    'a%2Fb',
    'a?b#c',
    'a\\b',
    '%',
    '%25',
    'a+b',
    'a;b=c',
    'steps',
    'run/../x',
    `q'"`,
    'a:b',
    '/',
    '//',
    ' lead ',
    '0',
    'null',
    'x'.repeat(255),
    '日'.repeat(255),
  ]

  test.each(ODD)('may have any text as its id: %j', async (run_id) => {
    await server.record([{ run_id, agent_id: 'odd', messages: [{ role: 'user', content: 'Hi' }], prompt_tokens: 1 }])
    expect((await client.runs.retrieve(run_id)).id).toBe(run_id)
    expect((await client.runs.steps.list(run_id)).items).toMatchObject([{ run_id }])
    expect((await client.runs.messages.list(run_id)).items).toMatchObject([{ run_id }])
    expect(await client.runs.usage.retrieve(run_id)).toMatchObject({ prompt_tokens: 1 })
    expect(await client.runs.trace.retrieve(run_id)).toEqual([])
    const slashed = await server.request(`/v1/runs/${encodeURIComponent(run_id)}/`)
    expect(await slashed.json()).toMatchObject({ id: run_id })
  })

  test.each(['run-nowhere', 'a b/c', 'run-7e6d5c4b-3a29-4180-9f8e-7d6c5b4a3921'])(
    'that is unknown is 404: %j',
    async (id) => {
      for (const path of ['', '/steps', '/messages', '/usage', '/metrics', '/trace']) {
        const response = await server.request(`/v1/runs/${encodeURIComponent(id)}${path}`)
        expect(response.status).toBe(404)
        expect(await response.json()).toEqual({ detail: `Run with id '${id}' not found` })
      }
    },
  )

  test.each(['a%00b', 'a%0Ab', 'x'.repeat(256)])('id that no run can have is 422: %s', async (id) => {
    expect((await server.request(`/v1/runs/${id}`)).status).toBe(422)
  })

  test('is deleted with its steps, and then unknown', async () => {
    const run = await runOf({}, {})
    const other = await runOf({})
    expect(await client.delete(`/v1/runs/${run.id}`)).toBeNull()
    expect(await errorOf(client.runs.retrieve(run.id))).toMatchObject({ status: 404 })
    expect(await errorOf(client.delete(`/v1/runs/${run.id}`))).toMatchObject({ status: 404 })
    expect((await client.steps.list({ agent_id: run.agent_id })).items).toEqual([])
    expect((await client.runs.retrieve(other.id)).id).toBe(other.id)
  })
})
