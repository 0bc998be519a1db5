/** Spellings of the formats that the shipped recordings do not have: other versions, failures, missing fields. */
import { strToU8, zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import type { StepInput } from '../../src/domain/step.ts'
import { fileWith, read } from './support.ts'

const trace = (
  step: StepInput | undefined,
): { request_json: Record<string, unknown>; response_json: Record<string, unknown> } => {
  const traces = step?.provider_trace
  return (Array.isArray(traces) ? traces.at(-1) : traces) as never
}
const roles = (step: StepInput | undefined): string[] => (step?.messages ?? []).map((message) => message.role)

describe('tau2-bench', () => {
  const usage = { prompt_tokens: 10, completion_tokens: 2 }
  const simulation = {
    id: 'sim-1',
    task_id: 'long|'.repeat(80),
    trial: 0,
    start_time: '2025-08-01T16:00:00',
    termination_reason: 'max_steps',
    reward_info: { reward: 0.5 },
    messages: [
      { role: 'assistant', content: 'Hi!', usage: null, raw_data: null, timestamp: '2025-08-01T16:00:01.000001' },
      { role: 'user', content: 'My phone', usage, timestamp: '2025-08-01T16:00:02' },
      {
        role: 'assistant',
        content: 'Look at it',
        usage: { ...usage, prompt_tokens_details: { cached_tokens: 4 } },
        raw_data: { finish_reason: 'length', message: { reasoning_content: 'hm' } },
        errors: ['Invalid message format. …'],
        timestamp: '2025-08-01T16:00:03',
      },
      {
        role: 'user',
        content: null,
        usage,
        tool_calls: [{ id: 'u1', name: 'look', arguments: { at: 1 }, requestor: 'user' }],
      },
      { role: 'tool', id: 'u1', content: '{"status": "OK", "message": "bright"}', requestor: 'user', error: true },
      { role: 'user', content: 'It is bright', usage },
    ],
  }
  const info = {
    agent_info: { implementation: 'llm_agent', llm: 'openai/gpt-4.1', llm_args: { temperature: 0 } },
    user_info: { implementation: 'user_simulator', llm: 'gpt-4.1-mini' },
    environment_info: { domain_name: 'telecom', policy: '…' },
  }

  test('the customer with tools is an agent of its own', async () => {
    const { format, steps } = await read(fileWith('r.json', { info, tasks: [], simulations: [simulation, simulation] }))
    expect(format).toBe('tau2-bench')
    expect(steps.map((step) => [step.run_id, step.agent_id, step.model])).toEqual([
      ['sim-1', 'llm_agent', 'openai/gpt-4.1'],
      ...[1, 2, 3].map(() => ['sim-1:user', 'user_simulator', 'gpt-4.1-mini']),
      ['sim-1#2', 'llm_agent', 'openai/gpt-4.1'],
      ...[1, 2, 3].map(() => ['sim-1#2:user', 'user_simulator', 'gpt-4.1-mini']),
    ])
    const [agent, , asking, last] = steps
    expect(agent).toMatchObject({
      stop_reason: 'max_steps',
      cached_input_tokens: 4,
      total_tokens: 12,
      trace_id: 'sim-1',
      provider_name: 'openai',
    })
    expect(agent?.tags).toContain('reward:0.5')
    expect(agent?.tags?.find((each) => each.startsWith('task:'))?.length).toBe(255)
    expect(roles(agent)).toEqual(['assistant', 'user', 'assistant'])
    expect(agent?.provider_trace).toHaveLength(2)
    expect(trace(agent).request_json).toEqual({
      model: 'openai/gpt-4.1',
      temperature: 0,
      messages: [
        { role: 'system', content: '…' },
        { role: 'assistant', content: 'Hi!' },
        { role: 'user', content: 'My phone' },
      ],
    })
    expect(roles(asking)).toEqual(['user', 'assistant', 'tool'])
    expect(asking?.messages?.[2]?.tool_returns?.[0]).toMatchObject({ status: 'error', tool_call_id: 'u1' })
    expect(last?.created_at).toBe('2025-08-01T16:00:02.000002Z')
  })

  test('one simulation alone, without info, knows no model and no agent', async () => {
    const { steps } = await read(fileWith('sim.json', simulation))
    expect(steps).toHaveLength(4)
    expect(steps[0]).toMatchObject({ model: null, agent_id: null })
  })
})

describe('mini-swe-agent', () => {
  const answer = (id: string, usage: object): object => ({
    id,
    model: 'claude-x',
    choices: [{ finish_reason: 'stop' }],
    usage,
  })

  test('the first version: observations are user messages, times are missing', async () => {
    const { steps } = await read(
      fileWith('v1.json', {
        info: {
          exit_status: 'LimitsExceeded',
          submission: '',
          model_stats: { api_calls: 2 },
          mini_version: '1.9',
          config: { model: { model_name: 'anthropic/claude-x' } },
        },
        messages: [
          { role: 'system', content: 's' },
          { role: 'user', content: 'task' },
          {
            role: 'assistant',
            content: '```bash\nls\n```',
            extra: {
              response: answer('r1', {
                prompt_tokens: 5,
                completion_tokens: 1,
                total_tokens: 6,
                cache_read_input_tokens: 100,
                cache_creation_input_tokens: 20,
              }),
            },
          },
          { role: 'user', content: [{ type: 'text', text: '<returncode>0</returncode>' }] },
          { role: 'assistant', content: 'done' },
        ],
        trajectory_format: 'mini-swe-agent-1',
      }),
    )
    expect(steps.map(roles)).toEqual([
      ['system', 'user', 'assistant'],
      ['user', 'assistant'],
    ])
    expect(steps[0]).toMatchObject({
      prompt_tokens: 125,
      cached_input_tokens: 100,
      cache_write_tokens: 20,
      total_tokens: 126,
      model: 'claude-x',
    })
    expect(steps[1]).toMatchObject({ model: 'claude-x', stop_reason: 'max_steps' })
    expect(steps[1]?.prompt_tokens).toBeUndefined()
    expect(steps[0]?.created_at).toBeUndefined()
  })

  test('the Responses API, and an end by an exception', async () => {
    const { steps } = await read(
      fileWith('r.traj.json', {
        info: { exit_status: 'RateLimitError', model_stats: { api_calls: 2 } },
        instance_id: 'x__y-1',
        messages: [
          { role: 'user', content: 'task' },
          {
            object: 'response',
            model: 'gpt-5',
            usage: {
              input_tokens: 50,
              input_tokens_details: { cached_tokens: 40 },
              output_tokens: 5,
              output_tokens_details: { reasoning_tokens: 3 },
            },
            output: [
              { type: 'reasoning', summary: [{ type: 'summary_text', text: 'thinking' }] },
              { type: 'message', content: [{ type: 'output_text', text: 'ok' }] },
              { type: 'function_call', call_id: 'c1', name: 'bash', arguments: '{"command": "ls' },
            ],
            extra: { timestamp: 1776075647.5 },
          },
          {
            type: 'function_call_output',
            call_id: 'c1',
            output: 'timeout',
            extra: { returncode: -1, exception_info: 'TimeoutExpired', raw_output: 'part' },
          },
          { role: 'exit', content: '', extra: { exit_status: 'RateLimitError' } },
        ],
      }),
    )
    expect(steps).toHaveLength(1)
    expect(steps[0]).toMatchObject({
      model: 'gpt-5',
      prompt_tokens: 50,
      reasoning_tokens: 3,
      status: 'success',
      stop_reason: 'error',
      tags: ['task:x__y-1', 'exit:RateLimitError'],
    })
    expect(steps[0]?.messages?.[1]?.tool_calls?.[0]?.function.arguments).toBe('{"command": "ls')
    expect(steps[0]?.messages?.[2]?.tool_returns).toEqual([
      { status: 'error', func_response: 'timeout', stdout: ['part'], tool_call_id: 'c1' },
    ])
  })

  test('a run aborted before any answer has no step', async () => {
    const { steps } = await read(
      fileWith('a.traj.json', { info: { exit_status: 'BadRequestError' }, messages: [{ role: 'user', content: 'x' }] }),
    )
    expect(steps).toEqual([])
  })
})

describe('letta-evals', () => {
  const message = (type: string, fields: object): object => ({
    message_type: type,
    date: '2025-09-11 01:07:36+00:00',
    run_id: null,
    ...fields,
  })
  const id = (n: number): string => `message-00000000-0000-4000-8000-00000000000${n}`
  const stepId = 'step-00000000-0000-4000-8000-000000000001'

  test('parallel calls, approvals, hidden reasoning, stop reasons; tokens of a turn with one step', async () => {
    const turn = [
      message('user_message', { id: id(1), step_id: null, content: [{ type: 'text', text: 'hi' }] }),
      message('hidden_reasoning_message', { id: id(2), step_id: stepId, state: 'redacted', hidden_reasoning: 'xx' }),
      message('approval_request_message', {
        id: id(2),
        step_id: stepId,
        tool_calls: [
          { name: 'a', arguments: '{', tool_call_id: 'c1' },
          { name: 'b', arguments: '{}', tool_call_id: 'c2' },
        ],
      }),
      message('tool_return_message', {
        id: id(3),
        step_id: stepId,
        tool_returns: [
          { tool_return: 'no', status: 'error', tool_call_id: 'c1', stderr: ['e'] },
          { tool_return: 'yes', status: 'success', tool_call_id: 'c2' },
        ],
      }),
      message('stop_reason', { stop_reason: 'max_steps' }),
      message('usage_statistics', {}),
    ]
    const line = {
      sample_id: 4,
      agent_id: 'agent-x',
      trajectory: [turn],
      grades: { g: { score: 1 } },
      usage: { prompt_tokens: 7, completion_tokens: 3 },
      error: { category: 'x', exception_type: 'TimeoutError', message: 'm' },
    }
    const { format, steps } = await read(fileWith('model.jsonl', JSON.stringify(line)))
    expect(format).toBe('letta-evals')
    expect(steps).toHaveLength(1)
    expect(steps[0]).toMatchObject({
      id: stepId,
      stop_reason: 'max_steps',
      prompt_tokens: 7,
      model: null,
      tags: ['task:4', 'grade.g:1', 'error:TimeoutError'],
    })
    expect(steps[0]?.run_id).toMatch(/^run-/)
    expect(steps[0]?.messages?.map((each) => [each.id, each.role])).toEqual([
      [id(1), 'user'],
      [id(2), 'approval'],
      [id(3), 'tool'],
    ])
    expect(steps[0]?.messages?.[1]?.tool_calls).toHaveLength(2)
    expect(steps[0]?.messages?.[1]?.content).toEqual([{ type: 'redacted_reasoning', data: 'xx' }])
    expect(steps[0]?.messages?.[2]?.tool_returns?.map((each) => each.status)).toEqual(['error', 'success'])
  })

  test('without step ids a new message id begins a step; a result told twice is one', async () => {
    const turn = [
      message('user_message', { id: id(1), content: 'hi' }),
      message('reasoning_message', { id: id(2), reasoning: 'r', source: 'reasoner_model' }),
      message('tool_call_message', { id: id(2), tool_call: { name: 'a', arguments: '{}', tool_call_id: 'c1' } }),
      message('tool_return_message', { id: id(3), tool_return: 'x', status: 'success', tool_call_id: 'c1' }),
      message('assistant_message', { id: id(4), content: 'done' }),
    ]
    const result = {
      sample: { id: 1, input: 'hi' },
      agent_id: 'agent-x',
      model_name: 'gpt-5',
      trajectory: [turn],
      grade: { score: 0.5 },
    }
    const { steps } = await read(
      fileWith('results.json', { suite: 's', config: { target: {} }, results: [result, result] }),
    )
    expect(steps.map(roles)).toEqual([
      ['user', 'assistant', 'tool'],
      ['assistant'],
      ['user', 'assistant', 'tool'],
      ['assistant'],
    ])
    expect(new Set(steps.map((step) => step.id)).size).toBe(2)
    expect(steps.slice(2)).toEqual(steps.slice(0, 2))
    expect(steps[1]?.created_at).toBe('2025-09-11T01:07:36.000001Z')
  })
})

describe('letta-agent-file', () => {
  test('the newer form: several agents, counted ids, tool returns', async () => {
    const agent = (name: string): object => ({
      id: 'agent-0',
      name,
      tags: ['origin:letta-chat'],
      llm_config: {
        model: 'm',
        handle: 'p/m',
        context_window: 9,
        model_endpoint_type: 'p',
        model_endpoint: 'https://p',
      },
      messages: [
        { id: 'message-0', role: 'system', content: [{ type: 'text', text: 's' }], created_at: '2026-01-01T00:00:00Z' },
        {
          id: 'message-1',
          role: 'assistant',
          model: 'm',
          content: [
            { type: 'reasoning', is_native: true, reasoning: 'r', signature: 'x' },
            { type: 'text', text: 't' },
          ],
          tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
          created_at: '2026-01-01T00:00:01Z',
        },
        {
          id: 'message-2',
          role: 'tool',
          tool_call_id: 'c',
          content: [],
          tool_returns: [{ status: 'error', func_response: 'bad', stdout: null, stderr: ['e'] }],
          created_at: '2026-01-01T00:00:01Z',
        },
        {
          id: 'message-3',
          role: 'assistant',
          model: 'older',
          content: [{ type: 'text', text: 'x' }],
          created_at: '2026-01-01T00:00:02Z',
        },
      ],
    })
    const { steps } = await read(fileWith('two.af', { agents: [agent('One'), agent('Two')], groups: [], tools: [] }))
    expect(steps.map((step) => [step.agent_id, step.model, step.model_handle ?? null])).toEqual([
      ['One', 'm', 'p/m'],
      ['One', 'older', null],
      ['Two', 'm', 'p/m'],
      ['Two', 'older', null],
    ])
    expect(new Set(steps.map((step) => step.id)).size).toBe(4)
    expect(steps[0]).toMatchObject({ context_window_limit: 9, tags: ['origin:letta-chat'] })
    expect(roles(steps[0])).toEqual(['system', 'assistant', 'tool'])
    expect(steps[0]?.messages?.[2]?.tool_returns).toEqual([{ status: 'error', func_response: 'bad', stderr: ['e'] }])
  })
})

describe('inspect', () => {
  const evaluation = {
    run_id: 'r',
    task_id: 't',
    task: 'browser',
    created: '2025-05-12T20:27:36-04:00',
    model: 'anthropic/claude',
  }
  const user = { role: 'user', content: 'go' }
  const call = { id: 'c1', function: 'web', arguments: { url: 'x' } }
  const output = (message: object, usage: object): object => ({
    model: 'm',
    choices: [{ message: { role: 'assistant', ...message }, stop_reason: 'stop' }],
    usage,
  })
  const model = (fields: object): object => ({
    event: 'model',
    model: 'anthropic/claude',
    tools: [],
    tool_choice: 'auto',
    config: {},
    input: [user],
    ...fields,
  })
  const asked = {
    content: [
      { type: 'reasoning', reasoning: 'why', signature: 's' },
      { type: 'text', text: 'attachment://a1' },
    ],
    tool_calls: [call],
  }
  const sample = {
    id: 'q',
    epoch: 2,
    uuid: 'uuid-1',
    scores: { match: { value: 'C' }, all: { value: { a: 1 } } },
    attachments: { a1: 'long text' },
    events: [
      { event: 'span_begin', id: 's1', type: 'scorer', name: 'judge' },
      model({
        timestamp: '2025-05-12T20:28:00-04:00',
        completed: '2025-05-12T20:28:02-04:00',
        working_time: 1.5,
        output: output(asked, {
          input_tokens: 10,
          output_tokens: 5,
          total_tokens: 115,
          input_tokens_cache_read: 90,
          input_tokens_cache_write: 10,
          reasoning_tokens: 2,
        }),
      }),
      {
        event: 'tool',
        ...call,
        timestamp: '2025-05-12T20:28:03-04:00',
        completed: '2025-05-12T20:28:04-04:00',
        working_time: 1,
        result: '',
        error: { type: 'timeout', message: 'too slow' },
        events: [
          model({
            timestamp: '2025-05-12T20:28:03.5-04:00',
            output: output({ content: 'inner' }, { input_tokens: 1, output_tokens: 1, total_tokens: 2 }),
          }),
        ],
      },
      model({
        timestamp: '2025-05-12T20:28:05-04:00',
        span_id: 's1',
        role: 'grader',
        input: [],
        input_refs: [[0, 2]],
        output: { choices: [] },
        error: "BadRequestError('Error code: 400')",
        traceback: 'Traceback …',
        call: {
          request: { model: 'claude', max_tokens: 5 },
          response: null,
          call_refs: [[0, 1]],
          call_key: 'messages',
        },
      }),
      model({ timestamp: '2025-05-12T20:28:06-04:00', pending: true, output: { choices: [] } }),
    ],
    events_data: {
      messages: [user, { role: 'assistant', ...asked }],
      calls: [{ role: 'user', content: 'attachment://a1' }],
    },
  }

  test('tools, sub-events, errors, pools, epochs, unfinished calls', async () => {
    const { steps } = await read(
      fileWith('log.json', { version: 2, status: 'cancelled', eval: evaluation, samples: [sample] }),
    )
    expect(steps.map((step) => [step.status, step.stop_reason ?? null])).toEqual([
      ['success', 'end_turn'],
      ['success', 'end_turn'],
      ['failed', 'llm_api_error'],
      ['cancelled', 'cancelled'],
    ])
    const [first, inner, failed] = steps
    expect(first).toMatchObject({
      run_id: 'uuid-1',
      agent_id: 'browser',
      prompt_tokens: 110,
      completion_tokens: 5,
      total_tokens: 115,
      cached_input_tokens: 90,
      cache_write_tokens: 10,
      reasoning_tokens: 2,
      provider_name: 'anthropic',
      tags: ['task:q', 'epoch:2', 'score:match=C'],
    })
    expect(first?.metrics).toEqual({
      step_start_ns: '1747096080000000000',
      llm_request_start_ns: '1747096080000000000',
      llm_request_ns: '1500000000',
      tool_execution_ns: '1000000000',
      step_ns: '4000000000',
    })
    expect(roles(first)).toEqual(['user', 'assistant', 'tool'])
    expect(first?.messages?.[1]?.content).toEqual([
      { type: 'reasoning', is_native: true, reasoning: 'why', signature: 's' },
      { type: 'text', text: 'long text' },
    ])
    expect(first?.messages?.[2]?.tool_returns).toEqual([
      { status: 'error', func_response: 'too slow', tool_call_id: 'c1' },
    ])
    expect(roles(inner)).toEqual(['assistant'])
    expect(failed).toMatchObject({ error_type: 'BadRequestError', error_data: { traceback: 'Traceback …' } })
    expect(failed?.tags).toEqual(expect.arrayContaining(['role:grader', 'scorer:judge']))
    expect(failed?.messages).toEqual([])
    expect(trace(failed)).toMatchObject({
      request_json: { max_tokens: 5, messages: [{ role: 'user', content: 'long text' }] },
      response_json: { error: "BadRequestError('Error code: 400')", error_type: 'BadRequestError' },
    })
  })

  test('an archive with a journal only is a cancelled evaluation; its samples have the ids of the JSON log', async () => {
    const zip = zipSync({
      '_journal/start.json': strToU8(JSON.stringify({ version: 2, eval: evaluation, plan: {} })),
      'samples/q_epoch_2.json': strToU8(JSON.stringify(sample)),
    })
    const { steps } = await read(fileWith('log.eval', zip))
    const { steps: json } = await read(
      fileWith('log.json', { version: 2, status: 'cancelled', eval: evaluation, samples: [sample] }),
    )
    expect(steps).toEqual(json)
  })

  test('OpenAI usage that includes cached tokens stays as it is; old content references and transcripts', async () => {
    const old = {
      id: 1,
      epoch: 1,
      transcript: {
        content: { c1: 'text from before' },
        events: [
          model({
            model: 'openai/gpt',
            timestamp: '2024-05-01T00:00:00+00:00',
            output: output(
              { content: 'tc://c1' },
              { input_tokens: 100, output_tokens: 5, total_tokens: 105, input_tokens_cache_read: 90 },
            ),
          }),
        ],
      },
    }
    const { steps } = await read(fileWith('log.json', { version: 1, eval: evaluation, samples: [old] }))
    expect(steps[0]).toMatchObject({
      prompt_tokens: 100,
      cached_input_tokens: 90,
      run_id: expect.stringMatching(/^run-/) as string,
    })
    expect(steps[0]?.messages?.[1]?.content).toEqual([{ type: 'text', text: 'text from before' }])
  })

  test('a log without samples has no steps', async () => {
    expect(
      (await read(fileWith('log.json', { version: 2, status: 'error', eval: evaluation, plan: {} }))).steps,
    ).toEqual([])
  })
})
