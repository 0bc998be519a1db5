/** The Step object and its parts (contract, sections 3 and 8; checklist 8, 10). */
import { afterAll, describe, expect, test } from 'vitest'
import type { StepInput } from '../../src/domain/step.ts'
import { startTestServer } from '../support/server.ts'
import { clientOf, errorOf, fresh, freshStepId, type LedgerStep } from './support.ts'

const server = await startTestServer()
afterAll(() => server.close())
const client = clientOf(server)

async function recordOne(input: StepInput = {}): Promise<LedgerStep> {
  const [step] = await server.record([input])
  return step as unknown as LedgerStep
}

/** Section 3.2, word for word. */
const EXAMPLE = {
  id: 'step-3b1f0c52-7a4e-4d0b-9c1e-5f2a6b7c8d90',
  agent_id: 'agent-0d5c2f7e-1b3a-4c6d-8e9f-a0b1c2d3e4f5',
  run_id: 'run-7e6d5c4b-3a29-4180-9f8e-7d6c5b4a3921',
  job_id: 'run-7e6d5c4b-3a29-4180-9f8e-7d6c5b4a3921',
  origin: null,
  provider_id: null,
  provider_name: 'openai',
  provider_category: 'base',
  model: 'gpt-4o-mini',
  model_handle: 'openai/gpt-4o-mini',
  model_endpoint: 'https://api.openai.com/v1',
  context_window_limit: 32000,
  prompt_tokens: 1343,
  completion_tokens: 54,
  total_tokens: 1397,
  cached_input_tokens: 1024,
  cache_write_tokens: null,
  reasoning_tokens: 0,
  prompt_tokens_details: { cached_tokens: 1024 },
  completion_tokens_details: { reasoning_tokens: 0 },
  stop_reason: 'end_turn',
  status: 'success',
  error_type: null,
  error_data: null,
  tags: [],
  tid: null,
  trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
  request_id: null,
  messages: [],
  feedback: null,
  project_id: null,
} satisfies StepInput

describe('a step', () => {
  test('of the contract comes back as it was recorded, and created_at beside it', async () => {
    await recordOne(EXAMPLE)
    const step = await client.steps.retrieve(EXAMPLE.id)
    expect(step).toEqual({ ...EXAMPLE, created_at: expect.stringMatching(/^\d{4}-.*\.\d{6}(Z|\+00:00)$/) as string })
  })

  test.each(['/v1/steps', '/v1/steps/'])(
    'is recorded by POST %s (extension): 201 when new, 200 when merged',
    async (path) => {
      const [id, agent_id] = [freshStepId(), fresh('agent')]
      const post = (body: object) => client.post(path, { body }).asResponse()
      expect((await post({ id, agent_id })).status).toBe(201)
      expect((await post({ id, model: 'm' })).status).toBe(200)
      expect((await client.steps.list({ agent_id })).items).toMatchObject([{ id, model: 'm' }])
    },
  )

  test('is completed by PATCH (extension); a key that is not known is 422 and named', async () => {
    const { id } = await recordOne({ status: 'pending' })
    const body = { status: 'success', stop_reason: 'end_turn', total_tokens: 0 }
    expect(await client.patch(`/v1/steps/${id}`, { body })).toMatchObject(body)
    expect(await client.steps.retrieve(id)).toMatchObject(body)
    expect(await errorOf(client.patch(`/v1/steps/${id}`, { body: { modle: 'm' } }))).toMatchObject({
      status: 422,
      error: { detail: [{ loc: ['body', 'modle'] }] },
    })
  })

  test('that says nothing has every key, null or [] (D10), and no keys beyond the contract (D28)', async () => {
    const { id } = await recordOne()
    const { created_at: _, ...step } = (await client.steps.retrieve(id)) as LedgerStep
    const nothing = Object.fromEntries(Object.keys(EXAMPLE).map((key) => [key, null]))
    expect(step).toEqual({ ...nothing, id, tags: [], messages: [] })
    expect(id).toMatch(/^step-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  test('is the same in the list, alone, in its run and in the answer that recorded it', async () => {
    const [agent_id, run_id] = [fresh('agent'), fresh('run')]
    const step = await recordOne({ agent_id, run_id, tags: ['a'], messages: [{ role: 'user', content: 'Hi' }] })
    expect(await client.steps.retrieve(step.id)).toEqual(step)
    expect((await client.steps.list({ agent_id })).items).toEqual([step])
    expect((await client.runs.steps.list(run_id)).items).toEqual([step])
  })

  test('carries its run under both names (D36)', async () => {
    expect(await recordOne({ run_id: 'run-a' })).toMatchObject({ run_id: 'run-a', job_id: 'run-a' })
    expect(await recordOne({ job_id: 'run-b' })).toMatchObject({ run_id: 'run-b', job_id: 'run-b' })
  })

  test('keeps zero apart from not reported (D29)', async () => {
    const zeros = {
      prompt_tokens: 0,
      completion_tokens: 0,
      total_tokens: 0,
      cached_input_tokens: 0,
      cache_write_tokens: 0,
      reasoning_tokens: 0,
      context_window_limit: 0,
    }
    expect(await client.steps.retrieve((await recordOne(zeros)).id)).toMatchObject(zeros)
  })

  test('keeps origin, tid, tags, provider_id, request_id and project_id (D30)', async () => {
    const given = {
      origin: 'cli',
      tid: 't-1',
      tags: ['x', 'y'],
      provider_id: 'provider-1',
      request_id: 'r',
      project_id: 'p',
    }
    expect(await client.steps.retrieve((await recordOne(given)).id)).toMatchObject(given)
  })

  test('keeps its error', async () => {
    const error_data = { message: 'no', traceback: 'line 1\nline 2', details: { code: 429, nested: [null, true] } }
    const given = { status: 'failed', stop_reason: 'llm_api_error', error_type: 'RateLimitError', error_data } as const
    expect(await client.steps.retrieve((await recordOne(given)).id)).toMatchObject(given)
  })

  test.each([
    'end_turn',
    'max_steps',
    'tool_rule',
    'requires_approval',
    'error',
    'llm_api_error',
    'invalid_llm_response',
    'invalid_tool_call',
    'no_tool_call',
    'max_tokens_exceeded',
    'insufficient_credits',
    'context_window_overflow_in_system_prompt',
    'cancelled',
  ] as const)('may stop for %s', async (stop_reason) => {
    expect((await recordOne({ stop_reason })).stop_reason).toBe(stop_reason)
  })

  test('is created at a time that is never null and keeps its microseconds (D7)', async () => {
    expect(Date.parse((await recordOne({ created_at: null })).created_at)).toBeGreaterThan(Date.parse('2026-01-01'))
    expect((await recordOne({ created_at: '2026-01-29T15:01:19.123456-08:00' })).created_at).toBe(
      '2026-01-29T23:01:19.123456Z',
    )
  })

  test('holds its internal messages, chronological, with every key that was recorded (D9)', async () => {
    const messages = [
      {
        role: 'user',
        content: [{ type: 'text', text: 'Hi' }],
        name: 'Sarah',
        otid: 'o-1',
        created_at: '2026-01-29T15:00:01Z',
      },
      { role: 'system', content: 'Be kind.', created_at: '2026-01-29T15:00:00Z' },
      {
        role: 'assistant',
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'find', arguments: '{"a": 1}' } }],
        created_at: '2026-01-29T15:00:02Z',
      },
    ] as const
    const step = await recordOne({ agent_id: 'agent-m', run_id: 'run-m', messages: structuredClone(messages) as never })
    const { messages: found = [] } = await client.steps.retrieve(step.id)
    expect(found.map(({ role }) => role)).toEqual(['system', 'user', 'assistant'])
    expect(found[0]).toMatchObject({
      content: [{ type: 'text', text: 'Be kind.' }],
      step_id: step.id,
      run_id: 'run-m',
      agent_id: 'agent-m',
    })
    expect(found[1]).toMatchObject({
      ...messages[0],
      created_at: expect.stringContaining('2026-01-29T15:00:01') as string,
    })
    expect(found[2]).toMatchObject({ tool_calls: messages[2].tool_calls })
    expect(new Set(found.map(({ id }) => id)).size).toBe(3)
  })
})

describe('every kind of content part', () => {
  const PARTS = [
    { type: 'text', text: 'a', signature: 's' },
    { type: 'image', source: { type: 'url', url: 'https://example.org/a.png' } },
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=', detail: 'low' } },
    {
      type: 'image',
      source: { type: 'letta', file_id: 'file-1', media_type: 'image/png', data: 'aGk=', detail: 'auto' },
    },
    { type: 'tool_call', id: 'c1', name: 'find', input: { q: ['a', 1, null] }, signature: 's' },
    { type: 'tool_return', tool_call_id: 'c1', content: 'x', is_error: false },
    { type: 'reasoning', is_native: true, reasoning: 'r', signature: 's' },
    { type: 'redacted_reasoning', data: 'd' },
    { type: 'omitted_reasoning', signature: 's' },
    { type: 'summarized_reasoning', id: 'rs', summary: [{ index: 0, text: 't' }], encrypted_content: 'e' },
  ] as const

  test.each(PARTS)('%j comes back in Step.messages', async (part) => {
    const step = await recordOne({ messages: [{ role: 'assistant', content: [part as never] }] })
    expect((await client.steps.retrieve(step.id)).messages?.[0]?.content).toEqual([part])
  })
})

describe('an id of a step', () => {
  test('that is unknown is 404 and the answer names nothing but it (D26)', async () => {
    const id = freshStepId()
    for (const path of ['', '/metrics', '/trace', '/messages']) {
      const response = await server.request(`/v1/steps/${id}${path}`)
      expect(response.status).toBe(404)
      expect(await response.json()).toEqual({ detail: `Step with id '${id}' not found` })
    }
  })

  test.each([
    'foo',
    'step-1',
    'run-3b1f0c52-7a4e-4d0b-9c1e-5f2a6b7c8d90',
    'step-3B1F0C52-7A4E-4D0B-9C1E-5F2A6B7C8D90',
    'step-3b1f0c52-7a4e-4d0b-9c1e-5f2a6b7c8d9',
    '%20',
  ])('that is malformed is 422: %s', async (id) => {
    for (const path of ['', '/metrics', '/trace', '/messages']) {
      const response = await server.request(`/v1/steps/${id}${path}`)
      expect(response.status).toBe(422)
      expect(await response.json()).toMatchObject({ detail: [{ loc: ['path', 'step_id'] }] })
    }
  })
})

describe('metrics', () => {
  const NS = {
    step_start_ns: '1769012345678901234',
    llm_request_start_ns: '1769012345678901235',
    llm_request_ns: '9007199254740993',
    tool_execution_ns: '0',
    step_ns: '9223372036854775807',
  }

  test('keep every digit of their nanoseconds, unquoted (D14)', async () => {
    const id = freshStepId()
    const numbers = Object.entries(NS)
      .map(([key, digits]) => `"${key}":${digits}`)
      .join(',')
    const body = `{"id":"${id}","metrics":{${numbers}}}`
    const response = await server.request('/v1/steps/', {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/json' },
    })
    expect(response.status).toBe(201)
    const text = await (await server.request(`/v1/steps/${id}/metrics`)).text()
    for (const [key, digits] of Object.entries(NS)) expect(text).toMatch(new RegExp(`"${key}":\\s?${digits}[,}]`))
  })

  test('have every key of the contract, context included, and read as numbers in the SDK', async () => {
    const given = {
      agent_id: 'a',
      run_id: 'r',
      provider_id: 'provider-1',
      project_id: 'p',
      metrics: { step_ns: 5, template_id: 'tpl' },
    }
    const { id } = await recordOne(given)
    expect(await client.steps.metrics.retrieve(id)).toEqual({
      id,
      agent_id: 'a',
      run_id: 'r',
      provider_id: 'provider-1',
      project_id: 'p',
      template_id: 'tpl',
      base_template_id: null,
      step_start_ns: null,
      llm_request_start_ns: null,
      llm_request_ns: null,
      tool_execution_ns: null,
      step_ns: 5,
    })
  })

  test('that were never recorded are 404', async () => {
    expect(await errorOf(client.steps.metrics.retrieve((await recordOne()).id))).toMatchObject({ status: 404 })
  })
})

describe('the trace', () => {
  const trace = (call_type: string | null, n: number, created_at?: string) => ({
    call_type,
    request_json: { n },
    response_json: { n },
    ...(created_at && { created_at }),
  })

  test('that was never recorded is null with 200, unlike that of an unknown step', async () => {
    const { id } = await recordOne()
    const response = await server.request(`/v1/steps/${id}/trace`)
    expect(response.headers.get('content-type')).toContain('application/json')
    expect(await response.text()).toBe('null')
    expect(await client.steps.trace.retrieve(id)).toBeNull()
  })

  test('of several is the latest agent_step (D13)', async () => {
    const { id } = await recordOne({
      provider_trace: [
        trace('agent_step', 1),
        trace('summarization', 2),
        trace('agent_step', 3),
        trace('tool_generation', 4),
      ],
    })
    expect(await client.steps.trace.retrieve(id)).toMatchObject({ call_type: 'agent_step', request_json: { n: 3 } })
  })

  test('of several without an agent_step is the latest', async () => {
    const { id } = await recordOne({ provider_trace: [trace('summarization', 1), trace(null, 2)] })
    expect(await client.steps.trace.retrieve(id)).toMatchObject({ request_json: { n: 2 } })
  })

  test('is chosen by time and not by the order of arrival', async () => {
    const late = trace('agent_step', 1, '2026-01-29T10:00:00.000002Z')
    const early = trace('agent_step', 2, '2026-01-29T10:00:00.000001Z')
    const { id } = await recordOne({ provider_trace: [late, early] })
    expect(await client.steps.trace.retrieve(id)).toMatchObject({ request_json: { n: 1 } })
  })

  test('of a failed attempt survives the record that completes the step', async () => {
    const id = freshStepId()
    await server.record([{ id, status: 'pending', provider_trace: trace('agent_step', 1, '2026-01-29T10:00:00Z') }])
    await server.record([{ id, status: 'success', provider_trace: trace('summarization', 2, '2026-01-29T10:00:01Z') }])
    expect(await client.steps.trace.retrieve(id)).toMatchObject({ request_json: { n: 1 } })
  })

  test('has every key of the contract and no others (D28)', async () => {
    const provider_trace = {
      request_json: { model: 'm', messages: [{ role: 'user', content: 'Hi' }], n: 1.5 },
      response_json: { error: 'no', error_type: 'Timeout' },
      call_type: 'agent_step',
      source: 'mine',
      latency_ms: 0,
      agent_tags: ['x'],
      created_at: '2026-01-29T10:00:00.000001Z',
      llm_config: { temperature: 0.1 },
      compaction_settings: { mode: 'all' },
      billing_context: { plan_type: 'free' },
    }
    const { id } = await recordOne({ agent_id: 'a', run_id: 'r', provider_trace })
    expect(await client.steps.trace.retrieve(id)).toEqual({
      ...provider_trace,
      id: expect.stringMatching(/^provider_trace-[0-9a-f-]{36}$/) as string,
      step_id: id,
      agent_id: 'a',
      run_id: 'r',
      org_id: null,
      updated_at: null,
      created_by_id: null,
      last_updated_by_id: null,
    })
  })

  test('keeps every digit of its numbers', async () => {
    const id = freshStepId()
    const request = '{"seed":12345678901234567890,"top_p":0.10}'
    const body = `{"id":"${id}","provider_trace":{"request_json":${request},"response_json":{}}}`
    await server.request('/v1/steps/', { method: 'POST', body, headers: { 'Content-Type': 'application/json' } })
    expect(await (await server.request(`/v1/steps/${id}/trace`)).text()).toMatch(/"seed":\s?12345678901234567890\b/)
  })

  test('is also at its former path', async () => {
    const { id } = await recordOne({ provider_trace: trace('agent_step', 1) })
    expect(await client.get(`/v1/telemetry/${id}`)).toEqual(await client.steps.trace.retrieve(id))
  })
})

describe('the transaction id', () => {
  test('is set, may be set again, and is any text (D12)', async () => {
    const { id } = await recordOne()
    for (const tid of ['t-1', 't-1', 'a b/ü%2F']) {
      const path = `/v1/steps/${id}/transaction/${encodeURIComponent(tid)}`
      expect(await client.patch(path)).toMatchObject({ id, tid })
      expect((await client.steps.retrieve(id)).tid).toBe(tid)
    }
    expect(await errorOf(client.patch(`/v1/steps/${freshStepId()}/transaction/t`))).toMatchObject({ status: 404 })
    expect(await errorOf(client.patch('/v1/steps/foo/transaction/t'))).toMatchObject({ status: 422 })
  })
})
