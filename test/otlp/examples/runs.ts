/** How runs go on: what is told once, tools of sub-agents and of providers, runs that wait for a person or may not go on. */
import { expect } from 'vitest'
import { exception, json, span, spans, type Example } from './example.ts'

const said = (role: string, ...parts: object[]) => ({ role, parts })
const text = (content: string) => ({ type: 'text', content })
const call = (id: string, name = 'weather') => ({ type: 'tool_call', id, name, arguments: {} })
const result = (id: string, response: string) => ({ type: 'tool_call_response', id, response })
const [HI, GO] = [said('user', text('Hi')), said('user', text('Go'))]

const chat = (input: object[], output: object[], more: Record<string, string | string[] | number | boolean> = {}) => ({
  'gen_ai.operation.name': 'chat',
  'gen_ai.request.model': 'gpt-5',
  'gen_ai.input.messages': json(input),
  ...(output.length > 0 && { 'gen_ai.output.messages': json(output) }),
  ...more,
})
const reason = (word: string) => ({ 'gen_ai.response.finish_reasons': [word] })
const tool = (id: string, answer?: string) => ({
  'gen_ai.operation.name': 'execute_tool',
  'gen_ai.tool.name': 'weather',
  'gen_ai.tool.call.id': id,
  ...(answer !== undefined && { 'gen_ai.tool.call.result': answer }),
})
const FAILED = { code: 2 }
const agent = (more: Parameters<typeof span>[3] = {}, attributes = {}) =>
  span('agent', 'invoke_agent a', { 'gen_ai.operation.name': 'invoke_agent', ...attributes }, { ms: 200, ...more })
const inAgent = (at: number, more: Parameters<typeof span>[3] = {}) => ({ parent: 'agent', at, ...more })

const BOTH = said('assistant', text('Looking.'), call('c1'), call('c2'))

const told: Example[] = [
  {
    name: 'Of two results in one message one was told; the calls come back without the words before them',
    requests: spans(
      agent(),
      span('one', 'chat', chat([HI], [BOTH]), inAgent(0)),
      span('t1', 'tool', tool('c1', 'sun'), inAgent(12, { ms: 5 })),
      span('t2', 'tool', tool('c2'), inAgent(12, { ms: 5, status: FAILED, events: [exception('E', 'boom')] })),
      span(
        'two',
        'chat',
        chat(
          [HI, said('assistant', call('c1'), call('c2')), said('tool', result('c1', 'sun'), result('c2', 'It broke'))],
          [said('assistant', text('Done.'))],
        ),
        inAgent(20),
      ),
      // The next turn: only what is new is sent to a provider that keeps the conversation.
    ),
    steps: [
      {
        span: 'one',
        fields: {},
        shown: [
          'user: Hi',
          'assistant: Looking.',
          'assistant: call c1 weather {}',
          'assistant: call c2 weather {}',
          'tool: return c1 sun',
        ],
      },
      { span: 'two', fields: {}, shown: ['tool: return c2 It broke (error)', 'assistant: Done.'] },
    ],
  },
  {
    name: 'A provider that keeps the conversation is sent the results only',
    requests: spans(
      agent(),
      span('one', 'chat', chat([HI], [BOTH]), inAgent(0)),
      span('t1', 'tool', tool('c1', 'sun'), inAgent(12, { ms: 5 })),
      span(
        'two',
        'chat',
        chat(
          [said('tool', result('c1', 'sun')), said('tool', result('c2', 'rain'))],
          [said('assistant', text('Done.'))],
        ),
        inAgent(20),
      ),
    ),
    steps: [
      { span: 'one', fields: {} },
      { span: 'two', fields: {}, shown: ['tool: return c2 rain', 'assistant: Done.'] },
    ],
  },
  {
    name: 'A failed tool of the last step tells what it failed of',
    requests: spans(
      agent(),
      span('one', 'chat', chat([HI], [said('assistant', call('c1'))]), inAgent(0)),
      span('t1', 'tool', tool('c1'), inAgent(12, { status: FAILED, events: [exception('Error', 'boom')] })),
    ),
    steps: [
      {
        span: 'one',
        fields: {},
        shown: ['user: Hi', 'assistant: call c1 weather {}', 'tool: return c1 boom (error)'],
      },
    ],
  },
  {
    name: 'Tools of a loop inside of a tool are work of their own; inner spans of one execution are not',
    requests: spans(
      agent(),
      span('boss', 'chat', chat([HI], [said('assistant', call('c1', 'expert'))]), inAgent(0)),
      span('expert', 'tool', tool('c1', 'sunny'), inAgent(12, { ms: 100 })),
      span('again', 'tool', tool('c1', 'sunny'), { parent: 'expert', at: 13, ms: 90 }),
      span('graph', 'graph', { 'langsmith.span.kind': 'chain' }, { parent: 'expert', at: 14, ms: 80 }),
      span('inner', 'chat', chat([GO], [said('assistant', call('d1'))]), { parent: 'graph', at: 15 }),
      span('tools', 'tools', { 'langsmith.span.kind': 'chain' }, { parent: 'graph', at: 30, ms: 30 }),
      span('weather', 'tool', tool('d1', 'sun'), { parent: 'tools', at: 31, ms: 20 }),
    ),
    steps: [
      {
        span: 'boss',
        fields: {},
        shown: ['user: Hi', 'assistant: call c1 expert {}', 'tool: return c1 sunny'],
      },
      {
        span: 'inner',
        fields: { metrics: expect.objectContaining({ tool_execution_ns: '20000000' }) },
        shown: ['user: Go', 'assistant: call d1 weather {}', 'tool: return d1 sun'],
      },
    ],
  },
  {
    name: 'A provider’s own tool answers within the answer, once',
    requests: spans(
      agent(),
      span(
        'one',
        'chat',
        chat([HI], [said('assistant', text('Found.'), call('ws'), result('ws', 'news'))], reason('stop')),
        inAgent(0),
      ),
      span('ws', 'tool', tool('ws', 'news'), inAgent(2, { ms: 2 })),
      span('two', 'chat', chat([HI, said('assistant', text('Found.'), call('ws')), GO], []), inAgent(20)),
    ),
    steps: [
      {
        span: 'one',
        fields: {},
        shown: ['user: Hi', 'assistant: Found.', 'assistant: call ws weather {}', 'tool: return ws news'],
      },
      { span: 'two', fields: {} },
    ],
  },
]

const elsewhere = { trace: '5af7651916cd43dd8448eb211c80319c', at: 300 }
const asks = (more = {}) => span('one', 'chat', chat([HI], [said('assistant', call('c1'))], more), inAgent(0))

const ends: Example[] = [
  ...[
    {
      name: 'a tool that asks a person',
      by: [
        agent({}, reason('tool_calls')),
        span('t1', 'tool', tool('c1'), inAgent(12, { status: FAILED, events: [exception('GraphInterrupt', '[]')] })),
      ],
      stop: 'requires_approval',
    },
    {
      name: 'a middleware that asks a person',
      by: [
        agent(),
        span(
          'after',
          'HumanInTheLoop.after_model',
          { 'openinference.span.kind': 'CHAIN' },
          inAgent(12, { status: { code: 2, message: 'GraphInterrupt: [{"value":1}]' } }),
        ),
      ],
      stop: 'requires_approval',
    },
    { name: 'a loop that was interrupted', by: [agent({}, reason('interrupted'))], stop: 'requires_approval' },
    {
      name: 'a loop that may not go on',
      by: [agent({ status: { code: 2, message: 'MaxTurnsExceededError: Max turns (2) exceeded' } })],
      stop: 'max_steps',
    },
    {
      name: 'arguments that the framework refused',
      by: [agent({ status: { code: 2, message: 'INVALID_ARGUMENT: Schema validation failed.' } })],
      stop: 'invalid_tool_call',
    },
  ].map(({ name, by, stop }) => ({
    name: `Why a run ended: ${name}`,
    requests: spans(asks(reason('tool_calls')), ...by),
    steps: [{ span: 'one', fields: { status: 'success', stop_reason: stop } }],
  })),
  {
    name: 'Why a run ended: the provider ran its tools itself, inside of the call, and the loop is done; nobody ran them',
    requests: spans(
      agent({}, reason('stop')),
      asks(reason('stop')),
      span('ran', 'tool', tool('c1', 'sun'), { parent: 'one', at: 2, ms: 2 }),
      span(
        'other',
        'invoke_agent b',
        { 'gen_ai.operation.name': 'invoke_agent', ...reason('stop') },
        { ...elsewhere, ms: 90 },
      ),
      span('two', 'chat', chat([HI], [said('assistant', call('c1'))], reason('stop')), {
        ...elsewhere,
        parent: 'other',
      }),
    ),
    steps: [
      { span: 'one', fields: { stop_reason: 'end_turn' } },
      { span: 'two', fields: { stop_reason: null } },
    ],
  },
  {
    name: 'A stream that told neither why it ended nor what it cost; one that told what it cost',
    requests: spans(
      ...['open', 'closed'].map((id, i) =>
        span(
          id,
          'chat',
          chat([HI], [said('assistant', text('Hello'))], {
            'gen_ai.request.stream': true,
            ...(i === 1 && { 'gen_ai.usage.output_tokens': 3 }),
          }),
          { at: i * 20 },
        ),
      ),
    ),
    steps: [
      { span: 'open', fields: { status: 'success', stop_reason: null } },
      { span: 'closed', fields: { status: 'success', stop_reason: 'end_turn' } },
    ],
  },
]

const mastra = (type: string, more: Record<string, string> = {}) => ({ 'mastra.span.type': type, ...more })
const step = (more: Record<string, string>) => mastra('model_step', { 'gen_ai.operation.name': 'agent_step', ...more })

const mastras: Example[] = [
  {
    name: 'Mastra: a run that waits for a person; placeholders in the next request; an error that only the agent tells',
    requests: spans(
      span(
        'agent',
        'invoke_agent a',
        mastra('agent_run', {
          'mastra.agent_run.output': json({ status: 'suspended', toolCallId: 'p1' }),
          'gen_ai.agent.name': 'a',
        }),
        { ms: 100 },
      ),
      span('waits', 'chat', mastra('model_inference', { 'gen_ai.request.model': 'gpt-5' }), inAgent(1)),
      span('loop', 'invoke_agent b', mastra('agent_run', { 'gen_ai.agent.name': 'b' }), {
        trace: '4af7651916cd43dd8448eb211c80319c',
        at: 200,
        ms: 100,
        status: { code: 2, message: 'boom' },
      }),
      ...[0, 1].flatMap((i) => [
        span(
          `s${i}`,
          'agent_step b',
          step({
            'mastra.model_step.input': json([
              { role: 'user', content: 'Hi' },
              ...(i === 0
                ? []
                : [
                    { role: 'assistant', content: 'look[tool: weather][tool: bad]' },
                    { role: 'tool', content: '[tool-result: weather][tool-result: bad]' },
                  ]),
            ]),
            'mastra.model_step.output': json(
              i === 0
                ? {
                    text: 'look',
                    toolCalls: [
                      { toolCallId: 'c1', toolName: 'weather', args: {} },
                      { toolCallId: 'c2', toolName: 'bad', args: {} },
                    ],
                  }
                : { text: '' },
            ),
          }),
          { trace: '4af7651916cd43dd8448eb211c80319c', parent: 'loop', at: 201 + i * 40, ms: 30 },
        ),
        span(
          `c${i}`,
          'chat',
          {
            ...mastra('model_inference', { 'gen_ai.request.model': 'gpt-5' }),
            ...reason(i === 0 ? 'tool-calls' : 'error'),
          },
          { trace: '4af7651916cd43dd8448eb211c80319c', parent: `s${i}`, at: 202 + i * 40, ms: 5 },
        ),
      ]),
      span(
        'bad',
        'execute_tool bad',
        {
          ...mastra('tool_call', { 'gen_ai.operation.name': 'execute_tool', 'error.message': 'It broke' }),
          'gen_ai.tool.name': 'bad',
          'gen_ai.tool.call.id': 'c2',
        },
        { trace: '4af7651916cd43dd8448eb211c80319c', parent: 's0', at: 215, ms: 5, status: FAILED },
      ),
    ),
    steps: [
      { span: 'waits', fields: { status: 'success', stop_reason: 'requires_approval' } },
      {
        span: 'c0',
        fields: { status: 'success' },
        shown: [
          'user: Hi',
          'assistant: look',
          'assistant: call c1 weather {}',
          'assistant: call c2 bad {}',
          'tool: return c2 It broke (error)',
        ],
      },
      {
        span: 'c1',
        fields: { status: 'failed', error_data: { message: 'boom', traceback: null, details: null } },
        shown: [],
      },
    ],
  },
]

export const runs: Example[] = [...told, ...ends, ...mastras]
