/** What exporters write on the AI SDK's spans, and what instrumentations make of requests in another provider's form. */
import { event, exception, json, span, spans, type Example } from './example.ts'

const doStream = {
  'ai.operationId': 'ai.streamText.doStream',
  'ai.model.provider': 'openai.chat',
  'ai.model.id': 'gpt-5',
}
const doGenerate = { ...doStream, 'ai.operationId': 'ai.generateText.doGenerate' }
const asked = { 'ai.prompt.messages': json([{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }]) }
const answered = { 'ai.response.text': 'Hello.', 'ai.response.finishReason': 'stop', 'ai.response.id': 'chatcmpl-1' }
const [AI, GEN_AI] = [{ scope: 'ai' }, { scope: 'gen_ai' }]

const ZEROS = json({ input_tokens: 0, output_tokens: 0, total_tokens: 0 })
const langSmith = { 'langsmith.span.kind': 'llm', 'gen_ai.prompt': json({ input: [{ role: 'user', content: 'Hi' }] }) }

const langSmiths: Example[] = [
  {
    name: 'LangSmith on the AI SDK: metadata renamed, zeros for counts that nobody reported',
    requests: spans(
      span(
        'told',
        'ai.generateText.doGenerate',
        {
          ...doGenerate,
          ...asked,
          ...answered,
          ...langSmith,
          'langsmith.metadata.tags': ['prod', 'eu'],
          'langsmith.metadata.tier': 'gold',
        },
        AI,
      ),
      span(
        'failed',
        'ai.generateText.doGenerate',
        { ...doGenerate, ...asked, ...langSmith, 'langsmith.usage_metadata': ZEROS },
        { ...AI, at: 20, status: { code: 2, message: 'boom' }, events: [exception('AI_APICallError', 'boom')] },
      ),
      span(
        'aborted',
        'ai.streamText.doStream',
        { ...doStream, ...asked, ...langSmith, 'langsmith.usage_metadata': ZEROS },
        { ...AI, at: 40 },
      ),
    ),
    steps: [
      { span: 'told', fields: { tags: ['prod', 'eu'], status: 'success' }, telemetry: { metadata: { tier: 'gold' } } },
      {
        span: 'failed',
        fields: { status: 'failed', prompt_tokens: null, completion_tokens: null, total_tokens: null },
      },
      { span: 'aborted', fields: { status: 'cancelled', stop_reason: 'cancelled', prompt_tokens: null } },
    ],
  },
  {
    name: 'LangSmith: a request with options beside it, and a cache that is told by how long it lasts',
    requests: spans(
      span('call', 'ChatAnthropic', {
        'langsmith.span.kind': 'llm',
        'gen_ai.operation.name': 'chat',
        'gen_ai.system': 'anthropic',
        'gen_ai.prompt': json({
          args: [
            { model: 'claude-sonnet-4-5', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] },
            { signal: {} },
          ],
        }),
        'gen_ai.completion': json({
          id: 'msg_1',
          role: 'assistant',
          content: [{ type: 'text', text: 'Hello.' }],
          stop_reason: 'end_turn',
        }),
        'gen_ai.usage.input_tokens': 1060,
        'gen_ai.usage.output_tokens': 30,
        'gen_ai.usage.input_token_details': json({
          ephemeral_5m_input_tokens: 60,
          ephemeral_1hr_input_tokens: 40,
          cache_read: 900,
        }),
      }),
    ),
    steps: [
      {
        span: 'call',
        fields: { model: 'claude-sonnet-4-5', prompt_tokens: 1060, cached_input_tokens: 900, cache_write_tokens: 100 },
        asked: ['user: Hi'],
        answered: ['assistant: Hello.'],
        request: { max_tokens: 9 },
      },
    ],
  },
]

const llm = { 'openinference.span.kind': 'LLM', 'input.mime_type': 'application/json' }
/** A call of which the AI SDK's own form tells the end. */
const chat = (id: string, more: Record<string, string | string[]>, options: Parameters<typeof span>[3]) =>
  span(
    id,
    'chat gpt-5',
    {
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'gpt-5',
      ...llm,
      'gen_ai.input.messages': json([{ role: 'user', parts: [{ type: 'text', content: 'Hi' }] }]),
      ...more,
    },
    { ...GEN_AI, ...options },
  )
const done = {
  'gen_ai.response.id': 'chatcmpl-1',
  'gen_ai.response.finish_reasons': ['stop'],
  'llm.finish_reason': 'stop',
  'gen_ai.output.messages': json([{ role: 'assistant', parts: [{ type: 'text', content: 'Hello.' }] }]),
}
const COPIED = { code: 2, message: 'Rate limit' }

/** As Anthropic's SDK for JavaScript sends it, and OpenInference flattens it. */
const anthropic = (messages: unknown[]) => ({
  ...llm,
  'llm.system': 'anthropic',
  'llm.model_name': 'claude-opus-4-6',
  'input.value': json({ model: 'claude-opus-4-6', max_tokens: 100, system: 'Be brief.', messages }),
  'output.value': json({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    content: [{ type: 'text', text: 'Cold' }],
    stop_reason: 'end_turn',
  }),
})
const use = (id: string) => ({ type: 'tool_use', id, name: 'weather', input: {} })

const openInferences: Example[] = [
  {
    name: 'OpenInference on the AI SDK: an OK that nobody gave, an error of an earlier span',
    requests: spans(
      chat('failed', {}, { parent: 'root', status: COPIED, events: [exception('AI_APICallError', 'Rate limit')] }),
      chat('again', done, { parent: 'root', at: 20, status: COPIED }),
      chat('aborted', {}, { parent: 'root', at: 40, status: { code: 1 } }),
      span(
        'root',
        'invoke_agent gpt-5',
        {
          'gen_ai.operation.name': 'invoke_agent',
          'gen_ai.request.model': 'gpt-5',
          'openinference.span.kind': 'AGENT',
        },
        { ...GEN_AI, ms: 60, status: COPIED },
      ),
    ),
    steps: [
      { span: 'failed', fields: { status: 'failed', error_type: 'AI_APICallError', agent_id: 'app' } },
      {
        span: 'again',
        fields: { status: 'success', stop_reason: 'end_turn', error_data: null },
        answered: ['assistant: Hello.'],
      },
      { span: 'aborted', fields: { status: 'cancelled' } },
    ],
  },
  {
    name: 'OpenInference for Anthropic: instructions, images and all results of tools are in the raw request only',
    requests: spans(
      span('call', 'Anthropic Messages', {
        ...anthropic([
          {
            role: 'user',
            content: [
              { type: 'text', text: 'Pic?' },
              { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AQID' } },
            ],
          },
          { role: 'assistant', content: [{ type: 'thinking', thinking: 'Hm', signature: 's' }, use('t1'), use('t2')] },
          {
            role: 'user',
            content: [
              { type: 'tool_result', tool_use_id: 't1', content: '3' },
              { type: 'tool_result', tool_use_id: 't2', is_error: true, content: [{ type: 'text', text: 'boom' }] },
              { type: 'text', text: 'And?' },
            ],
          },
        ]),
        'llm.input_messages.0.message.role': 'user',
        'llm.input_messages.0.message.contents.0.message_content.type': 'text',
        'llm.input_messages.0.message.contents.0.message_content.text': 'Pic?',
        'llm.input_messages.0.message.contents.1.message_content.type': 'image',
        'llm.input_messages.2.message.role': 'user',
        'llm.input_messages.2.message.tool_call_id': 't2',
        'llm.input_messages.2.message.content': json([{ type: 'text', text: 'boom' }]),
      }),
      // Where the raw request is hidden, the flattened one is all there is.
      span(
        'hidden',
        'Anthropic Messages',
        {
          ...anthropic([]),
          'input.value': '__REDACTED__',
          'llm.input_messages.0.message.role': 'user',
          'llm.input_messages.0.message.tool_call_id': 't2',
          'llm.input_messages.0.message.content': '3',
          'llm.input_messages.0.message.contents.1.message_content.type': 'text',
          'llm.input_messages.0.message.contents.1.message_content.text': 'And?',
        },
        { trace: '1af7651916cd43dd8448eb211c80319c', at: 20 },
      ),
      // Python's blocks may stand there as texts made for people.
      span(
        'python',
        'Messages',
        {
          ...anthropic([
            { role: 'user', content: 'Hi' },
            { role: 'assistant', content: ["TextBlock(text='Hello')"] },
          ]),
          'llm.input_messages.0.message.role': 'user',
          'llm.input_messages.0.message.content': 'Hi',
        },
        { trace: '2af7651916cd43dd8448eb211c80319c', at: 40 },
      ),
    ),
    steps: [
      {
        span: 'call',
        fields: {},
        asked: [
          'system: Be brief.',
          'user: Pic?',
          'user: image base64',
          'assistant: reasoning Hm',
          'assistant: call t1 weather {}',
          'assistant: call t2 weather {}',
          'tool: return t1 3',
          'tool: return t2 boom (error)',
          'user: And?',
        ],
        answered: ['assistant: Cold'],
      },
      { span: 'hidden', fields: {}, asked: ['tool: return t2 3', 'user: And?'] },
      { span: 'python', fields: {}, asked: ['user: Hi'] },
    ],
  },
  {
    name: 'OpenInference for the Agents SDK: reasoning beside a tool call is in the raw answer only',
    requests: spans(
      span('call', 'response', {
        ...llm,
        'llm.model_name': 'gpt-5',
        'output.mime_type': 'application/json',
        'output.value': json({
          id: 'resp_1',
          output: [
            { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm' }] },
            { type: 'function_call', call_id: 'c1', name: 'weather', arguments: '{}' },
          ],
        }),
        'llm.output_messages.0.message.role': 'assistant',
        'llm.output_messages.0.message.tool_calls.0.tool_call.id': 'c1',
        'llm.output_messages.0.message.tool_calls.0.tool_call.function.name': 'weather',
        'llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments': '{}',
      }),
    ),
    steps: [
      { span: 'call', fields: {}, answered: ['assistant: summarized_reasoning', 'assistant: call c1 weather {}'] },
    ],
  },
]

const traceloop = { scope: '@traceloop/instrumentation-langchain' }
const weather = json({
  lc: 1,
  type: 'constructor',
  id: ['langchain_core', 'messages', 'ToolMessage'],
  kwargs: { content: '21', tool_call_id: 'c1', name: 'weather', status: 'success' },
})

const odds: Example[] = [
  {
    name: 'OpenLLMetry for LangChain: blocks as the text of a part, a tool’s message as LangChain serialises it',
    requests: spans(
      span(
        'one',
        'chat gpt-5',
        {
          'gen_ai.operation.name': 'chat',
          'gen_ai.request.model': 'gpt-5',
          'gen_ai.input.messages': json([
            { role: 'system', parts: [{ type: 'text', content: json([{ type: 'text', text: 'Be brief.' }]) }] },
            { role: 'user', parts: [{ type: 'text', content: '[1, 2]' }] },
          ]),
          'gen_ai.output.messages': json([
            { role: 'assistant', parts: [{ type: 'tool_call', id: 'c1', name: 'weather', arguments: {} }] },
          ]),
        },
        traceloop,
      ),
      span(
        'tool',
        'DynamicStructuredTool.task',
        {
          'traceloop.span.kind': 'tool',
          'traceloop.entity.name': 'DynamicStructuredTool',
          'traceloop.entity.output': weather,
        },
        { ...traceloop, at: 12 },
      ),
    ),
    steps: [
      {
        span: 'one',
        fields: {},
        asked: ['system: Be brief.', 'user: [1, 2]'],
        shown: ['system: Be brief.', 'user: [1, 2]', 'assistant: call c1 weather {}', 'tool: return c1 21'],
      },
    ],
  },
  {
    name: 'AI SDK 7 in its legacy form: what a provider’s package keeps for itself is no word of anybody',
    requests: spans(
      span(
        'one',
        'ai.streamText.doStream',
        {
          ...doStream,
          ...answered,
          'ai.prompt.messages': json([
            { role: 'user', content: 'Hi' },
            {
              role: 'assistant',
              content: [
                { type: 'custom', kind: 'anthropic.message_start', providerOptions: { anthropic: { id: 'msg_5' } } },
                { type: 'text', text: 'Hello.' },
              ],
            },
            { role: 'user', content: 'And?' },
          ]),
        },
        { ...AI, events: [event('ai.stream.firstChunk', {}, 2)] },
      ),
    ),
    steps: [{ span: 'one', fields: {}, asked: ['user: Hi', 'assistant: Hello.', 'user: And?'] }],
  },
  {
    name: 'The HTTP status of a failed call is that of the last request inside, where nothing else tells it',
    requests: spans(
      span(
        'call',
        'chat gpt-5',
        { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-5' },
        { status: { code: 2 } },
      ),
      span(
        'first',
        'POST',
        { 'url.full': 'http://127.0.0.1:9/v1', 'http.response.status_code': 500 },
        { parent: 'call', kind: 3, at: 1 },
      ),
      span(
        'last',
        'POST',
        { 'url.full': 'http://127.0.0.1:9/v1', 'http.response.status_code': 429 },
        { parent: 'call', kind: 3, at: 5 },
      ),
    ),
    steps: [
      {
        span: 'call',
        fields: { status: 'failed', error_data: { message: null, traceback: null, details: { http_status: 429 } } },
      },
    ],
  },
]

export const onOthersSpans: Example[] = [...langSmiths, ...openInferences, ...odds]
