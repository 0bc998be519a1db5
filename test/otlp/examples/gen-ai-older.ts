/** GenAI conventions up to 1.36 (mapping, section 12.2), and two instrumentations of one call (section 4). */
import { event, exception, json, log, span, spanId, spans, TRACE, ns, type Example } from './example.ts'

const chat = { 'gen_ai.operation.name': 'chat', 'gen_ai.system': 'openai', 'gen_ai.request.model': 'gpt-4o' }

export const genAiOlder: Example[] = [
  {
    name: 'GenAI up to 1.26: prompt_tokens, gen_ai.prompt, gen_ai.completion',
    requests: spans(
      span('call', 'chat gpt-4o', {
        ...chat,
        'gen_ai.usage.prompt_tokens': 12,
        'gen_ai.usage.completion_tokens': '4',
        'gen_ai.prompt': json([
          { role: 'system', content: 'Be short.' },
          { role: 'user', content: 'Hi' },
        ]),
        'gen_ai.completion': json([{ role: 'assistant', content: 'Hello.' }]),
        'gen_ai.response.finish_reasons': 'stop',
      }),
    ),
    steps: [
      {
        span: 'call',
        fields: {
          prompt_tokens: 12,
          completion_tokens: 4,
          total_tokens: 16,
          stop_reason: 'end_turn',
          model_handle: 'openai/gpt-4o',
        },
        asked: ['system: Be short.', 'user: Hi'],
        answered: ['assistant: Hello.'],
      },
    ],
  },
  {
    name: 'GenAI up to 1.26: content as span events',
    requests: spans(
      span('call', 'chat gpt-4o', chat, {
        events: [
          event('gen_ai.content.prompt', { 'gen_ai.prompt': json([{ role: 'user', content: 'Hi' }]) }),
          event('gen_ai.content.completion', { 'gen_ai.completion': json([{ role: 'assistant', content: 'Hello.' }]) }),
        ],
      }),
    ),
    steps: [
      {
        span: 'call',
        fields: { stop_reason: 'end_turn', prompt_tokens: null },
        asked: ['user: Hi'],
        answered: ['assistant: Hello.'],
      },
    ],
  },
  {
    name: 'GenAI up to 1.36: span events with JSON text in attributes',
    requests: spans(
      span(
        'call',
        'chat gpt-4o',
        { ...chat, 'gen_ai.usage.input_tokens': 30, 'gen_ai.usage.output_tokens': 5 },
        {
          events: [
            event('gen_ai.system.message', { content: 'Count.' }),
            event('gen_ai.user.message', { content: json([{ type: 'text', text: 'How many?' }]) }),
            event('gen_ai.assistant.message', {
              tool_calls: json([
                { id: 'c1', type: 'function', function: { name: 'count', arguments: '{"of":"eggs"}' } },
              ]),
            }),
            event('gen_ai.tool.message', { id: 'c1', content: '12' }),
            event('gen_ai.choice', {
              index: 0,
              finish_reason: 'stop',
              message: json({ role: 'assistant', content: 'Twelve.' }),
            }),
          ],
        },
      ),
    ),
    steps: [
      {
        span: 'call',
        fields: { stop_reason: 'end_turn', prompt_tokens: 30 },
        asked: ['system: Count.', 'user: How many?', 'assistant: call c1 count {"of":"eggs"}', 'tool: return c1 12'],
        answered: ['assistant: Twelve.'],
      },
    ],
  },
  {
    name: 'a history stamped with one moment keeps its order',
    isOrderedByArrival: true,
    requests: [
      {
        spans: [span('call', 'chat gpt-4o', chat)],
        logs: (
          [
            ['gen_ai.system.message', { content: 'Be kind.' }],
            ['gen_ai.user.message', { content: 'Zebra?' }],
            ['gen_ai.assistant.message', { content: 'Yes.' }],
            ['gen_ai.user.message', { content: 'Ant?' }],
          ] as const
        ).map(([name, body]) => log(name, {}, { body, traceId: TRACE, spanId: spanId('call') })),
      },
    ],
    steps: [{ span: 'call', fields: {}, asked: ['system: Be kind.', 'user: Zebra?', 'assistant: Yes.', 'user: Ant?'] }],
  },
  {
    name: 'two instrumentations of one call are one step; attempts inside are not summed',
    requests: spans(
      span(
        'agent',
        'invoke_agent planner',
        { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'planner' },
        { ms: 100 },
      ),
      span(
        'outer',
        'ai.generateText.doGenerate',
        {
          'ai.operationId': 'ai.generateText.doGenerate',
          'ai.model.id': 'claude-sonnet-4-5',
          'ai.model.provider': 'anthropic.messages',
          'ai.prompt.messages': json([{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }]),
          'ai.response.text': 'Hello.',
          'ai.response.finishReason': 'stop',
        },
        { parent: 'agent', at: 1, ms: 90 },
      ),
      span('middle', 'retry', {}, { parent: 'outer', at: 2, ms: 80 }),
      span(
        'first',
        'anthropic.messages.create',
        {
          'gen_ai.operation.name': 'chat',
          'gen_ai.provider.name': 'anthropic',
          'gen_ai.request.model': 'claude-sonnet-4-5',
          'http.response.status_code': 529,
          'error.type': 'overloaded_error',
          'gen_ai.usage.input_tokens': 999,
        },
        { parent: 'middle', at: 3, ms: 10, status: { code: 2 } },
      ),
      span(
        'second',
        'anthropic.messages.create',
        {
          'gen_ai.operation.name': 'chat',
          'gen_ai.provider.name': 'anthropic',
          'gen_ai.request.model': 'claude-sonnet-4-5',
          'gen_ai.response.id': 'msg_1',
          'gen_ai.response.model': 'claude-sonnet-4-5-20250929',
          'gen_ai.usage.input_tokens': 110,
          'gen_ai.usage.output_tokens': 7,
          'gen_ai.usage.cache_read.input_tokens': 80,
          'server.address': 'api.anthropic.com',
          'server.port': 443,
        },
        { parent: 'middle', at: 20, ms: 30 },
      ),
    ),
    steps: [
      {
        span: 'outer',
        fields: {
          status: 'success',
          stop_reason: 'end_turn',
          prompt_tokens: 110,
          completion_tokens: 7,
          cached_input_tokens: 80,
          request_id: 'msg_1',
          model_endpoint: 'https://api.anthropic.com',
          agent_id: 'planner',
          error_type: null,
          metrics: {
            step_start_ns: String(ns(1)),
            llm_request_start_ns: String(ns(3)),
            llm_request_ns: '90000000',
            step_ns: '90000000',
          },
        },
        telemetry: { served_model: 'claude-sonnet-4-5-20250929', inner_span_ids: [spanId('first'), spanId('second')] },
        asked: ['user: Hi'],
        answered: ['assistant: Hello.'],
      },
    ],
  },
  {
    name: "a tool's own model call is a call of its own, of the nearest agent",
    requests: spans(
      span(
        'outer',
        'invoke_agent planner',
        { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'planner' },
        { ms: 100 },
      ),
      span('call', 'chat gpt-4o', { ...chat, 'gen_ai.usage.input_tokens': 1 }, { parent: 'outer', at: 1 }),
      span(
        'tool',
        'execute_tool expert',
        { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'expert' },
        { parent: 'call', at: 12 },
      ),
      span(
        'inner',
        'invoke_agent expert',
        { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'expert', 'gen_ai.agent.id': 'a-7' },
        { parent: 'tool', at: 13 },
      ),
      span('call2', 'chat gpt-4o', { ...chat, 'gen_ai.usage.input_tokens': 2 }, { parent: 'inner', at: 14 }),
    ),
    steps: [
      { span: 'call', fields: { agent_id: 'planner', prompt_tokens: 1 } },
      {
        span: 'call2',
        fields: { agent_id: 'a-7', prompt_tokens: 2, run_id: 'run-0af76519-16cd-43dd-8448-eb211c80319c' },
        telemetry: { agent_name: 'expert' },
      },
    ],
  },
  {
    name: 'failures, cancellations, and what only looks like success',
    requests: spans(
      span('abort', 'chat gpt-4o', chat, {
        status: { code: 2, message: 'Request was aborted.' },
        events: [exception('APIUserAbortError', 'Request was aborted.')],
        trace: 'a'.repeat(32),
      }),
      span(
        'time',
        'chat gpt-4o',
        { ...chat, 'error.type': 'APIConnectionTimeoutError' },
        { status: { code: 2, message: 'Request timed out; aborted' }, at: 1, trace: 'b'.repeat(32) },
      ),
      span('bare', 'chat gpt-4o', chat, { at: 2, trace: 'c'.repeat(32) }),
      span('dropped', 'chat gpt-4o', chat, { at: 3, trace: 'd'.repeat(32), dropped: 3 }),
      span('json', 'chat gpt-4o', chat, {
        at: 4,
        trace: 'e'.repeat(32),
        status: {
          code: 2,
          message:
            '529 {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_9"}',
        },
      }),
      span(
        'handled',
        'chat gpt-4o',
        { ...chat, 'gen_ai.usage.output_tokens': 1 },
        { at: 5, trace: 'f'.repeat(32), status: { code: 1 }, events: [exception('RateLimitError', '429 slow down')] },
      ),
    ),
    steps: [
      { span: 'abort', fields: { status: 'cancelled', stop_reason: 'cancelled', error_type: 'APIUserAbortError' } },
      {
        span: 'time',
        fields: { status: 'failed', stop_reason: 'llm_api_error', error_type: 'APIConnectionTimeoutError' },
      },
      { span: 'bare', fields: { status: 'cancelled', stop_reason: 'cancelled', error_type: null } },
      { span: 'dropped', fields: { status: 'success', stop_reason: null } },
      {
        span: 'json',
        fields: {
          status: 'failed',
          stop_reason: 'llm_api_error',
          error_type: 'overloaded_error',
          error_data: {
            message: 'Overloaded',
            traceback: null,
            details: { http_status: 529, provider_error_type: 'overloaded_error', request_id: 'req_9' },
          },
        },
      },
      { span: 'handled', fields: { status: 'failed', stop_reason: 'llm_api_error', error_type: 'RateLimitError' } },
    ],
  },
]
