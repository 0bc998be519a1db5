/** Frameworks with dialects of their own that no capture has (mapping, sections 3, 9.1, 12.4 to 12.8). */
import { event, exception, json, ns, span, spanId, spans, type Example } from './example.ts'

export const frameworks: Example[] = [
  {
    name: 'Genkit: only the subtype model is a call, thoughts are counted once',
    requests: spans(
      span(
        'flow',
        'menuFlow',
        { 'genkit:type': 'action', 'genkit:metadata:subtype': 'flow', 'genkit:name': 'menuFlow' },
        { ms: 50, scope: 'genkit-tracer' },
      ),
      span(
        'gen',
        'generate',
        { 'genkit:type': 'util', 'genkit:name': 'generate', 'genkit:input': '{}' },
        { parent: 'flow', at: 1, ms: 45, scope: 'genkit-tracer' },
      ),
      span(
        'call',
        'googleai/gemini-2.5-flash',
        {
          'genkit:type': 'action',
          'genkit:metadata:subtype': 'model',
          'genkit:name': 'googleai/gemini-2.5-flash',
          'genkit:state': 'success',
          'genkit:input': json({
            messages: [
              { role: 'system', content: [{ text: 'You cook.' }] },
              {
                role: 'user',
                content: [
                  { text: 'Menu?' },
                  { media: { url: 'data:image/png;base64,QUJD', contentType: 'image/png' } },
                ],
              },
              { role: 'model', content: [{ toolRequest: { ref: 'r0', name: 'pantry', input: { shelf: 1 } } }] },
              { role: 'tool', content: [{ toolResponse: { ref: 'r0', name: 'pantry', output: { items: ['rice'] } } }] },
            ],
            config: { temperature: 0.2 },
            tools: [{ name: 'pantry' }],
          }),
          'genkit:output': json({
            message: {
              role: 'model',
              content: [{ reasoning: 'Rice it is.' }, { toolRequest: { ref: 'r1', name: 'book', input: {} } }],
            },
            finishReason: 'stop',
            usage: { inputTokens: 40, outputTokens: 6, thoughtsTokens: 10, totalTokens: 56, cachedContentTokens: 8 },
          }),
        },
        { parent: 'gen', at: 2, ms: 40, scope: 'genkit-tracer' },
      ),
    ),
    steps: [
      {
        span: 'call',
        fields: {
          model: 'gemini-2.5-flash',
          provider_name: 'google_ai',
          prompt_tokens: 40,
          completion_tokens: 16,
          total_tokens: 56,
          cached_input_tokens: 8,
          reasoning_tokens: 10,
          stop_reason: null,
          agent_id: 'menuFlow',
          prompt_tokens_details: { cached_tokens: 8 },
        },
        asked: [
          'system: You cook.',
          'user: Menu?',
          'user: image base64',
          'assistant: call r0 pantry {"shelf":1}',
          'tool: return r0 {"items":["rice"]}',
        ],
        answered: ['assistant: reasoning Rice it is.', 'assistant: call r1 book {}'],
        request: { config: { temperature: 0.2 }, tools: [{ name: 'pantry' }] },
      },
    ],
  },
  {
    name: 'Genkit: a failed model action',
    requests: spans(
      span(
        'call',
        'openai/gpt-4o',
        {
          'genkit:type': 'action',
          'genkit:metadata:subtype': 'model',
          'genkit:name': 'openai/gpt-4o',
          'genkit:state': 'error',
          'genkit:input': '{"messages":[{"role":"user","content":[{"text":"Hi"}]}]}',
        },
        { events: [exception('Error', '401 Incorrect API key provided')] },
      ),
    ),
    steps: [
      {
        span: 'call',
        fields: {
          status: 'failed',
          stop_reason: 'llm_api_error',
          provider_name: 'openai',
          error_data: { message: '401 Incorrect API key provided', traceback: null, details: { http_status: 401 } },
        },
      },
    ],
  },
  {
    name: 'Google ADK in Python: snake_case inside of the JSON',
    requests: spans(
      span('agent', 'agent_run [guide]', {}, { scope: 'gcp.vertex.agent', ms: 30 }),
      span(
        'call',
        'call_llm',
        {
          'gen_ai.system': 'gcp.vertex.agent',
          'gen_ai.request.model': 'gemini-2.5-pro',
          'gcp.vertex.agent.invocation_id': 'e-1',
          'gcp.vertex.agent.session_id': 's-1',
          'gcp.vertex.agent.llm_request': json({
            model: 'gemini-2.5-pro',
            config: { system_instruction: 'Guide.', http_options: { headers: { a: 'b' } } },
            contents: [{ role: 'user', parts: [{ text: 'Where?' }] }],
          }),
          'gcp.vertex.agent.llm_response': json({
            content: { role: 'model', parts: [{ text: 'There.' }] },
            finish_reason: 'STOP',
            usage_metadata: {
              prompt_token_count: 10,
              candidates_token_count: 3,
              thoughts_token_count: 4,
              total_token_count: 17,
            },
          }),
        },
        { parent: 'agent', at: 1, scope: 'gcp.vertex.agent' },
      ),
      span('empty', 'call_llm', {}, { parent: 'agent', at: 15, scope: 'gcp.vertex.agent' }),
    ),
    steps: [
      {
        span: 'call',
        fields: {
          prompt_tokens: 10,
          completion_tokens: 7,
          reasoning_tokens: 4,
          run_id: 'e-1',
          provider_name: 'google_ai',
          tags: ['session:s-1'],
          stop_reason: 'end_turn',
        },
        asked: ['system: Guide.', 'user: Where?'],
        answered: ['assistant: There.'],
      },
      { span: 'empty', fields: { status: 'failed', stop_reason: 'llm_api_error', prompt_tokens: null, model: null } },
    ],
  },
  {
    name: 'Strands: events in its own block format, usage in three spellings, Claude counted apart',
    requests: spans(
      span(
        'agent',
        'invoke_agent helper',
        {
          'gen_ai.operation.name': 'invoke_agent',
          'gen_ai.agent.name': 'helper',
          'gen_ai.system': 'strands-agents',
          'gen_ai.usage.input_tokens': 77,
        },
        { ms: 60, scope: 'strands-agents' },
      ),
      span(
        'cycle',
        'execute_agent_loop_cycle',
        { 'agent_loop.cycle_id': 'c-1' },
        { parent: 'agent', at: 1, ms: 50, scope: 'strands-agents' },
      ),
      span(
        'call',
        'chat',
        {
          'gen_ai.operation.name': 'chat',
          'gen_ai.system': 'helpdesk',
          'gen_ai.request.model': 'us.anthropic.claude-sonnet-4-5',
          'gen_ai.usage.prompt_tokens': 10,
          'gen_ai.usage.input_tokens': 10,
          'gen_ai.usage.completion_tokens': 5,
          'gen_ai.usage.output_tokens': 5,
          'gen_ai.usage.total_tokens': 15,
          'gen_ai.usage.cache_read_input_tokens': 100,
          'gen_ai.usage.cache_write_input_tokens': 20,
        },
        {
          parent: 'cycle',
          at: 2,
          scope: 'strands-agents',
          resource: { 'service.name': 'helpdesk' },
          events: [
            event('gen_ai.user.message', { content: json([{ text: 'Ticket 4?' }]) }),
            event('gen_ai.choice', {
              finish_reason: 'toolUse',
              message: json([
                { reasoningContent: { reasoningText: { text: 'Look.', signature: 's' } } },
                { type: 'toolUse', toolUseId: 't1', name: 'lookup', input: { id: 4 } },
              ]),
            }),
          ],
        },
      ),
      span(
        'tool',
        'execute_tool lookup',
        {
          'gen_ai.operation.name': 'execute_tool',
          'gen_ai.tool.name': 'lookup',
          'gen_ai.tool.call.id': 't1',
          'tool.status': 'success',
        },
        {
          parent: 'cycle',
          at: 15,
          ms: 5,
          scope: 'strands-agents',
          events: [event('gen_ai.choice', { id: 't1', message: json([{ text: 'broken' }]) })],
        },
      ),
    ),
    steps: [
      {
        span: 'call',
        fields: {
          prompt_tokens: 130,
          completion_tokens: 5,
          total_tokens: 135,
          cached_input_tokens: 100,
          cache_write_tokens: 20,
          stop_reason: null,
          agent_id: 'helper',
          provider_name: null,
          prompt_tokens_details: { cache_read_tokens: 100, cache_creation_tokens: 20 },
          metrics: {
            step_start_ns: String(ns(2)),
            llm_request_start_ns: String(ns(2)),
            llm_request_ns: '10000000',
            tool_execution_ns: '5000000',
            step_ns: '49000000',
          },
        },
        asked: ['user: Ticket 4?'],
        answered: ['assistant: reasoning Look.', 'assistant: call t1 lookup {"id":4}'],
        shown: [
          'user: Ticket 4?',
          'assistant: reasoning Look.',
          'assistant: call t1 lookup {"id":4}',
          'tool: return t1 broken',
        ],
      },
    ],
  },
  {
    name: 'Sentry: provider shapes, an answer as a list, no error message',
    requests: spans(
      span('call', 'chat gpt-4o', {
        'sentry.op': 'gen_ai.chat',
        'sentry.origin': 'auto.ai.openai',
        'gen_ai.operation.name': 'chat',
        'gen_ai.system': 'openai',
        'gen_ai.request.model': 'gpt-4o',
        'gen_ai.system_instructions': json([{ type: 'text', content: 'Be brief.' }]),
        'gen_ai.input.messages': json([{ role: 'user', content: 'Weather?' }]),
        'gen_ai.response.text': json(['It rains.']),
        'gen_ai.response.tool_calls': json([
          { id: 'c1', type: 'function', function: { name: 'weather', arguments: '{"city":"Gent"}' } },
        ]),
        'gen_ai.usage.input_tokens': 20,
        'gen_ai.usage.output_tokens': 8,
        'gen_ai.usage.input_tokens.cached': 16,
      }),
      span(
        'bad',
        'messages claude',
        {
          'sentry.op': 'gen_ai.messages',
          'gen_ai.system': 'anthropic',
          'gen_ai.request.model': 'claude-3-5-haiku',
          'gen_ai.request.messages': json('Just text'),
        },
        { at: 20, status: { code: 2 } },
      ),
    ),
    steps: [
      {
        span: 'call',
        fields: { stop_reason: null, cached_input_tokens: 16, prompt_tokens: 20 },
        asked: ['system: Be brief.', 'user: Weather?'],
        answered: ['assistant: It rains.', 'assistant: call c1 weather {"city":"Gent"}'],
      },
      {
        span: 'bad',
        fields: { status: 'failed', error_type: '_OTHER', provider_name: 'anthropic' },
        asked: ['user: Just text'],
      },
    ],
  },
  {
    name: 'Pydantic AI: a pending span is a pending step, the real one completes it',
    requests: spans(
      span(
        'p-agent',
        'agent run (pending)',
        {
          'logfire.span_type': 'pending_span',
          'logfire.pending_parent_id': '0000000000000000',
          agent_name: 'bank',
          model_name: 'gpt-4o',
        },
        { parent: 'agent', ms: 0 },
      ),
      span(
        'p-call',
        'chat gpt-4o',
        {
          'logfire.span_type': 'pending_span',
          'logfire.pending_parent_id': spanId('agent'),
          'gen_ai.operation.name': 'chat',
          'gen_ai.system': 'openai',
          'gen_ai.request.model': 'gpt-4o',
        },
        { parent: 'call', at: 1, ms: 0 },
      ),
    ),
    steps: [{ span: 'call', fields: { status: 'pending', stop_reason: null, agent_id: 'bank', prompt_tokens: null } }],
  },
  {
    name: 'Pydantic AI: version 1 events, aggregated usage of the agent is nobody’s',
    requests: spans(
      span(
        'p-call',
        'chat gpt-4o',
        {
          'logfire.span_type': 'pending_span',
          'logfire.pending_parent_id': spanId('agent'),
          'gen_ai.operation.name': 'chat',
          'gen_ai.request.model': 'gpt-4o',
        },
        { parent: 'call', at: 1, ms: 0 },
      ),
      span(
        'agent',
        'agent run',
        {
          agent_name: 'bank',
          model_name: 'gpt-4o',
          'gen_ai.usage.input_tokens': 300,
          'pydantic_ai.all_messages': '[]',
          final_result: 'ok',
          'logfire.tags': ['desk'],
        },
        { ms: 60, resource: { 'service.name': 'x' } },
      ),
      span(
        'call',
        'chat gpt-4o',
        {
          'gen_ai.operation.name': 'chat',
          'gen_ai.system': 'openai',
          'gen_ai.request.model': 'gpt-4o',
          'gen_ai.response.model': 'gpt-4o-2024-08-06',
          'gen_ai.agent.call.id': 'run-77',
          'gen_ai.conversation.id': 'conv-1',
          'gen_ai.usage.input_tokens': 100,
          'gen_ai.usage.output_tokens': 9,
          'gen_ai.usage.details.cache_read_tokens': 64,
          'gen_ai.response.finish_reasons': ['tool_call'],
          model_request_parameters: json({ output_mode: 'text' }),
          events: json([
            { 'event.name': 'gen_ai.system.message', content: 'Bank.', role: 'system', 'gen_ai.message.index': 0 },
            { 'event.name': 'gen_ai.user.message', content: 'Balance?', role: 'user' },
            {
              'event.name': 'gen_ai.choice',
              index: 0,
              message: {
                role: 'assistant',
                tool_calls: [{ id: 'b1', type: 'function', function: { name: 'balance', arguments: { of: 'me' } } }],
              },
            },
          ]),
        },
        { parent: 'agent', at: 1 },
      ),
      span(
        'tool',
        'running tool',
        { 'gen_ai.tool.name': 'balance', 'gen_ai.tool.call.id': 'b1', tool_response: '12 EUR' },
        { parent: 'agent', at: 15, ms: 4 },
      ),
    ),
    steps: [
      {
        span: 'call',
        fields: {
          status: 'success',
          stop_reason: null,
          run_id: 'run-77',
          agent_id: 'bank',
          prompt_tokens: 100,
          cached_input_tokens: 64,
          tags: ['desk', 'session:conv-1'],
        },
        asked: ['system: Bank.', 'user: Balance?'],
        answered: ['assistant: call b1 balance {"of":"me"}'],
        shown: ['system: Bank.', 'user: Balance?', 'assistant: call b1 balance {"of":"me"}', 'tool: return b1 12 EUR'],
        request: { model_request_parameters: { output_mode: 'text' } },
      },
    ],
  },
  {
    name: 'Pydantic AI: version 2 parts, thinking and result',
    requests: spans(
      span('call', 'chat claude', {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'anthropic',
        'gen_ai.request.model': 'claude-sonnet-4-5',
        'gen_ai.agent.name': 'bank',
        'gen_ai.input.messages': json([
          {
            role: 'user',
            parts: [
              { type: 'tool_call_response', id: 'x', result: { a: 1 } },
              { type: 'text', content: 'Go on' },
            ],
          },
        ]),
        'gen_ai.output.messages': json([
          {
            role: 'assistant',
            parts: [
              { type: 'thinking', content: 'Hm.', signature: 'sig' },
              { type: 'text', content: 'Done' },
            ],
            finish_reason: 'stop',
          },
        ]),
        'gen_ai.usage.output_tokens': 2,
      }),
    ),
    steps: [
      {
        span: 'call',
        fields: { stop_reason: 'end_turn', agent_id: 'bank' },
        asked: ['tool: return x {"a":1}', 'user: Go on'],
        answered: ['assistant: reasoning Hm.', 'assistant: Done'],
      },
    ],
  },
  {
    name: 'MLflow: quoted values, usage beside the answer',
    requests: spans(
      span(
        'agent',
        'solver',
        { 'mlflow.spanType': '"AGENT"', 'mlflow.trace.session': '"sess-1"', 'mlflow.trace.user': '"ann"' },
        { ms: 30 },
      ),
      span(
        'call',
        'Completions',
        {
          'mlflow.spanType': '"CHAT_MODEL"',
          'mlflow.llm.model': '"gpt-4o"',
          'mlflow.llm.provider': '"openai"',
          'mlflow.spanInputs': json({
            model: 'gpt-4o',
            messages: [{ role: 'user', content: 'Solve.' }],
            temperature: 0,
          }),
          'mlflow.spanOutputs': json({
            id: 'chatcmpl-1',
            model: 'gpt-4o-2024',
            choices: [{ message: { role: 'assistant', content: 'Solved.' }, finish_reason: 'stop' }],
          }),
          'mlflow.chat.tokenUsage': json({ input_tokens: 7, output_tokens: 2, total_tokens: 9 }),
        },
        { parent: 'agent', at: 1 },
      ),
    ),
    steps: [
      {
        span: 'call',
        fields: {
          model: 'gpt-4o',
          provider_name: 'openai',
          prompt_tokens: 7,
          completion_tokens: 2,
          request_id: 'chatcmpl-1',
          stop_reason: 'end_turn',
          agent_id: 'solver',
          tags: ['session:sess-1', 'user:ann'],
        },
        telemetry: { served_model: 'gpt-4o-2024' },
        asked: ['user: Solve.'],
        answered: ['assistant: Solved.'],
      },
    ],
  },
  {
    name: 'LangSmith: request and answer as JSON, status OK on a failure, project is no conversation',
    requests: spans(
      span(
        'root',
        'support',
        {
          'langsmith.span.kind': 'chain',
          'langsmith.trace.name': 'support-agent',
          'langsmith.trace.session_name': 'my-project',
          'langsmith.span.tags': 'prod, vip,seq:step:1',
          'gen_ai.operation.name': 'chain',
        },
        { ms: 40 },
      ),
      span(
        'call',
        'ChatOpenAI',
        {
          'langsmith.span.kind': 'llm',
          'gen_ai.operation.name': 'chat',
          'gen_ai.system': 'openai',
          'gen_ai.request.model': 'gpt-4o',
          'langsmith.metadata.thread_id': 'th-1',
          'langsmith.metadata.user_id': 'u-1',
          'langsmith.metadata.LANGSMITH_PROJECT': 'x',
          'langsmith.metadata.team': 'red',
          'gen_ai.prompt': json({ messages: [{ role: 'user', content: 'Hi' }], tools: [{ type: 'function' }] }),
          'gen_ai.completion': json({
            id: 'chatcmpl-9',
            choices: [
              {
                finish_reason: 'tool_calls',
                message: {
                  role: 'assistant',
                  content: null,
                  tool_calls: [{ id: 'k', type: 'function', function: { name: 'f', arguments: '{bad' } }],
                },
              },
            ],
          }),
          'gen_ai.usage.input_tokens': 50,
          'gen_ai.usage.output_tokens': 3,
          'gen_ai.usage.input_token_details': json({ cache_read: 32 }),
          'langsmith.usage_metadata': json({ input_tokens: 82, output_tokens: 3 }),
        },
        { parent: 'root', at: 1, status: { code: 1 } },
      ),
      span(
        'bad',
        'ChatOpenAI',
        {
          'langsmith.span.kind': 'llm',
          'gen_ai.operation.name': 'chat',
          'gen_ai.request.model': 'gpt-4o',
          'gen_ai.prompt': json({ messages: [{ role: 'user', content: 'Hi again' }] }),
        },
        { parent: 'root', at: 20, status: { code: 1 }, events: [exception('RateLimitError', '429 Too many')] },
      ),
    ),
    steps: [
      {
        span: 'call',
        fields: {
          prompt_tokens: 50,
          cached_input_tokens: 32,
          stop_reason: null,
          agent_id: 'support-agent',
          request_id: 'chatcmpl-9',
          tags: ['prod', 'vip', 'session:th-1', 'user:u-1'],
        },
        telemetry: { metadata: { team: 'red', thread_id: 'th-1' } },
        asked: ['user: Hi'],
        answered: ['assistant: call k f {"_raw":"{bad"}'],
        request: { tools: [{ type: 'function' }] },
      },
      { span: 'bad', fields: { status: 'failed', error_type: 'RateLimitError', stop_reason: 'llm_api_error' } },
    ],
  },
  {
    name: 'Vercel AI SDK 7: GenAI form under an agent, retries inside, max steps',
    requests: spans(
      span(
        'agent',
        'invoke_agent trip',
        {
          'gen_ai.operation.name': 'invoke_agent',
          'gen_ai.agent.name': 'trip',
          'gen_ai.usage.input_tokens': 60,
          'gen_ai.response.finish_reasons': ['tool-calls'],
          'ai.settings.context.userId': 'u9',
        },
        { ms: 50, scope: 'gen_ai' },
      ),
      span(
        'step',
        'step 1',
        { 'gen_ai.operation.name': 'agent_step' },
        { parent: 'agent', at: 1, ms: 40, scope: 'gen_ai' },
      ),
      span(
        'call',
        'chat gpt-5-mini',
        {
          'gen_ai.operation.name': 'chat',
          'gen_ai.provider.name': 'openai',
          'gen_ai.request.model': 'gpt-5-mini',
          'gen_ai.usage.input_tokens': 60,
          'gen_ai.usage.output_tokens': 20,
          'ai.usage.outputTokenDetails.reasoningTokens': 12,
          'gen_ai.response.finish_reasons': ['tool-calls'],
          'gen_ai.response.time_to_first_chunk': 0.25,
          'gen_ai.input.messages': json([{ role: 'user', parts: [{ type: 'text', content: 'Plan' }] }]),
          'gen_ai.output.messages': json([
            {
              role: 'assistant',
              parts: [{ type: 'tool_call', id: 'c1', name: 'trains', arguments: { to: 'Graz' } }],
              finish_reason: 'tool_call',
            },
          ]),
        },
        { parent: 'step', at: 2, ms: 20, scope: 'gen_ai' },
      ),
      span(
        'tool',
        'execute_tool trains',
        {
          'gen_ai.operation.name': 'execute_tool',
          'gen_ai.tool.name': 'trains',
          'gen_ai.tool.call.id': 'c1',
          'gen_ai.tool.call.result': json(['RJ 1']),
        },
        { parent: 'step', at: 25, ms: 3, scope: 'gen_ai' },
      ),
    ),
    steps: [
      {
        span: 'call',
        fields: {
          stop_reason: 'max_steps',
          agent_id: 'trip',
          reasoning_tokens: 12,
          tags: ['user:u9'],
          metrics: {
            step_start_ns: String(ns(2)),
            llm_request_start_ns: String(ns(2)),
            llm_request_ns: '20000000',
            tool_execution_ns: '3000000',
            step_ns: '39000000',
          },
        },
        telemetry: { time_to_first_token_ms: 250, is_streaming: true },
        shown: ['user: Plan', 'assistant: call c1 trains {"to":"Graz"}', 'tool: return c1 ["RJ 1"]'],
      },
    ],
  },
  {
    name: 'Vercel AI SDK 3: ai.result, and a loop that waits for approval',
    requests: spans(
      span(
        'wrap',
        'ai.generateText',
        {
          'ai.operationId': 'ai.generateText',
          'ai.telemetry.functionId': 'old-bot',
          'ai.response.finishReason': 'tool-calls',
        },
        { ms: 40, scope: 'ai' },
      ),
      span(
        'call',
        'ai.generateText.doGenerate',
        {
          'ai.operationId': 'ai.generateText.doGenerate',
          'ai.model.id': 'gpt-4o',
          'ai.model.provider': 'openai.chat',
          'ai.telemetry.functionId': 'old-bot',
          'ai.prompt.messages': json([{ role: 'user', content: [{ type: 'text', text: 'Pay' }] }]),
          'ai.result.text': 'Shall I?',
          'ai.result.toolCalls': json([
            { toolCallType: 'function', toolCallId: 'p1', toolName: 'pay', args: '{"sum":3}' },
          ]),
          'ai.finishReason': 'tool-calls',
          'ai.usage.promptTokens': 8,
          'ai.usage.completionTokens': 5,
        },
        { parent: 'wrap', at: 1, scope: 'ai' },
      ),
    ),
    steps: [
      {
        span: 'call',
        fields: { stop_reason: 'requires_approval', prompt_tokens: 8, completion_tokens: 5, agent_id: 'old-bot' },
        answered: ['assistant: Shall I?', 'assistant: call p1 pay {"sum":3}'],
      },
    ],
  },
  {
    name: 'Mastra: older versions have only model_generation',
    requests: spans(
      span('agent', 'agent run', { 'mastra.span.type': 'agent_run', 'gen_ai.agent.name': 'Gardener' }, { ms: 40 }),
      span(
        'call',
        'chat gpt-4.1',
        {
          'mastra.span.type': 'model_generation',
          'gen_ai.operation.name': 'chat',
          'gen_ai.request.model': 'gpt-4.1',
          'gen_ai.provider.name': 'openai.chat',
          'gen_ai.usage.input_tokens': 5,
          'gen_ai.usage.output_tokens': 1,
          'mastra.model_generation.input': json({ messages: [{ role: 'user', content: 'Grow' }] }),
          'mastra.model_generation.output': json({ text: 'Ok', toolCalls: [] }),
        },
        { parent: 'agent', at: 1 },
      ),
    ),
    steps: [
      {
        span: 'call',
        fields: { prompt_tokens: 5, agent_id: 'Gardener', provider_name: 'openai', stop_reason: 'end_turn' },
        asked: ['user: Grow'],
        answered: ['assistant: Ok'],
      },
    ],
  },
  {
    name: 'OpenLLMetry classic on Anthropic: content as JSON of blocks, uncached input',
    requests: spans(
      span(
        'call',
        'anthropic.chat',
        {
          'gen_ai.system': 'Anthropic',
          'llm.request.type': 'chat',
          'gen_ai.request.model': 'claude-3-5-sonnet',
          'gen_ai.prompt.0.role': 'user',
          'gen_ai.prompt.0.content': json([{ type: 'text', text: 'Look' }]),
          'gen_ai.completion.0.role': 'assistant',
          'gen_ai.completion.0.content': 'Seen.',
          'gen_ai.completion.0.finish_reason': 'end_turn',
          'gen_ai.usage.prompt_tokens': 10,
          'gen_ai.usage.completion_tokens': 2,
          'gen_ai.usage.cache_read_input_tokens': 4,
        },
        { scope: '@traceloop/instrumentation-anthropic', version: '0.20.0' },
      ),
    ),
    steps: [
      {
        span: 'call',
        fields: { prompt_tokens: 14, cached_input_tokens: 4, provider_name: 'anthropic', stop_reason: 'end_turn' },
        asked: ['user: Look'],
        answered: ['assistant: Seen.'],
      },
    ],
  },
  {
    name: 'Langfuse: the Python SDK up to 3.3.0 marks generations as spans; a newer span is a span',
    requests: spans(
      span(
        'old',
        'llm',
        {
          'langfuse.observation.type': 'span',
          'langfuse.observation.model.name': 'gpt-4o',
          'langfuse.observation.input': 'Hi',
          'langfuse.observation.output': 'Ho',
        },
        { scope: 'langfuse-sdk', version: '3.2.1', resource: { 'telemetry.sdk.language': 'python' } },
      ),
      span(
        'new',
        'llm',
        { 'langfuse.observation.type': 'span', 'langfuse.observation.model.name': 'gpt-4o' },
        { at: 20, scope: 'langfuse-sdk', version: '3.4.0', resource: { 'telemetry.sdk.language': 'python' } },
      ),
    ),
    steps: [
      {
        span: 'old',
        fields: { model: 'gpt-4o', provider_name: 'openai', stop_reason: 'end_turn' },
        asked: ['user: Hi'],
        answered: ['assistant: Ho'],
      },
    ],
  },
  {
    name: 'Vercel AI SDK 7: an agent without a name is not named after its model; the answer tells why it ended',
    requests: spans(
      span(
        'agent',
        'invoke_agent gpt-4.1',
        { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.request.model': 'gpt-4.1' },
        { ms: 50 },
      ),
      span(
        'call',
        'chat gpt-4.1',
        {
          'gen_ai.operation.name': 'chat',
          'gen_ai.request.model': 'gpt-4.1',
          'gen_ai.usage.input_tokens': 1,
          'gen_ai.output.messages': json([
            { role: 'assistant', parts: [{ type: 'text', content: 'Cut' }], finish_reason: 'length' },
          ]),
        },
        { parent: 'agent', at: 1 },
      ),
    ),
    steps: [
      {
        span: 'call',
        fields: { agent_id: 'app', stop_reason: 'max_tokens_exceeded' },
        telemetry: { finish_reason: 'length' },
      },
    ],
  },
  {
    name: 'LangSmith without an operation name: its own sums come last',
    requests: spans(
      span('call', 'ChatAnthropic', {
        'langsmith.span.kind': 'llm',
        'gen_ai.request.model': 'claude-sonnet-4-5',
        'gen_ai.usage.input_tokens': 100,
        'gen_ai.usage.output_tokens': 5,
        'gen_ai.completion': json({ role: 'assistant', content: 'Hi' }),
        'langsmith.usage_metadata': json({
          input_tokens: 180,
          output_tokens: 5,
          input_token_details: { cache_read: 80 },
        }),
      }),
    ),
    steps: [
      {
        span: 'call',
        fields: { prompt_tokens: 100, cached_input_tokens: 80, completion_tokens: 5, provider_name: 'anthropic' },
        answered: ['assistant: Hi'],
      },
    ],
  },
  {
    name: 'an outer count without cache is completed by the span inside',
    requests: spans(
      span(
        'outer',
        'anthropic.chat',
        {
          'llm.request.type': 'chat',
          'gen_ai.system': 'Anthropic',
          'gen_ai.request.model': 'claude-sonnet-4-5',
          'gen_ai.usage.prompt_tokens': 10,
          'gen_ai.usage.completion_tokens': 3,
        },
        { ms: 20, scope: '@traceloop/instrumentation-anthropic', version: '0.20.0' },
      ),
      span(
        'inner',
        'anthropic.messages.create',
        {
          'gen_ai.operation.name': 'chat',
          'gen_ai.provider.name': 'anthropic',
          'gen_ai.usage.input_tokens': 110,
          'gen_ai.usage.output_tokens': 3,
          'gen_ai.usage.cache_read.input_tokens': 80,
          'gen_ai.usage.cache_write.input_tokens': 20,
          'anthropic.message.stop_reason': 'end_turn',
        },
        { parent: 'outer', at: 1 },
      ),
    ),
    steps: [
      {
        span: 'outer',
        fields: {
          prompt_tokens: 110,
          total_tokens: 113,
          cached_input_tokens: 80,
          cache_write_tokens: 20,
          stop_reason: 'end_turn',
        },
      },
    ],
  },
  {
    name: 'unmarked: a model and usage are a call, one of both is none',
    requests: spans(
      span('call', 'llm', { 'gen_ai.request.model': 'mistral-large', 'gen_ai.usage.output_tokens': 3 }),
      span('half', 'llm', { 'gen_ai.request.model': 'mistral-large' }, { at: 20 }),
      span('none', 'work', { 'gen_ai.usage.output_tokens': 3, anything: 'else' }, { at: 40 }),
    ),
    steps: [
      {
        span: 'call',
        fields: { provider_name: 'mistral', completion_tokens: 3, prompt_tokens: null, total_tokens: null },
      },
    ],
  },
]
