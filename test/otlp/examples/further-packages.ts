/** What further packages were seen to write, for JavaScript and Python: items, bytes, sums, errors as Python prints them. */
import { expect } from 'vitest'
import { event, json, log, span, spans, spanId, TRACE, type Example } from './example.ts'

const openInference = (more: Record<string, string | number>) => ({
  'openinference.span.kind': 'LLM',
  'llm.model_name': 'gpt-5',
  'input.mime_type': 'application/json',
  'output.mime_type': 'application/json',
  ...more,
})
const chat = (more: Record<string, string | number | string[]> = {}) => ({
  'gen_ai.operation.name': 'chat',
  'gen_ai.request.model': 'gpt-5',
  ...more,
})
const FAILED = { code: 2 }
/** Each span a trace of its own, so that they are no run. */
const alone = (n: number, more: Parameters<typeof span>[3] = {}) => ({
  trace: TRACE.replace(/^0/, String(n)),
  at: n * 20,
  ...more,
})

const inOpenInference: Example[] = [
  {
    name: 'OpenInference: results as AutoGen and Bedrock have them; images and calls that stand in the raw request only',
    requests: spans(
      span(
        'autogen',
        'create',
        openInference({
          'llm.input_messages.0.message.role': 'function',
          'llm.input_messages.0.function.0': json({ call_id: 'c1', content: 'sun', is_error: false }),
          'llm.input_messages.0.function.1': json({ call_id: 'c2', content: 'boom', is_error: true }),
        }),
        alone(1),
      ),
      span(
        'bedrock',
        'Converse',
        openInference({
          'llm.input_messages.0.message.role': 'user',
          'llm.input_messages.0.message.tool_call_id': 'c2',
          'input.value': json({
            modelId: 'anthropic.claude',
            messages: [
              {
                role: 'user',
                content: [
                  { toolResult: { toolUseId: 'c1', content: [{ text: 'sun' }], status: 'success' } },
                  { toolResult: { toolUseId: 'c2', content: [{ text: 'boom' }], status: 'error' } },
                  { image: { format: 'png', source: { bytes: { 0: 137, 1: 80 } } } },
                ],
              },
            ],
          }),
          'output.value': json({
            usage: { inputTokens: 8, outputTokens: 8, totalTokens: 20, cacheReadInputTokens: 4 },
          }),
          'llm.token_count.prompt': 8,
          'llm.token_count.completion': 8,
          'llm.token_count.total': 20,
        }),
        alone(2),
      ),
      span(
        'image',
        'response',
        openInference({
          'llm.input_messages.0.message.role': 'user',
          'llm.input_messages.0.message.content': 'see',
          'input.value': json({
            input: [
              {
                role: 'user',
                content: [
                  { type: 'input_text', text: 'see' },
                  { type: 'input_image', image: 'data:image/png;base64,AQID' },
                ],
              },
            ],
          }),
        }),
        alone(3),
      ),
      span(
        'handed',
        'ChatOpenAI',
        openInference({
          'llm.input_messages.0.message.role': 'assistant',
          'llm.input_messages.0.message.content': 'Back',
          'llm.input_messages.1.message.role': 'tool',
          'llm.input_messages.1.message.content': 'Done',
          'llm.input_messages.1.message.tool_call_id': 'b1',
          'input.value': json({
            messages: [
              { role: 'assistant', content: 'Back', tool_calls: [{ name: 'back', args: {}, id: 'b1' }] },
              { role: 'tool', content: 'Done', tool_call_id: 'b1' },
            ],
          }),
        }),
        alone(4),
      ),
    ),
    steps: [
      { span: 'autogen', fields: {}, asked: ['tool: return c1 sun', 'tool: return c2 boom (error)'] },
      {
        span: 'bedrock',
        fields: { prompt_tokens: 12, completion_tokens: 8, total_tokens: 20, cached_input_tokens: 4 },
        asked: ['tool: return c1 sun', 'tool: return c2 boom (error)', 'user: image base64'],
      },
      { span: 'image', fields: {}, asked: ['user: see', 'user: image base64'] },
      { span: 'handed', fields: {}, asked: ['assistant: Back', 'assistant: call b1 back {}', 'tool: return b1 Done'] },
    ],
  },
  {
    name: 'OpenInference: zeros that nobody counted, what Python prints of a stream, an agent’s span named after its method',
    requests: spans(
      span('agent', 'boss.run', { 'openinference.span.kind': 'AGENT' }, { ms: 100 }),
      span(
        'zeros',
        'generate_stream',
        openInference({
          'llm.token_count.prompt': 0,
          'llm.token_count.completion': 0,
          'llm.token_count.total': 0,
          'output.value': '<groq.Stream object at 0x7f3a>',
        }),
        { parent: 'agent', status: { code: 1 } },
      ),
    ),
    steps: [
      {
        span: 'zeros',
        fields: {
          agent_id: 'boss',
          prompt_tokens: null,
          completion_tokens: null,
          total_tokens: null,
          stop_reason: null,
        },
        answered: [],
      },
    ],
  },
]

const langSmith = (more: Record<string, string>) => ({ 'langsmith.span.kind': 'llm', ...more })
const printed = (message: string) => ({
  name: 'exception',
  timeNs: 0n,
  attributes: {
    'exception.type': 'Exception',
    'exception.message': `${message}Traceback (most recent call last):\n\n  File "a.py", line 1, in run\n`,
  },
})

const chunk = (delta: object, finish: string | null = null) =>
  event('mlflow.chunk.item.0', { 'mlflow.chunk.value': json({ choices: [{ delta, finish_reason: finish }] }) })

const elsewhere: Example[] = [
  {
    name: 'LangSmith for Python: errors as they are printed, outputs of runs that failed, ids that are LangChain’s',
    requests: spans(
      span(
        'failed',
        'ChatOpenAI',
        langSmith({ 'gen_ai.completion': json({ output: null }) }),
        alone(1, { status: FAILED, events: [printed("OpenAIRateLimitError('Error code: 429 - it\\'s too much')")] }),
      ),
      span('stopped', 'ChatOpenAI', langSmith({}), alone(2, { status: FAILED, events: [printed('GeneratorExit()')] })),
      span(
        'streamed',
        'ChatOpenAI',
        langSmith({
          'gen_ai.completion': json({
            generations: [
              [
                {
                  message: {
                    id: ['langchain', 'AIMessage'],
                    kwargs: { id: 'lc_run--1', content: '', additional_kwargs: { refusal: 'No.' } },
                  },
                },
              ],
            ],
          }),
        }),
        alone(3),
      ),
    ),
    steps: [
      {
        span: 'failed',
        fields: {
          status: 'failed',
          error_type: 'OpenAIRateLimitError',
          error_data: expect.objectContaining({
            message: "Error code: 429 - it's too much",
            details: { http_status: 429 },
          }),
        },
        answered: [],
      },
      { span: 'stopped', fields: { status: 'cancelled', error_type: 'GeneratorExit' } },
      { span: 'streamed', fields: { request_id: null }, answered: ['assistant: No.'] },
    ],
  },
  {
    name: 'Semantic Kernel: messages as JSON text in the records’ bodies, a class as Python prints it',
    requests: [
      {
        spans: [
          span(
            'call',
            'chat gpt-5',
            chat({ 'error.type': "<class 'app.ServiceError'>", 'server.address': '10.0.0.1:81' }),
            {
              status: FAILED,
            },
          ),
        ],
        logs: [
          { role: 'user', content: 'Hi' },
          { role: 'tool', content: 'sun', tool_call_id: 'c1' },
        ].map((message, i) =>
          log(
            `gen_ai.${message.role}.message`,
            {},
            {
              traceId: TRACE,
              spanId: spanId('call'),
              body: json(message),
              at: i + 1,
            },
          ),
        ),
      },
    ],
    steps: [
      {
        span: 'call',
        fields: { error_type: 'app.ServiceError', model_endpoint: 'https://10.0.0.1:81' },
        asked: ['user: Hi', 'tool: return c1 sun'],
      },
    ],
  },
  {
    name: 'MLflow: the message that a tool of LangChain’s returned, calls in the chunks of a stream; the Agent Framework’s id of a turn',
    requests: spans(
      span(
        'call',
        'ChatOpenAI',
        {
          'mlflow.spanType': '"CHAT_MODEL"',
          'mlflow.spanOutputs': json({
            choices: [
              {
                message: {
                  role: 'assistant',
                  tool_calls: [{ id: 'c1', function: { name: 'weather', arguments: '{}' } }],
                },
              },
            ],
          }),
        },
        alone(1),
      ),
      span(
        'tool',
        'weather',
        {
          'mlflow.spanType': '"TOOL"',
          'mlflow.spanOutputs': json({ content: 'sun', type: 'tool', tool_call_id: 'c1', status: 'success' }),
        },
        alone(1, { at: 32 }),
      ),
      span(
        'stream',
        'Completions',
        {
          'mlflow.spanType': '"CHAT_MODEL"',
          'mlflow.spanOutputs': json({
            choices: [{ finish_reason: 'stop', message: { role: 'assistant', content: 'Looking.', tool_calls: null } }],
          }),
        },
        alone(2, {
          events: [
            chunk({ tool_calls: [{ index: 0, id: 'c2', function: { name: 'weather', arguments: '{"city":' } }] }),
            chunk({ tool_calls: [{ index: 1, id: 'c3', function: { name: 'time', arguments: '' } }] }),
            chunk({ tool_calls: [{ index: 0, id: null, function: { name: null, arguments: '"Paris"}' } }] }),
            chunk({}, 'tool_calls'),
            chunk({}),
          ],
        }),
      ),
      span('turn', 'chat', chat({ 'gen_ai.conversation.id': 'resp_2' }), alone(3)),
    ),
    steps: [
      { span: 'call', fields: {}, shown: ['assistant: call c1 weather {}', 'tool: return c1 sun'] },
      {
        span: 'stream',
        fields: { stop_reason: null },
        shown: ['assistant: Looking.', 'assistant: call c2 weather {"city":"Paris"}', 'assistant: call c3 time {}'],
      },
      { span: 'turn', fields: { tags: [] } },
    ],
  },
  {
    name: 'Items of one answer that share a finish reason are one message; OpenLLMetry’s older call repeats the newer one',
    requests: spans(
      span(
        'items',
        'responses',
        chat({
          'gen_ai.response.finish_reasons': ['completed'],
          'gen_ai.output.messages': json([
            { role: 'assistant', finish_reason: 'completed', parts: [{ type: 'text', content: 'Looking.' }] },
            {
              role: 'assistant',
              finish_reason: 'completed',
              parts: [{ type: 'tool_call', id: 'c1', name: 'weather', arguments: {} }],
            },
          ]),
        }),
        alone(1),
      ),
      span(
        'together',
        'together.chat',
        {
          'llm.request.type': 'chat',
          'gen_ai.completion.0.role': 'assistant',
          'gen_ai.completion.0.function_call.name': 'weather',
          'gen_ai.completion.0.function_call.arguments': '{}',
          'gen_ai.completion.0.tool_calls.0.id': 'c1',
          'gen_ai.completion.0.tool_calls.0.name': 'weather',
          'gen_ai.completion.0.tool_calls.0.arguments': '{}',
        },
        alone(2),
      ),
    ),
    steps: [
      { span: 'items', fields: {}, answered: ['assistant: Looking.', 'assistant: call c1 weather {}'] },
      { span: 'together', fields: {}, answered: ['assistant: call c1 weather {}'] },
    ],
  },
  {
    name: 'Sentry: items of a streamed answer, and the states that it went through',
    requests: spans(
      span('call', 'responses gpt-5', {
        'sentry.op': 'gen_ai.responses',
        'gen_ai.request.model': 'gpt-5',
        'gen_ai.response.finish_reasons': ['in_progress', 'incomplete'],
        'gen_ai.response.text': 'Looking.',
        'gen_ai.response.tool_calls': json([
          { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm' }] },
          { type: 'message', id: 'msg_1', role: 'assistant', content: [{ type: 'output_text', text: 'Looking.' }] },
          { type: 'function_call', id: 'fc_1', call_id: 'e1', name: 'weather', arguments: '{}' },
        ]),
      }),
    ),
    steps: [
      {
        span: 'call',
        fields: { stop_reason: 'max_tokens_exceeded' },
        answered: ['assistant: summarized_reasoning', 'assistant: Looking.', 'assistant: call e1 weather {}'],
      },
    ],
  },
  {
    name: 'Images as JavaScript writes bytes, and documents that are none; a person’s word is no result',
    requests: spans(
      span('call', 'ai.generateText.doGenerate', {
        'ai.operationId': 'ai.generateText.doGenerate',
        'ai.model.id': 'gpt-5',
        'ai.prompt.messages': json([
          {
            role: 'user',
            content: [
              { type: 'image', image: { 0: 137, 1: 80 }, mimeType: 'image/png' },
              { type: 'image', image: { type: 'Buffer', data: [137, 80] }, mimeType: 'image/png' },
              { type: 'file', mediaType: 'image', data: 'https://example.com/a.png' },
              { type: 'file', file: { file_data: 'data:image/png;base64,AQID' } },
              { type: 'blob', modality: 'image', mime_type: 'application/pdf', content: 'AQID' },
              { type: 'blob', modality: 'image', mime_type: 'png', content: 'AQID' },
            ],
          },
          {
            role: 'assistant',
            content: [
              { type: 'tool-call', toolCallId: 'p1', toolName: 'pay', input: {} },
              { type: 'tool-approval-request' },
            ],
          },
          { role: 'tool', content: [{ type: 'tool-approval-response' }] },
        ]),
      }),
    ),
    steps: [
      {
        span: 'call',
        fields: {},
        asked: [
          'user: image base64',
          'user: image base64',
          'user: image url',
          'user: image base64',
          'user: {"type":"blob","modality":"image","mime_type":"application/pdf","content":"AQID"}',
          'user: image base64',
          'assistant: call p1 pay {}',
        ],
      },
    ],
  },
]

export const furtherPackages: Example[] = [...inOpenInference, ...elsewhere]
