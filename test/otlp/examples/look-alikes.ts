/** What looks like the case of a rule and is none: two calls that must not be one, results, counts and states that are others'. */
import { derivedId4 } from '../../../src/domain/id.ts'
import { exception, json, span, spanId, spans, TRACE, type Example } from './example.ts'

const said = (role: string, ...parts: object[]) => ({ role, parts })
const call = (id: string, name = 'weather') => ({ type: 'tool_call', id, name, arguments: {} })
const result = (id: string, response: string) => ({ type: 'tool_call_response', id, response })
const HI = said('user', { type: 'text', content: 'Hi' })

const chat = (more: Record<string, string | number | string[]> = {}) => ({
  'gen_ai.operation.name': 'chat',
  'gen_ai.request.model': 'gpt-5',
  ...more,
})
const messages = (input: object[], output: object[] = []) => ({
  'gen_ai.input.messages': json(input),
  ...(output.length > 0 && { 'gen_ai.output.messages': json(output) }),
})
const tool = (id: string) => ({ 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.call.id': id })
const FAILED = { code: 2 }
const agent = span('agent', 'agent', { 'openinference.span.kind': 'AGENT' }, { ms: 200 })
const inAgent = (at: number, more: Parameters<typeof span>[3] = {}) => ({ parent: 'agent', at, ...more })

const tools: Example[] = [
  {
    name: 'The id of a call whose tool failed comes again: the second result is none of the first',
    requests: spans(
      agent,
      span('one', 'chat', chat(messages([HI], [said('assistant', call('call_0'))])), inAgent(0)),
      span('t1', 'execute_tool', tool('call_0'), inAgent(12, { ms: 5, status: FAILED })),
      span(
        'two',
        'chat',
        chat(
          messages(
            [HI, said('assistant', call('call_0')), said('tool', result('call_0', 'No network'))],
            [said('assistant', call('call_0'))],
          ),
        ),
        inAgent(20),
      ),
      span('t2', 'execute_tool', tool('call_0'), inAgent(32, { ms: 5 })),
      span(
        'three',
        'chat',
        chat(
          messages([
            HI,
            said('assistant', call('call_0')),
            said('tool', result('call_0', 'No network')),
            said('assistant', call('call_0')),
            said('tool', result('call_0', 'sunny')),
          ]),
        ),
        inAgent(40),
      ),
    ),
    steps: [
      { span: 'one', fields: {} },
      {
        span: 'two',
        fields: {},
        shown: ['tool: return call_0 No network (error)', 'assistant: call call_0 weather {}'],
      },
      { span: 'three', fields: {}, shown: ['tool: return call_0 sunny'] },
    ],
  },
  {
    name: 'Which of two calls of a tool failed is not told: neither result is an error',
    requests: spans(
      agent,
      span('one', 'chat', chat(messages([HI], [said('assistant', call('c1'), call('c2'))])), inAgent(0)),
      ...['a', 'b'].map((id) =>
        span(
          id,
          'weather',
          { 'traceloop.span.kind': 'tool', 'traceloop.entity.name': 'weather' },
          inAgent(12, { ms: id === 'a' ? 1 : 5, ...(id === 'a' && { status: FAILED }) }),
        ),
      ),
      span(
        'two',
        'chat',
        chat(
          messages([
            HI,
            said('assistant', call('c1'), call('c2')),
            said('tool', result('c1', 'sunny'), result('c2', 'No such city')),
          ]),
        ),
        inAgent(20),
      ),
    ),
    steps: [
      { span: 'one', fields: {} },
      { span: 'two', fields: {}, shown: ['tool: return c1 sunny', 'tool: return c2 No such city'] },
    ],
  },
  {
    name: 'Parallel calls without ids, each a message of its own; results with names',
    requests: spans(
      span(
        'one',
        'chat',
        chat(
          messages([
            said('assistant', call('')),
            said('assistant', call('', 'time')),
            { ...said('tool', result('', 'noon')), name: 'time' },
            { ...said('tool', result('', 'sun')), name: 'weather' },
            { ...said('tool', result('', '7')), name: 'add' },
          ]),
        ),
      ),
    ),
    steps: [
      {
        span: 'one',
        fields: {},
        shown: [
          `assistant: call ${earlier(0)} weather {}`,
          `assistant: call ${earlier(1)} time {}`,
          `tool: return ${earlier(1)} noon`,
          `tool: return ${earlier(0)} sun`,
          'tool: return  7',
        ],
      },
    ],
  },
]

function earlier(place: number): string {
  return `${derivedId4('step', 'otlp', 'tenant', TRACE, spanId('one'))}:earlier:${place}`
}

const failed = (id: string, more: Record<string, string | number>, at: number, scope: string, ms = 10) =>
  span(id, 'chat', { 'gen_ai.operation.name': 'chat', ...more }, inAgent(at, { ms, scope, status: FAILED }))
const GPT = { 'gen_ai.request.model': 'gpt-5' }

const failures: Example[] = [
  {
    name: 'Failed calls beside each other that differ in provider, model, status or time are several',
    requests: spans(
      agent,
      failed('openai', { ...GPT, 'gen_ai.provider.name': 'openai' }, 0, 'one'),
      failed('azure', { ...GPT, 'gen_ai.provider.name': 'azure.ai.openai' }, 1, 'two', 5),
      failed('mini', { 'gen_ai.request.model': 'gpt-5-mini' }, 20, 'one'),
      failed('nano', { 'gen_ai.request.model': 'gpt-5-nano' }, 21, 'two', 5),
      failed('a', {}, 40, 'one'),
      failed('b', {}, 41, 'two', 5),
      failed('fast', GPT, 60, 'one', 5),
      failed('next', GPT, 66, 'two', 30),
      failed('s429', { ...GPT, 'http.response.status_code': 429 }, 120, 'one'),
      failed('s401', { ...GPT, 'http.response.status_code': 401 }, 121, 'two', 5),
      failed('timeout', { ...GPT, 'error.message': 'Request timed out' }, 150, 'one', 30),
      failed('long', { ...GPT, 'error.message': 'prompt is too long' }, 155, 'two', 5),
    ),
    steps: ['openai', 'azure', 'mini', 'nano', 'a', 'b', 'fast', 'next', 's429', 's401', 'timeout', 'long'].map(
      (id) => ({
        span: id,
        fields: { status: 'failed' },
      }),
    ),
  },
  {
    name: 'The last HTTP request inside of a failed call had no answer, or a good one',
    requests: spans(
      ...['timeout', 'parse'].flatMap((id, i) => [
        span(id, 'chat', chat(), { at: i * 50, status: { code: 2, message: 'It failed' }, ms: 40 }),
        span(
          `${id}1`,
          'POST',
          { 'url.full': 'http://127.0.0.1:9/v1', 'http.response.status_code': i === 0 ? 429 : 200 },
          { parent: id, kind: 3, at: i * 50 + 1 },
        ),
        ...(i === 0
          ? [span('again', 'POST', { 'url.full': 'http://127.0.0.1:9/v1' }, { parent: id, kind: 3, at: 12, ms: 20 })]
          : []),
      ]),
    ),
    steps: ['timeout', 'parse'].map((id) => ({
      span: id,
      fields: { status: 'failed', error_data: { message: 'It failed', traceback: null, details: null } },
    })),
  },
  {
    name: 'Statuses that are no copies: OpenInference on other spans, or on an answer that failed',
    requests: spans(
      span(
        'own',
        'chat',
        { ...chat(), 'openinference.span.kind': 'LLM', 'gen_ai.response.id': 'r1', 'llm.finish_reason': 'stop' },
        { status: { code: 2, message: 'boom' } },
      ),
      span(
        'error',
        'chat gpt-5',
        { ...chat(), 'openinference.span.kind': 'LLM', 'gen_ai.response.id': 'r2', 'llm.finish_reason': 'error' },
        { scope: 'gen_ai', at: 20, status: { code: 2, message: 'boom' } },
      ),
      span(
        'unanswered',
        'chat gpt-5',
        { ...chat(), 'openinference.span.kind': 'LLM', 'llm.finish_reason': 'stop' },
        { scope: 'gen_ai', at: 40, status: { code: 2, message: 'boom' }, events: [exception('Error', 'boom')] },
      ),
    ),
    steps: ['own', 'error', 'unanswered'].map((id) => ({ span: id, fields: { status: 'failed' } })),
  },
]

const langfuse = (model: string, more: Record<string, string>) => ({
  'langfuse.observation.type': 'generation',
  'langfuse.observation.model.name': model,
  'langfuse.observation.output': 'Hello.',
  ...more,
})
const details = (usage: object) => ({ 'langfuse.observation.usage_details': json(usage) })

const counts: Example[] = [
  {
    name: 'LangChain’s zero for all that was written to the cache, beside each time',
    requests: spans(
      span('call', 'ChatAnthropic', {
        'langsmith.span.kind': 'llm',
        'gen_ai.usage.input_tokens': 200,
        'gen_ai.usage.output_tokens': 5,
        'gen_ai.usage.input_token_details': json({
          cache_read: 10,
          cache_creation: 0,
          ephemeral_5m_input_tokens: 80,
          ephemeral_1h_input_tokens: 70,
        }),
      }),
    ),
    steps: [{ span: 'call', fields: { prompt_tokens: 200, cached_input_tokens: 10, cache_write_tokens: 150 } }],
  },
  {
    name: 'Totals that hold more than thoughts: prompts of Google’s tools, Claude’s cache on Vertex',
    requests: spans(
      ...[
        { id: 'pro', model: 'gemini-2.5-pro', input: 50, reasoning: 15, total: 1075 },
        { id: 'flash', model: 'gemini-2.5-flash', input: 50, reasoning: undefined, total: 75 },
        { id: 'claude', model: 'claude-sonnet-4-5', input: 50, reasoning: undefined, total: 1060 },
      ].map(({ id, model, input, reasoning, total }, i) =>
        span(
          id,
          'chat',
          {
            ...chat(),
            'gen_ai.request.model': model,
            'gen_ai.provider.name': 'gcp.vertex_ai',
            'gen_ai.usage.input_tokens': input,
            'gen_ai.usage.output_tokens': 10,
            'gen_ai.usage.total_tokens': total,
            ...(reasoning === undefined ? {} : { 'gen_ai.usage.reasoning_tokens': reasoning }),
            ...(i === 2 && { 'gen_ai.usage.cache_read_input_tokens': 1000 }),
          },
          { at: i * 20 },
        ),
      ),
    ),
    steps: [
      { span: 'pro', fields: { prompt_tokens: 50, completion_tokens: 25 } },
      { span: 'flash', fields: { prompt_tokens: 50, completion_tokens: 25 } },
      { span: 'claude', fields: { prompt_tokens: 1050, completion_tokens: 10, total_tokens: 1060 } },
    ],
  },
  {
    name: 'Langfuse: buckets beside a provider’s word, one cache under two names, metadata that is the user’s own',
    requests: spans(
      span(
        'buckets',
        'call',
        langfuse(
          'gpt-5',
          details({ input_tokens: 36, output_tokens: 20, input_cached_tokens: 22, output_reasoning_tokens: 7 }),
        ),
      ),
      span(
        'twice',
        'call',
        langfuse('claude-sonnet-4-5', details({ input: 36, input_cache_read: 22, cache_read_input_tokens: 22 })),
        { at: 20 },
      ),
      span(
        'tuned',
        'call',
        langfuse('ft:gpt-4o-mini:acme:moderation:9x', {
          'langfuse.observation.metadata.status': 'active',
          'langfuse.observation.metadata.instructions': 'Call the customer back',
          'langfuse.observation.input': 'Hi',
        }),
        { at: 40 },
      ),
      span('moderation', 'call', langfuse('omni-moderation-latest', {}), { at: 60 }),
      span('inside', 'chat', chat(), { at: 61, ms: 2, parent: 'moderation' }),
    ),
    steps: [
      { span: 'buckets', fields: { prompt_tokens: 58, completion_tokens: 27, cached_input_tokens: 22 } },
      { span: 'twice', fields: { prompt_tokens: 58, cached_input_tokens: 22 } },
      { span: 'tuned', fields: { model: 'ft:gpt-4o-mini:acme:moderation:9x' }, asked: ['user: Hi'] },
      { span: 'inside', fields: {} },
    ],
  },
]

const answers: Example[] = [
  {
    name: 'Answers and results of nothing but nulls are said; two choices with one reason are two',
    requests: spans(
      span('nulls', 'call', {
        'langfuse.observation.type': 'generation',
        'langfuse.observation.model.name': 'gpt-5',
        'langfuse.observation.output': json({ city: null }),
      }),
      span(
        'asks',
        'ChatOpenAI',
        {
          'langsmith.span.kind': 'llm',
          'gen_ai.completion': json({
            role: 'assistant',
            tool_calls: [{ id: 'c1', function: { name: 'find', arguments: '{}' } }],
          }),
        },
        { at: 20 },
      ),
      span('find', 'find', { 'langsmith.span.kind': 'tool', 'gen_ai.completion': json({ found: null }) }, { at: 35 }),
      span(
        'choices',
        'chat',
        chat({
          'gen_ai.response.finish_reasons': ['stop'],
          'gen_ai.output.messages': json(
            ['One.', 'Two.'].map((content) => ({
              ...said('assistant', { type: 'text', content }),
              finish_reason: 'stop',
            })),
          ),
        }),
        { at: 60 },
      ),
    ),
    steps: [
      { span: 'nulls', fields: {}, answered: ['assistant: {"city":null}'] },
      { span: 'asks', fields: {}, shown: ['assistant: call c1 find {}', 'tool: return c1 {"found":null}'] },
      { span: 'choices', fields: {}, shown: ['assistant: One.'] },
    ],
  },
  {
    name: 'A result that was told of another call is told of this one, where the provider keeps the conversation',
    requests: spans(
      agent,
      span('one', 'chat', chat(messages([HI], [said('assistant', call('c1'))])), inAgent(0)),
      span('t1', 'tool', { ...tool('c1'), 'gen_ai.tool.call.result': 'ok' }, inAgent(12, { ms: 3 })),
      span(
        'two',
        'chat',
        chat(messages([said('tool', result('c1', 'ok'))], [said('assistant', call('c2'))])),
        inAgent(20),
      ),
      span('three', 'chat', chat(messages([said('tool', result('c2', 'ok'))])), inAgent(40)),
    ),
    steps: [
      { span: 'one', fields: {} },
      { span: 'two', fields: {}, shown: ['assistant: call c2 weather {}'] },
      { span: 'three', fields: {}, shown: ['tool: return c2 ok'] },
    ],
  },
  {
    name: 'Spans inside of two executions of a tool, with ids that nobody asked for',
    requests: spans(
      agent,
      span('one', 'chat', chat(messages([HI], [said('assistant', call('c1'), call('c2'))])), inAgent(0)),
      ...['c1', 'c2'].flatMap((id, i) => [
        span(id, 'tool', { ...tool(id), 'gen_ai.tool.call.result': `sun ${i}` }, inAgent(12 + i, { ms: 20 })),
        span(
          `x${id}`,
          'tool',
          { ...tool(`exec-${i}`), 'gen_ai.tool.call.result': `raw ${i}` },
          { parent: id, at: 13 + i },
        ),
      ]),
    ),
    steps: [
      {
        span: 'one',
        fields: {},
        shown: [
          'user: Hi',
          'assistant: call c1 weather {}',
          'assistant: call c2 weather {}',
          'tool: return c1 sun 0',
          'tool: return c2 sun 1',
        ],
      },
    ],
  },
]

const raw = (value: object) => ({
  'openinference.span.kind': 'LLM',
  'llm.model_name': 'gpt-5',
  'input.mime_type': 'application/json',
  'input.value': json(value),
})
const flat = (place: number, role: string, content: string, id?: string) => ({
  [`llm.input_messages.${place}.message.role`]: role,
  [`llm.input_messages.${place}.message.content`]: content,
  ...(id !== undefined && { [`llm.input_messages.${place}.message.tool_call_id`]: id }),
})

const results: Example[] = [
  {
    name: 'OpenInference: that a tool failed is in the raw request only, for the result of the same id',
    requests: spans(
      span('one', 'ChatOpenAI', {
        ...raw({
          messages: [
            { role: 'user', content: 'Hi' },
            { role: 'tool', tool_call_id: 'c1', content: 'No network', status: 'error' },
            { role: 'tool', tool_call_id: 'c3', content: 'sunny', status: 'error' },
          ],
        }),
        ...flat(0, 'user', 'Hi'),
        ...flat(1, 'tool', 'No network', 'c1'),
        ...flat(2, 'tool', 'sunny', 'c2'),
      }),
      // A result that is a list of texts, as the flattened form has it.
      span(
        'two',
        'ChatAnthropic',
        {
          'openinference.span.kind': 'LLM',
          'llm.model_name': 'claude-sonnet-4-5',
          ...flat(0, 'user', json([{ type: 'text', text: 'boom' }]), 't2'),
        },
        { at: 20, trace: '3af7651916cd43dd8448eb211c80319c' },
      ),
    ),
    steps: [
      {
        span: 'one',
        fields: {},
        asked: ['user: Hi', 'tool: return c1 No network (error)', 'tool: return c2 sunny'],
      },
      { span: 'two', fields: {}, asked: ['tool: return t2 boom'] },
    ],
  },
  {
    name: 'Text that is the JSON of blocks is text, but for the one instrumentation that writes it so',
    requests: spans(
      span('one', 'chat', chat(messages([said('user', { type: 'text', content: json([{ type: 'text' }]) })]))),
    ),
    steps: [{ span: 'one', fields: {}, asked: ['user: [{"type":"text"}]'] }],
  },
]

export const lookAlikes: Example[] = [...tools, ...failures, ...counts, ...answers, ...results]
