/** What frameworks and their instrumentations were seen to send of tools, usage, refusals and limits, in JavaScript and Python. */
import { exception, json, span, spans, type Example } from './example.ts'

const langfuse = (type: string, more: Record<string, string | string[]>) => ({
  'langfuse.observation.type': type,
  ...more,
})
const definition = { type: 'function', function: { name: 'weather', parameters: {} } }
const returned = { content: 'sunny', type: 'tool', name: 'weather', tool_call_id: 'c1', status: 'error' }
const called = {
  role: 'assistant',
  content: '',
  tool_calls: [{ name: 'weather', args: {}, id: 'c1', type: 'tool_call' }],
}

const langfuses: Example[] = [
  {
    name: 'Langfuse with LangChain for Python: definitions of tools among the messages, a tool’s message as its result',
    requests: spans(
      span(
        'call',
        'ChatOpenAI',
        langfuse('generation', {
          'langfuse.observation.model.name': 'gpt-5',
          'langfuse.observation.metadata.langfuse_tags': '["prod"]',
          'langfuse.observation.input': json([
            { role: 'user', content: 'Hi' },
            { role: 'tool', content: definition },
          ]),
          'langfuse.observation.output': json(called),
          'langfuse.observation.usage_details': json({
            input_tokens: 110,
            input_tokens_details: { cached_tokens: 64 },
            output_tokens: 20,
            output_tokens_details: { reasoning_tokens: 8 },
            total_tokens: 130,
          }),
        }),
      ),
      span('tool', 'weather', langfuse('tool', { 'langfuse.observation.output': json(returned) }), { at: 12 }),
      span(
        'embed',
        'OpenAI.embeddings',
        langfuse('generation', { 'langfuse.observation.model.name': 'text-embedding-3-small' }),
        { at: 30 },
      ),
    ),
    steps: [
      {
        span: 'call',
        fields: {
          tags: ['prod'],
          prompt_tokens: 110,
          completion_tokens: 20,
          cached_input_tokens: 64,
          reasoning_tokens: 8,
        },
        asked: ['user: Hi'],
        shown: ['user: Hi', 'assistant: call c1 weather {}', 'tool: return c1 sunny (error)'],
        request: { tools: [definition] },
      },
    ],
  },
  {
    name: 'Langfuse: Anthropic’s cache beside the input, arguments that were streamed, a cut answer of the Responses API',
    requests: spans(
      span(
        'anthropic',
        'ChatAnthropic',
        langfuse('generation', {
          'langfuse.observation.model.name': 'claude-sonnet-4-5',
          'langfuse.observation.usage_details': json({
            input: 36,
            output: 20,
            cache_read_input_tokens: 22,
            cache_creation_input_tokens: 11,
          }),
          'langfuse.observation.output': json({
            role: 'assistant',
            content: [{ type: 'tool_use', id: 't1', name: 'weather', input: {}, partial_json: '{"city": "Paris"}' }],
          }),
        }),
      ),
      span(
        'cut',
        'OpenAI.responses',
        langfuse('generation', {
          'langfuse.observation.model.name': 'gpt-5',
          'langfuse.observation.metadata.status': 'incomplete',
          'langfuse.observation.metadata.incomplete_details': json({ reason: 'max_output_tokens' }),
          'langfuse.observation.metadata.instructions': 'Be brief.',
          'langfuse.observation.input': 'Hi',
          'langfuse.observation.output': 'cut o',
        }),
        { at: 20 },
      ),
    ),
    steps: [
      {
        span: 'anthropic',
        fields: { prompt_tokens: 69, cached_input_tokens: 22, cache_write_tokens: 11 },
        answered: ['assistant: call t1 weather {"city":"Paris"}'],
      },
      { span: 'cut', fields: { stop_reason: 'max_tokens_exceeded' }, asked: ['system: Be brief.', 'user: Hi'] },
    ],
  },
]

const chat = (model: string, more: Record<string, string | number | string[]>) => ({
  'gen_ai.operation.name': 'chat',
  'gen_ai.request.model': model,
  ...more,
})
const use = (id: string) => ({ role: 'assistant', parts: [{ type: 'tool_call', id, name: 'weather', arguments: {} }] })
const enveloped = json({
  output: { lc: 1, id: ['langchain', 'schema', 'messages', 'ToolMessage'], kwargs: returned },
  kwargs: { name: 'weather' },
})

const genAis: Example[] = [
  {
    name: 'GenAI: the callback’s envelope around a tool’s message; calls of one answer as messages; thoughts only in the total',
    requests: spans(
      span(
        'one',
        'chat',
        chat('gemini-2.5-flash', {
          'gen_ai.provider.name': 'gcp.gemini',
          'gen_ai.output.messages': json([use('c1'), use('c2')]),
          'gen_ai.usage.input_tokens': 51,
          'gen_ai.usage.output_tokens': 12,
          'gen_ai.usage.total_tokens': 71,
        }),
      ),
      span(
        'tool',
        'execute_tool weather',
        {
          'gen_ai.operation.name': 'execute_tool',
          'gen_ai.tool.name': 'weather',
          'gen_ai.tool.call.result': enveloped,
        },
        { at: 12 },
      ),
      // An object of anybody's own that looks a little like one.
      span(
        'other',
        'execute_tool time',
        {
          'gen_ai.operation.name': 'execute_tool',
          'gen_ai.tool.name': 'time',
          'gen_ai.tool.call.id': 'c2',
          'gen_ai.tool.call.result': json({ data: { content: '5' } }),
        },
        { at: 14 },
      ),
    ),
    steps: [
      {
        span: 'one',
        fields: { prompt_tokens: 51, completion_tokens: 20, total_tokens: 71 },
        shown: [
          'assistant: call c1 weather {}',
          'assistant: call c2 weather {}',
          'tool: return c1 sunny (error)',
          'tool: return c2 {"data":{"content":"5"}}',
        ],
      },
    ],
  },
  {
    name: 'OpenLLMetry: LiteLLM’s asynchronous words; an answer that is not told; a summary as JSON text',
    requests: spans(
      span('litellm', 'litellm_request', { 'llm.request.type': 'acompletion', 'gen_ai.request.model': 'gpt-5' }),
      span(
        'embed',
        'litellm_request',
        { 'llm.request.type': 'aembedding', 'gen_ai.request.model': 'gpt-5' },
        { at: 15 },
      ),
      span(
        'stream',
        'chat gpt-5',
        chat('gpt-5', { 'gen_ai.input.messages': json([{ role: 'user', parts: [{ type: 'text', content: 'Hi' }] }]) }),
        { at: 30, scope: '@traceloop/instrumentation-openai' },
      ),
      span(
        'summary',
        'openai.response',
        chat('gpt-5', {
          'gen_ai.output.messages': json([
            {
              role: 'assistant',
              parts: [
                { type: 'reasoning', content: json([{ type: 'summary_text', text: 'Hm' }]) },
                { type: 'text', content: 'Yes.' },
              ],
            },
          ]),
        }),
        { at: 45 },
      ),
    ),
    steps: [
      { span: 'litellm', fields: {} },
      { span: 'stream', fields: { status: 'success', stop_reason: null } },
      { span: 'summary', fields: {}, answered: ['assistant: summarized_reasoning', 'assistant: Yes.'] },
    ],
  },
]

const llm = { 'openinference.span.kind': 'LLM', 'llm.model_name': 'gpt-5' }
const TROUBLE = '429 slow\n\nTroubleshooting URL: https://example.com/limits/\n'

const openInferences: Example[] = [
  {
    name: 'OpenInference: several answers, a preparation that is no call, plain prompts, LangChain’s errors with blank lines',
    requests: spans(
      span('two', 'ChatOpenAI', {
        ...llm,
        'llm.invocation_parameters': json({ n: 2 }),
        'llm.output_messages.0.message.role': 'assistant',
        'llm.output_messages.0.message.content': 'a',
        'llm.output_messages.1.message.role': 'assistant',
        'llm.output_messages.1.message.content': 'b',
      }),
      span('prepare', 'OpenAI._prepare_chat_with_tools', { 'openinference.span.kind': 'LLM' }, { at: 15 }),
      span('plain', 'OpenAI.complete', { ...llm, 'llm.prompts': ['Once'] }, { at: 30 }),
      span('slow', 'ChatOpenAI', llm, {
        at: 45,
        status: {
          code: 2,
          message: `${TROUBLE}\n\nRateLimitCapacityError: ${TROUBLE}\n    at file:///app/index.mjs:1:2`,
        },
      }),
    ),
    steps: [
      { span: 'two', fields: {}, answered: ['assistant: a', 'assistant: b'], shown: ['assistant: a'] },
      { span: 'plain', fields: {}, asked: ['user: Once'] },
      {
        span: 'slow',
        fields: {
          error_type: 'RateLimitCapacityError',
          error_data: {
            message: TROUBLE.trim(),
            traceback: `RateLimitCapacityError: ${TROUBLE}\n    at file:///app/index.mjs:1:2`,
            details: { http_status: 429 },
          },
        },
      },
    ],
  },
]

const genkit = (more: Record<string, string>) => ({
  'genkit:type': 'action',
  'genkit:metadata:subtype': 'model',
  'genkit:name': 'openai/gpt-5',
  ...more,
})
const ADK = { scope: 'gcp.vertex.agent' }

const googles: Example[] = [
  {
    name: 'Genkit: details of usage in the provider’s own answer, a blocked one, data as a part, a limit in gRPC’s words',
    requests: spans(
      span(
        'raw',
        'openai/gpt-5',
        genkit({
          'genkit:output': json({
            message: { role: 'model', content: [{ data: { city: 'Oslo' } }] },
            finishReason: 'stop',
            usage: { inputTokens: 100, outputTokens: 20, totalTokens: 120 },
            raw: {
              id: 'chatcmpl-1',
              model: 'gpt-5-2026',
              usage: {
                prompt_tokens: 100,
                prompt_tokens_details: { cached_tokens: 40 },
                completion_tokens: 20,
                completion_tokens_details: { reasoning_tokens: 8 },
              },
            },
          }),
        }),
      ),
      span(
        'blocked',
        'openai/gpt-5',
        genkit({
          'genkit:output': json({
            finishReason: 'blocked',
            custom: { modelVersion: 'gemini-001', responseId: 'gem_1' },
          }),
        }),
        { at: 15 },
      ),
      span('limit', 'openai/gpt-5', genkit({ 'genkit:state': 'error' }), {
        at: 30,
        events: [exception('GenkitError', 'ABORTED: Exceeded maximum tool call iterations (1)')],
      }),
    ),
    steps: [
      {
        span: 'raw',
        fields: { cached_input_tokens: 40, reasoning_tokens: 8, request_id: 'chatcmpl-1' },
        answered: ['assistant: {"city":"Oslo"}'],
      },
      { span: 'blocked', fields: { status: 'success', stop_reason: 'error', request_id: 'gem_1' } },
      { span: 'limit', fields: { status: 'failed' } },
    ],
  },
  {
    name: 'ADK: an answer without content has its finish reason as the error’s code, too',
    requests: spans(
      span(
        'call',
        'call_llm',
        {
          'gcp.vertex.agent.llm_request': json({ model: 'gemini-2.5-flash', contents: [] }),
          'gcp.vertex.agent.llm_response': json({ errorCode: 'MAX_TOKENS', finishReason: 'MAX_TOKENS' }),
        },
        ADK,
      ),
      span(
        'failed',
        'call_llm',
        {
          'gcp.vertex.agent.llm_request': json({ model: 'gemini-2.5-flash', contents: [] }),
          'gcp.vertex.agent.llm_response': json({ errorCode: '429', errorMessage: 'slow' }),
        },
        { ...ADK, at: 15 },
      ),
    ),
    steps: [
      { span: 'call', fields: { status: 'success', stop_reason: 'max_tokens_exceeded' } },
      { span: 'failed', fields: { status: 'failed' } },
    ],
  },
]

export const measuredFrameworks: Example[] = [...langfuses, ...genAis, ...openInferences, ...googles]
