/** What real packages were seen to send beyond the captures: parallel tools, second views of a call, counts, odd parts. */
import { expect } from 'vitest'
import { derivedId4 } from '../../../src/domain/id.ts'
import { event, json, log, ns, span, spanId, spans, TRACE, type Example } from './example.ts'

const said = (role: string, ...parts: object[]) => ({ role, parts })
const text = (content: string) => ({ type: 'text', content })
const call = (id: string, name: string) => ({ type: 'tool_call', id, name, arguments: {} })
const result = (id: string, response: string) => ({ type: 'tool_call_response', id, response })

/** A call in the GenAI convention. */
const chat = (model: string, more: Record<string, string | number | string[]> = {}) => ({
  'gen_ai.operation.name': 'chat',
  'gen_ai.request.model': model,
  ...more,
})

const [ONE, TWO] = [call('c1', 'weather'), call('c2', 'time')]
const ASKED = [said('user', text('Now?'))]
const BOTH = { 'gen_ai.input.messages': json(ASKED), 'gen_ai.output.messages': json([said('assistant', ONE, TWO)]) }
const tool = (id: string, name: string, answer: string) => ({
  'gen_ai.operation.name': 'execute_tool',
  'gen_ai.tool.name': name,
  'gen_ai.tool.call.id': id,
  'gen_ai.tool.call.result': answer,
})

/** What the answer's call at a place is called where nobody told its id. */
const nameless = (id: string, place: number | string) =>
  `${derivedId4('step', 'otlp', 'tenant', TRACE, spanId(id))}:${place}`
const sunny = { 'traceloop.span.kind': 'tool', 'traceloop.entity.name': 'weather', 'traceloop.entity.output': '"sun"' }

/** An answer with two calls whose ids nobody told. */
const UNNAMED = { 'gen_ai.output.messages': json([said('assistant', call('', 'weather'), call('', 'time'))]) }
const withoutResult = (id: string) => ({ 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.call.id': id })

const tools: Example[] = [
  {
    name: 'Calls and results without ids belong together; one execution is told once',
    requests: spans(
      span(
        'one',
        'chat',
        chat('gpt-5', { 'gen_ai.output.messages': json([said('assistant', call('', 'time'), call('', 'weather'))]) }),
      ),
      span('weather', 'weather', sunny, { at: 12 }),
      span('again', 'weather', { ...sunny, 'gen_ai.tool.call.id': 'c9' }, { at: 14 }),
      span('twice', 'weather', { ...sunny, 'gen_ai.tool.call.id': 'c9' }, { at: 15 }),
    ),
    steps: [
      {
        span: 'one',
        fields: {},
        shown: [
          `assistant: call ${nameless('one', 0)} time {}`,
          `assistant: call ${nameless('one', 1)} weather {}`,
          `tool: return ${nameless('one', 1)} sun`,
          'tool: return c9 sun',
        ],
      },
    ],
  },
  {
    name: 'Results without ids answer the calls before them, one after another',
    requests: spans(
      span('one', 'chat', chat('gemini-2.5-pro', { 'gen_ai.input.messages': json(ASKED), ...UNNAMED })),
      span(
        'two',
        'chat',
        chat('gemini-2.5-pro', {
          'gen_ai.input.messages': json([
            ...ASKED,
            said('assistant', call('', 'weather'), call('', 'time')),
            said('tool', result('', 'sun'), result('', 'noon')),
            said('assistant', call('', 'weather')),
            said('tool', result('', 'rain')),
          ]),
        }),
        { at: 20 },
      ),
    ),
    steps: [
      { span: 'one', fields: {} },
      {
        span: 'two',
        fields: {},
        shown: [
          `tool: return ${nameless('one', 0)} sun`,
          `tool: return ${nameless('one', 1)} noon`,
          `assistant: call ${nameless('two', 'earlier:0')} weather {}`,
          `tool: return ${nameless('two', 'earlier:0')} rain`,
        ],
      },
    ],
  },
  {
    name: 'What a tool that failed gave back is an error, unless it went well at another time',
    requests: spans(
      span('agent', 'agent', { 'openinference.span.kind': 'AGENT' }, { ms: 100 }),
      span('one', 'chat', chat('gpt-5', BOTH), { parent: 'agent' }),
      ...['c1', 'c2'].map((id, i) =>
        span(id, 'execute_tool', withoutResult(id), { parent: 'agent', at: 12 + i, status: { code: 2 } }),
      ),
      span('again', 'execute_tool', withoutResult('c2'), { parent: 'agent', at: 30 }),
      span(
        'two',
        'chat',
        chat('gpt-5', {
          'gen_ai.input.messages': json([
            ...ASKED,
            said('assistant', ONE, TWO),
            said('tool', result('c1', 'No network'), result('c2', 'noon')),
          ]),
        }),
        { parent: 'agent', at: 50 },
      ),
    ),
    steps: [
      { span: 'one', fields: {} },
      { span: 'two', fields: {}, shown: ['tool: return c1 No network (error)', 'tool: return c2 noon'] },
    ],
  },
  {
    name: 'Parallel tools that end in another order than they were asked for are told once',
    requests: spans(
      span('agent', 'invoke_agent a', { 'gen_ai.operation.name': 'invoke_agent' }, { ms: 100 }),
      span('one', 'chat', chat('gpt-5', BOTH), { parent: 'agent', at: 1 }),
      span('time', 'execute_tool time', tool('c2', 'time', 'noon'), { parent: 'agent', at: 12 }),
      span('weather', 'execute_tool weather', tool('c1', 'weather', 'sun'), { parent: 'agent', at: 13 }),
      span(
        'two',
        'chat',
        chat('gpt-5', {
          'gen_ai.input.messages': json([
            ...ASKED,
            said('assistant', { type: 'custom' }, ONE, TWO),
            said('tool', result('c1', 'sun')),
            said('tool', result('c2', 'noon')),
          ]),
          'gen_ai.output.messages': json([said('assistant', text('Sunny noon.'))]),
        }),
        { parent: 'agent', at: 40 },
      ),
    ),
    steps: [
      {
        span: 'one',
        fields: {},
        shown: [
          'user: Now?',
          'assistant: call c1 weather {}',
          'assistant: call c2 time {}',
          'tool: return c2 noon',
          'tool: return c1 sun',
        ],
      },
      { span: 'two', fields: {}, shown: ['assistant: Sunny noon.'] },
    ],
  },
  {
    name: 'A tool without an id that seems to follow the next call belongs to the one that asked for it',
    requests: spans(
      span('one', 'chat', chat('gpt-5', BOTH), { at: 1, ms: 3 }),
      span('time', 'time', { 'traceloop.span.kind': 'tool', 'traceloop.entity.name': 'time' }, { at: 4, ms: 0.2 }),
      span('two', 'chat', chat('gpt-5', { 'gen_ai.output.messages': json([said('assistant', call('c3', 'time'))]) }), {
        at: 5,
      }),
      span(
        'weather',
        'weather',
        { 'traceloop.span.kind': 'tool', 'traceloop.entity.name': 'weather', 'traceloop.entity.output': '"sun"' },
        { at: 5, ms: 0.1 },
      ),
    ),
    steps: [
      {
        span: 'one',
        fields: {},
        shown: ['user: Now?', 'assistant: call c1 weather {}', 'assistant: call c2 time {}', 'tool: return c1 sun'],
      },
      { span: 'two', fields: {}, shown: ['assistant: call c3 time {}'] },
    ],
  },
]

const sdk = { scope: 'com.anthropic.sdk.python', version: '2.12.0' }
const outer = { scope: 'openinference.instrumentation.anthropic', version: '3.1.0' }
const logfire = { scope: 'logfire.openai', version: '5.2.0' }
const asked = { 'gen_ai.input.messages': json(ASKED) }

const cli = { 'service.name': 'gemini-cli' }
const geminiSpan = (id: string, at: number, ms: number) =>
  span(
    id,
    'llm_call',
    {
      'gen_ai.operation.name': 'llm_call',
      'gen_ai.request.model': 'gemini-2.5-flash',
      'gen_ai.prompt.name': 'p2',
      'gen_ai.conversation.id': 's2',
    },
    { at, ms, status: { code: 1 }, resource: cli },
  )
const geminiRecord = (name: string, at: number, more: Record<string, string | number>) =>
  log(name, { 'session.id': 's2', prompt_id: 'p2', model: 'gemini-2.5-flash', ...more }, { at, resource: cli })

const views: Example[] = [
  {
    name: 'Two views of a call side by side, with the id of one answer',
    requests: spans(
      span('agent', 'agent', { 'openinference.span.kind': 'AGENT' }, { ms: 50 }),
      span(
        'outer',
        'MessagesStream',
        {
          'openinference.span.kind': 'LLM',
          'llm.model_name': 'claude-sonnet-4-5',
          'llm.input_messages.0.message.role': 'user',
          'llm.input_messages.0.message.content': 'Hi',
          'output.value': json({ id: 'msg_1', content: [{ type: 'text', text: 'Hello.' }] }),
          'output.mime_type': 'application/json',
        },
        { parent: 'agent', at: 1, ms: 20, ...outer },
      ),
      span(
        'inner',
        'anthropic.messages.create',
        chat('claude-sonnet-4-5', {
          'gen_ai.response.id': 'msg_1',
          'gen_ai.usage.input_tokens': 90,
          'gen_ai.usage.output_tokens': 9,
        }),
        { parent: 'agent', at: 2, ms: 15, ...sdk },
      ),
    ),
    steps: [
      {
        span: 'outer',
        fields: { prompt_tokens: 90, completion_tokens: 9 },
        shown: ['user: Hi', 'assistant: Hello.'],
      },
    ],
  },
  {
    name: 'Two views side by side without an id, with the same counts; a third call is one of its own',
    requests: spans(
      span('agent', 'agent', { 'openinference.span.kind': 'AGENT' }, { ms: 50 }),
      ...[
        { id: 'outer', at: 1, ms: 10, options: outer },
        { id: 'inner', at: 1.5, ms: 8, options: sdk },
        { id: 'later', at: 30, ms: 10, options: sdk },
      ].map(({ id, at, ms, options }) =>
        span(
          id,
          'anthropic.messages.create',
          chat('claude-sonnet-4-5', { 'gen_ai.usage.input_tokens': 90, 'gen_ai.usage.output_tokens': 9 }),
          { parent: 'agent', at, ms, ...options },
        ),
      ),
    ),
    steps: [
      { span: 'outer', fields: {} },
      { span: 'later', fields: {} },
    ],
  },
  {
    name: 'Two views of a failed call side by side; the next attempt is one of its own',
    requests: spans(
      span('agent', 'agent', { 'openinference.span.kind': 'AGENT' }, { ms: 50 }),
      ...[
        { id: 'outer', at: 1, ms: 10, options: outer, message: 'overloaded' },
        { id: 'inner', at: 1.5, ms: 8, options: sdk, message: '' },
        { id: 'later', at: 30, ms: 10, options: outer, message: 'overloaded' },
      ].map(({ id, at, ms, options, message }) =>
        span(id, 'anthropic.messages.create', chat('claude-sonnet-4-5'), {
          parent: 'agent',
          at,
          ms,
          status: { code: 2, message },
          ...options,
        }),
      ),
    ),
    steps: [
      { span: 'outer', fields: { status: 'failed' } },
      { span: 'later', fields: { status: 'failed' } },
    ],
  },
  {
    name: 'Calls beside each other that look alike stay apart: other words, the same teller twice, a tool between',
    requests: spans(
      span('agent', 'agent', { 'openinference.span.kind': 'AGENT' }, { ms: 100 }),
      ...[
        { id: 'a1', asked: 'Is A?', at: 0, options: outer },
        { id: 'a2', asked: 'Is B?', at: 1, options: outer },
        { id: 'b1', asked: 'Is B?', at: 2, options: sdk },
        { id: 'b2', asked: 'Is A?', at: 3, options: sdk },
        { id: 'b3', asked: 'Is A?', at: 4, options: sdk },
        { id: 'c1', asked: 'Is C?', at: 5, options: { scope: 'third' } },
      ].map(({ id, asked: question, at, options }) =>
        span(
          id,
          'chat',
          chat('gpt-5', {
            'gen_ai.input.messages': json([said('user', text(question))]),
            'gen_ai.usage.input_tokens': 10,
            'gen_ai.usage.output_tokens': 1,
          }),
          { parent: 'agent', at, ms: 90 - at, ...options },
        ),
      ),
      span('tool', 'execute_tool x', { 'gen_ai.operation.name': 'execute_tool' }, { parent: 'a1', at: 10, ms: 50 }),
      ...['one', 'two'].map((id, i) =>
        span(id, 'chat', chat('gpt-5', { 'gen_ai.response.id': 'mock' }), {
          parent: i === 0 ? 'agent' : 'tool',
          at: 20 + i,
          scope: id,
        }),
      ),
    ),
    steps: [
      { span: 'a1', fields: {}, asked: ['user: Is A?'] },
      { span: 'a2', fields: {}, asked: ['user: Is B?'] },
      { span: 'b3', fields: {}, asked: ['user: Is A?'] },
      { span: 'c1', fields: {}, asked: ['user: Is C?'] },
      { span: 'one', fields: {} },
      { span: 'two', fields: {} },
    ],
  },
  {
    name: 'Logfire: a streamed answer is told beside its request; an aborted one is not told',
    requests: spans(
      span('turn', 'turn', {}, { ms: 100 }),
      span('first', 'Chat Completion with x', chat('gpt-5', asked), { parent: 'turn', at: 1, ms: 5, ...logfire }),
      span(
        'tail',
        'streaming response from x took y',
        chat('gpt-5', {
          ...asked,
          'logfire.span_type': 'log',
          duration: 0.02,
          'gen_ai.output.messages': json([said('assistant', text('Noon.'))]),
          'gen_ai.usage.input_tokens': 12,
          'gen_ai.usage.output_tokens': 3,
          'gen_ai.usage.raw': json({ prompt_tokens: 12, prompt_tokens_details: { cached_tokens: 8 } }),
          'logfire.tags': ['LLM', 'prod'],
        }),
        { parent: 'turn', at: 30, ms: 0, ...logfire },
      ),
      span('abort', 'Chat Completion with x', chat('gpt-5', asked), { parent: 'turn', at: 40, ms: 5, ...logfire }),
    ),
    steps: [
      {
        span: 'first',
        fields: {
          prompt_tokens: 12,
          cached_input_tokens: 8,
          stop_reason: 'end_turn',
          metrics: {
            step_start_ns: String(ns(1)),
            llm_request_start_ns: String(ns(1)),
            llm_request_ns: '29000000',
            step_ns: '29000000',
          },
        },
        answered: ['assistant: Noon.'],
      },
      { span: 'abort', fields: { status: 'cancelled', prompt_tokens: null } },
    ],
  },
  {
    name: 'Logfire 4: nothing but the bodies; Anthropic counts its cache apart, and wraps its arguments',
    requests: spans(
      span(
        'call',
        'Message with x',
        {
          request_data: json({ model: 'claude-sonnet-4-5', system: 'S', messages: [{ role: 'user', content: 'Hi' }] }),
          response_data: json({
            message: {
              role: 'assistant',
              content: 'Let me look.',
              tool_calls: [{ id: 't', function: { name: 'find', arguments: '{"input":{"q":"x"}}' } }],
            },
            usage: { input_tokens: 10, cache_read_input_tokens: 5, cache_creation_input_tokens: 2, output_tokens: 3 },
          }),
          user_id: 'u',
          'logfire.span_type': 'span',
        },
        { scope: 'logfire.anthropic', version: '4.4.0' },
      ),
      span('embed', 'Embedding Creation with x', { request_data: json({ model: 'e', input: 'x' }) }, logfire),
    ),
    steps: [
      {
        span: 'call',
        fields: { model: 'claude-sonnet-4-5', provider_name: 'anthropic', prompt_tokens: 17, tags: ['user:u'] },
        shown: ['system: S', 'user: Hi', 'assistant: Let me look.', 'assistant: call t find {"q":"x"}'],
      },
    ],
  },
  {
    name: 'Gemini CLI: the record of a streamed answer names no span; that of its prompt and time is meant',
    requests: [
      {
        spans: [
          span(
            'call',
            'llm_call',
            {
              'gen_ai.operation.name': 'llm_call',
              'gen_ai.request.model': 'gemini-2.5-flash',
              'gen_ai.prompt.name': 'p1',
              'gen_ai.conversation.id': 's1',
              'gen_ai.agent.name': 'gemini-cli',
            },
            { at: 10, ms: 50, status: { code: 1 }, resource: { 'service.name': 'gemini-cli' } },
          ),
        ],
        logs: [
          log(
            'gemini_cli.api_response',
            {
              'session.id': 's1',
              prompt_id: 'p1',
              model: 'gemini-2.5-flash-002',
              duration_ms: 40,
              input_token_count: 100,
              output_token_count: 10,
              thoughts_token_count: 4,
              finish_reasons: ['stop'],
              response_text: json(
                ['No', 'on.'].map((part) => ({
                  candidates: [{ content: { role: 'model', parts: [{ text: part }] } }],
                })),
              ),
            },
            { at: 55, resource: { 'service.name': 'gemini-cli' } },
          ),
        ],
      },
    ],
    steps: [
      {
        span: 'call',
        fields: { status: 'success', prompt_tokens: 100, completion_tokens: 14, run_id: 'p1', tags: ['session:s1'] },
        answered: ['assistant: Noon.'],
      },
    ],
  },
  {
    name: 'Gemini CLI: two records and two spans at a time; a record that no span was open for',
    requests: [
      {
        spans: [geminiSpan('a', 0, 100), geminiSpan('b', 10, 80)],
        logs: [
          geminiRecord('gemini_cli.api_response', 99, {
            duration_ms: 98,
            input_token_count: 1000,
            output_token_count: 11,
          }),
          geminiRecord('gemini_cli.api_response', 89, { duration_ms: 78, input_token_count: 7, output_token_count: 7 }),
          geminiRecord('gemini_cli.api_error', 104, { duration_ms: 3, status_code: 429, error: 'Slow down' }),
        ],
      },
    ],
    steps: [
      { span: 'a', fields: { prompt_tokens: 1000 } },
      { span: 'b', fields: { prompt_tokens: 7 } },
      { span: null, fields: { status: 'failed' } },
    ],
  },
  {
    name: 'An answer whose items come in records of their own is one message',
    requests: [
      {
        spans: [span('call', 'chat', chat('gpt-5'))],
        logs: [[{ type: 'reasoning', text: 'Hm.' }], [text('Noon.')]].map((parts, i) =>
          log(
            'gen_ai.client.inference.operation.details',
            { 'gen_ai.output.messages': json([{ ...said('assistant', ...parts), finish_reason: 'stop' }]) },
            { at: 5 + i, traceId: TRACE, spanId: spanId('call') },
          ),
        ),
      },
    ],
    steps: [
      { span: 'call', fields: { stop_reason: 'end_turn' }, answered: ['assistant: reasoning Hm.', 'assistant: Noon.'] },
    ],
  },
  {
    name: 'A streamed call of which nothing is told but that it went well, by one who says so of such only',
    requests: spans(
      span('call', 'x', { 'openinference.span.kind': 'LLM', 'llm.model_name': 'gpt-5' }, { status: { code: 1 } }),
      span('other', 'chat', chat('gpt-5'), { status: { code: 1 }, at: 20 }),
    ),
    steps: [
      { span: 'call', fields: { status: 'success', stop_reason: null } },
      { span: 'other', fields: { status: 'cancelled' } },
    ],
  },
]

const generated = (prompt: number, completion: number, metadata: object, more: Record<string, number> = {}) => ({
  'ai.operationId': 'ai.generateText.doGenerate',
  'ai.model.id': 'm',
  'ai.usage.inputTokens': prompt,
  'ai.usage.outputTokens': completion,
  'ai.response.providerMetadata': json(metadata),
  ...more,
})

const BEDROCK = 'opentelemetry.instrumentation.bedrock'

const counts: Example[] = [
  {
    name: 'AI SDK 4 and 5 count Anthropic without its cache and Gemini without its thoughts, 6 with both',
    requests: spans(
      span(
        'five',
        'a',
        generated(1094, 9, { anthropic: { usage: { input_tokens: 1094, cache_read_input_tokens: 64 } } }),
      ),
      span(
        'six',
        'a',
        generated(
          1158,
          9,
          { anthropic: { usage: { input_tokens: 1094, cache_read_input_tokens: 64 } } },
          { 'ai.usage.inputTokenDetails.cacheReadTokens': 64 },
        ),
        { at: 20 },
      ),
      span(
        'four',
        'a',
        {
          'ai.operationId': 'ai.generateText.doGenerate',
          'ai.usage.promptTokens': 1074,
          'ai.usage.completionTokens': 9,
          'ai.response.providerMetadata': json({
            anthropic: { cacheCreationInputTokens: 32, cacheReadInputTokens: 64 },
          }),
        },
        { at: 40 },
      ),
      span(
        'gemini',
        'a',
        generated(60, 17, {
          google: {
            usageMetadata: {
              promptTokenCount: 60,
              candidatesTokenCount: 17,
              thoughtsTokenCount: 9,
              totalTokenCount: 86,
              cachedContentTokenCount: 4,
            },
          },
        }),
        { at: 60 },
      ),
      span('openai', 'a', generated(50, 5, { openai: { cachedPromptTokens: 30, reasoningTokens: 2 } }), { at: 80 }),
    ),
    steps: [
      { span: 'five', fields: { prompt_tokens: 1158, cached_input_tokens: 64 } },
      { span: 'six', fields: { prompt_tokens: 1158, cached_input_tokens: 64 } },
      { span: 'four', fields: { prompt_tokens: 1170, cached_input_tokens: 64, cache_write_tokens: 32 } },
      { span: 'gemini', fields: { completion_tokens: 26, reasoning_tokens: 9, cached_input_tokens: 4 } },
      { span: 'openai', fields: { prompt_tokens: 50, cached_input_tokens: 30, reasoning_tokens: 2 } },
    ],
  },
  {
    name: 'MLflow: its own counts hold the cached parts, although they are named like those that do not',
    requests: spans(
      span('call', 'Completions', {
        'mlflow.spanType': '"CHAT_MODEL"',
        'mlflow.spanInputs': json({ model: 'gpt-5', messages: [{ role: 'user', content: 'Hi' }] }),
        'mlflow.chat.tokenUsage': json({ input_tokens: 1273, output_tokens: 9, cache_read_input_tokens: 283 }),
        'session.id': '"s-2"',
      }),
    ),
    steps: [{ span: 'call', fields: { prompt_tokens: 1273, cached_input_tokens: 283, tags: ['session:s-2'] } }],
  },
  {
    name: 'OpenLLMetry for Python counts Anthropic with its cache and Bedrock without, OpenLIT counts without',
    requests: spans(
      ...['opentelemetry.instrumentation.anthropic', 'openlit.instrumentation.anthropic', BEDROCK].map((scope, i) =>
        span(
          `call${i}`,
          'chat',
          chat('claude-sonnet-4-5', {
            'gen_ai.usage.input_tokens': 1762,
            'gen_ai.usage.cache_read.input_tokens': 962,
            'gen_ai.usage.output_tokens': 5,
          }),
          { scope, version: '0.62.4', at: i * 20 },
        ),
      ),
    ),
    steps: [
      { span: 'call0', fields: { prompt_tokens: 1762 } },
      { span: 'call1', fields: { prompt_tokens: 2724 } },
      { span: 'call2', fields: { prompt_tokens: 2724 } },
    ],
  },
  {
    name: 'Strands under the name of the application: Claude counted apart, reasoning blocks',
    requests: spans(
      span(
        'call',
        'chat',
        chat('claude-sonnet-4-5', {
          'gen_ai.system': 'shop',
          'gen_ai.usage.input_tokens': 100,
          'gen_ai.usage.cache_read_input_tokens': 64,
          'gen_ai.usage.output_tokens': 5,
        }),
        {
          scope: 'shop',
          resource: { 'service.name': 'shop' },
          events: [
            event('gen_ai.user.message', { content: json([{ text: 'Hi' }]) }),
            event('gen_ai.choice', {
              message: json([{ reasoning: { text: 'Hm.', signature: 'x' } }, { text: 'Hello.' }]),
              finish_reason: 'endTurn',
            }),
          ],
        },
      ),
    ),
    steps: [
      {
        span: 'call',
        fields: { prompt_tokens: 164, provider_name: 'anthropic' },
        shown: ['user: Hi', 'assistant: reasoning Hm.', 'assistant: Hello.'],
      },
    ],
  },
  {
    name: 'Langfuse for Python: JSON texts in metadata, the provider’s own counts',
    requests: spans(
      span('call', 'ChatOpenAI', {
        'langfuse.observation.type': 'generation',
        'langfuse.observation.metadata.ls_model_name': '"gpt-5"',
        'langfuse.observation.metadata.ls_provider': '"openai"',
        'langfuse.observation.metadata.langfuse_session_id': '"s-1"',
        'langfuse.observation.usage_details': json({
          prompt_tokens: 50,
          completion_tokens: 9,
          prompt_tokens_details: { cached_tokens: 30 },
          completion_tokens_details: { reasoning_tokens: 4 },
        }),
      }),
    ),
    steps: [
      {
        span: 'call',
        fields: {
          model: 'gpt-5',
          provider_name: 'openai',
          tags: ['session:s-1'],
          prompt_tokens: 50,
          cached_input_tokens: 30,
          reasoning_tokens: 4,
        },
      },
    ],
  },
]

const odds: Example[] = [
  {
    name: 'Choices that were asked for are no items; results that are lists of objects stay whole',
    requests: spans(
      span(
        'call',
        'chat',
        chat('gpt-5', {
          'gen_ai.request.choice.count': 2,
          'gen_ai.response.finish_reasons': 'stop',
          'gen_ai.input.messages': json([
            said('tool', {
              type: 'tool_call_response',
              id: 'c1',
              response: [{ url: 'https://example.com', content: 'text' }],
            }),
          ]),
          'gen_ai.output.messages': json([said('assistant', text('one')), said('assistant', text('two'))]),
        }),
      ),
    ),
    steps: [
      {
        span: 'call',
        fields: {},
        shown: ['tool: return c1 [{"url":"https://example.com","content":"text"}]', 'assistant: one'],
      },
    ],
  },
  {
    name: 'Google ADK: a span without attributes failed, unless one inside of it tells an answer',
    requests: spans(
      span('bare', 'call_llm', {}, { scope: 'gcp.vertex.agent' }),
      span('outer', 'call_llm', {}, { scope: 'gcp.vertex.agent', at: 20, ms: 10 }),
      span(
        'inner',
        'generate_content x',
        {
          'gen_ai.operation.name': 'generate_content',
          'gen_ai.response.finish_reasons': ['stop'],
          'gen_ai.output.messages': json([said('assistant', text('Hello.'))]),
        },
        { parent: 'outer', at: 21, ms: 8 },
      ),
    ),
    steps: [
      { span: 'bare', fields: { status: 'failed', stop_reason: 'llm_api_error' } },
      { span: 'outer', fields: { status: 'success', stop_reason: 'end_turn' } },
    ],
  },
  {
    name: 'A record of a stream that took longer than anything does',
    requests: spans(
      span('tail', 'streaming response from x took y', chat('gpt-5', { 'logfire.span_type': 'log', duration: 1e300 }), {
        ...logfire,
        ms: 0,
      }),
    ),
    steps: [{ span: 'tail', fields: { metrics: expect.objectContaining({ step_start_ns: String(ns(0)) }) } }],
  },
  {
    name: 'A dictionary that an error quotes is not the error',
    requests: spans(
      span('call', 'chat', chat('gpt-5'), {
        status: { code: 2, message: `Tool input {'message': 'Hi', 'status': 500} is not valid: field x required` },
      }),
    ),
    steps: [
      {
        span: 'call',
        fields: {
          error_data: {
            message: `Tool input {'message': 'Hi', 'status': 500} is not valid: field x required`,
            traceback: null,
            details: null,
          },
        },
      },
    ],
  },
]

const openInference = (more: Record<string, string>) => ({
  'openinference.span.kind': 'LLM',
  'llm.model_name': 'gpt-5',
  ...more,
})

const messages: Example[] = [
  {
    name: 'OpenInference: hidden contents are none; reasoning that came back as text of nobody',
    requests: spans(
      span(
        'hidden',
        'x',
        openInference({
          'input.value': '__REDACTED__',
          'output.value': '__REDACTED__',
          'llm.input_messages.0.message.role': 'user',
          'llm.input_messages.0.message.content': '__REDACTED__',
        }),
      ),
      span(
        'agents',
        'response',
        openInference({
          'llm.input_messages.0.message.role': 'system',
          'llm.input_messages.0.message.content': 'Be brief.',
          'llm.input_messages.1.message.contents.0.message_content.type': 'text',
          'llm.input_messages.1.message.contents.0.message_content.text': 'Hm.',
          'llm.input_messages.2.message.role': 'assistant',
          'llm.input_messages.3.message.role': 'tool',
          'llm.input_messages.3.message.tool_call_id': 'c1',
          'llm.input_messages.3.message.content': 'sun',
          'input.value': json([
            { type: 'reasoning', content: [{ type: 'input_text', text: 'Hm.' }] },
            { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Let me look.' }] },
            { type: 'function_call_result', callId: 'c1', output: { type: 'text', text: 'sun' } },
          ]),
          'input.mime_type': 'application/json',
        }),
        { at: 20, trace: '1af7651916cd43dd8448eb211c80319c' },
      ),
    ),
    steps: [
      { span: 'hidden', fields: {}, asked: [], answered: [] },
      {
        span: 'agents',
        fields: {},
        asked: [
          'system: Be brief.',
          'assistant: summarized_reasoning',
          'assistant: Let me look.',
          'tool: return c1 sun',
        ],
      },
    ],
  },
  {
    name: 'OpenInference for LangChain in Python: a tool message in its own words',
    requests: spans(
      span('agent', 'agent', { 'openinference.span.kind': 'AGENT' }, { ms: 40 }),
      span(
        'call',
        'x',
        openInference({
          'llm.output_messages.0.message.role': 'assistant',
          'llm.output_messages.0.message.tool_calls.0.tool_call.id': 'c1',
          'llm.output_messages.0.message.tool_calls.0.tool_call.function.name': 'weather',
        }),
        { parent: 'agent', at: 1 },
      ),
      span(
        'tool',
        'weather',
        {
          'openinference.span.kind': 'TOOL',
          'output.value': json({ type: 'tool', data: { content: 'sun', tool_call_id: 'c1', status: 'success' } }),
        },
        { parent: 'agent', at: 15 },
      ),
    ),
    steps: [{ span: 'call', fields: {}, shown: ['assistant: call c1 weather {}', 'tool: return c1 sun'] }],
  },
  {
    name: 'OpenLLMetry on AI SDK spans: reasoning and text under different names, calls in calls, tool texts as parts',
    requests: spans(
      span('call', 'chat', {
        'ai.operationId': 'ai.generateText.doGenerate',
        'ai.response.reasoning': 'Hm.',
        'gen_ai.input.messages': json([
          said('assistant', {
            type: 'tool_call',
            tool_call: { id: 'c1', name: 'weather', arguments: '{"city":"Rome"}' },
          }),
          said('tool', text('sun')),
        ]),
        'gen_ai.output.messages': json([said('assistant', text('Sunny.'))]),
      }),
    ),
    steps: [
      {
        span: 'call',
        fields: {},
        asked: ['assistant: call c1 weather {"city":"Rome"}', 'tool: return  sun'],
        answered: ['assistant: reasoning Hm.', 'assistant: Sunny.'],
      },
    ],
  },
  {
    name: 'Items of one answer as messages that share a finish reason; Logfire’s events end with the answer',
    requests: spans(
      span(
        'items',
        'chat',
        chat('gpt-5', {
          'gen_ai.output.messages': json([said('assistant', text('Let me look.')), said('assistant', ONE)]),
          'gen_ai.response.finish_reasons': ['tool_calls'],
        }),
      ),
      span(
        'events',
        'Responses API with x',
        chat('gpt-5', {
          events: json([
            { 'event.name': 'gen_ai.user.message', role: 'user', content: 'Hi' },
            { 'event.name': 'gen_ai.assistant.message', role: 'assistant', content: 'Hello.' },
          ]),
        }),
        { at: 20, trace: '1af7651916cd43dd8448eb211c80319c', ...logfire },
      ),
    ),
    steps: [
      { span: 'items', fields: {}, answered: ['assistant: Let me look.', 'assistant: call c1 weather {}'] },
      { span: 'events', fields: { stop_reason: 'end_turn' }, asked: ['user: Hi'], answered: ['assistant: Hello.'] },
    ],
  },
  {
    name: 'LiteLLM: names of functions as operations, the calls of one answer numbered',
    requests: spans(
      span('call', 'litellm_request', {
        'gen_ai.operation.name': 'acompletion',
        'llm.request.type': 'acompletion',
        'gen_ai.request.model': 'gpt-5',
        'gen_ai.completion.0.role': 'assistant',
        'gen_ai.completion.0.function_call.name': 'weather',
        'gen_ai.completion.0.function_call.arguments': '{"city":"Rome"}',
        'gen_ai.completion.1.role': 'assistant',
        'gen_ai.completion.1.function_call.name': 'time',
        'gen_ai.completion.1.function_call.arguments': '{}',
      }),
      span('embed', 'litellm_request', { 'gen_ai.operation.name': 'aembedding' }, { at: 30 }),
    ),
    steps: [
      {
        span: 'call',
        fields: {},
        answered: ['assistant: call  weather {"city":"Rome"}', 'assistant: call  time {}'],
      },
    ],
  },
  {
    name: 'Python’s error texts: the status somewhere inside, the answer as a dictionary',
    requests: spans(
      span('call', 'chat', chat('gpt-5'), {
        status: {
          code: 2,
          message: `Error getting response: Error code: 429 - {'error': {'message': "It's full", 'type': 'rate', 'param': None}}; see https://example.com`,
        },
      }),
    ),
    steps: [
      {
        span: 'call',
        fields: {
          status: 'failed',
          error_data: {
            message: "It's full",
            traceback: null,
            details: { http_status: 429, provider_error_type: 'rate' },
          },
        },
      },
    ],
  },
]

export const besideTheCaptures: Example[] = [...tools, ...views, ...counts, ...odds, ...messages]
