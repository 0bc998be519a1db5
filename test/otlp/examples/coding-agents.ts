/** Coding agents: events on `/v1/logs`, and the spans that some of them send beside (mapping, section 13). */
import { json, log, logs, ns, span, spanId, TRACE, type Example } from './example.ts'

const claude = {
  resource: { 'service.name': 'claude-code' },
  scope: { name: 'com.anthropic.claude_code.events', version: '2.1' },
}
const gemini = { resource: { 'service.name': 'gemini-cli', 'session.id': 'g-1' } }
const codex = { resource: { 'service.name': 'codex_cli_rs' } }
const common = { 'session.id': 'cc-1', 'prompt.id': 'prompt-1', 'user.id': 'u-1' }

export const codingAgents: Example[] = [
  {
    name: 'Claude Code: requests, an error and a refusal as events; numbers as texts',
    requests: logs(
      log('user_prompt', { ...common, prompt: 'Fix the bug' }, { ...claude, at: 0, body: 'claude_code.user_prompt' }),
      log(
        'api_request',
        {
          ...common,
          model: 'claude-opus-4-5',
          input_tokens: '10',
          output_tokens: '20',
          cache_read_tokens: '300',
          cache_creation_tokens: '40',
          cost_usd: '0.12',
          duration_ms: '2000',
          request_id: 'req_1',
          query_source: 'main',
        },
        { ...claude, at: 3000, body: 'claude_code.api_request' },
      ),
      log(
        'tool_result',
        { ...common, tool_name: 'Bash', success: 'true', duration_ms: '500' },
        { ...claude, at: 3600, body: 'claude_code.tool_result' },
      ),
      log(
        'api_error',
        {
          ...common,
          model: 'claude-opus-4-5',
          error: '529 Overloaded',
          status_code: '529',
          attempt: '3',
          duration_ms: '100',
          'event.sequence': 7,
        },
        { ...claude, at: 4000, body: 'claude_code.api_error' },
      ),
      log(
        'api_request',
        { ...common, model: 'claude-opus-4-5', input_tokens: 1, output_tokens: 2, request_id: 'req_2' },
        { ...claude, at: 5000, body: 'claude_code.api_request' },
      ),
      log('api_refusal', { ...common, request_id: 'req_2' }, { ...claude, at: 5000, body: 'claude_code.api_refusal' }),
      log('hook_execution_start', common, { ...claude, at: 5001, body: 'claude_code.hook_execution_start' }),
    ),
    steps: [
      {
        span: null,
        fields: {
          prompt_tokens: 350,
          completion_tokens: 20,
          cached_input_tokens: 300,
          cache_write_tokens: 40,
          run_id: 'prompt-1',
          provider_name: 'anthropic',
          request_id: 'req_1',
          status: 'success',
          tags: ['session:cc-1', 'user:u-1'],
          agent_id: 'claude-code',
          metrics: {
            step_start_ns: String(ns(1000)),
            llm_request_start_ns: String(ns(1000)),
            llm_request_ns: '2000000000',
            step_ns: '2000000000',
            tool_execution_ns: '500000000',
          },
        },
        asked: ['user: Fix the bug'],
        response: {
          usage: {
            input_tokens: '10',
            output_tokens: '20',
            cache_read_tokens: '300',
            cache_creation_tokens: '40',
            cost_usd: '0.12',
          },
        },
      },
      {
        span: null,
        fields: {
          status: 'failed',
          stop_reason: 'llm_api_error',
          error_data: { message: '529 Overloaded', traceback: null, details: { http_status: 529 } },
        },
      },
      {
        span: null,
        fields: { status: 'success', stop_reason: 'error', prompt_tokens: 1, request_id: 'req_2' },
        telemetry: { finish_reason: 'refusal' },
      },
    ],
  },
  {
    name: 'Claude Code: a span and an event of one request are one step',
    requests: [
      {
        spans: [
          span(
            'turn',
            'claude_code.interaction',
            { 'span.type': 'interaction', 'session.id': 'cc-1', 'gen_ai.operation.name': 'invoke_agent' },
            { ms: 90, resource: { 'service.name': 'claude-code' } },
          ),
          span(
            'call',
            'claude_code.llm_request',
            {
              'span.type': 'llm_request',
              'session.id': 'cc-1',
              model: 'claude-opus-4-5',
              'gen_ai.system': 'anthropic',
              'gen_ai.request.model': 'claude-opus-4-5',
              input_tokens: 5,
              output_tokens: 6,
              cache_read_tokens: 7,
              request_id: 'req_9',
              stop_reason: 'tool_use',
              success: true,
              ttft_ms: 120,
              agent_id: 'sub-1',
            },
            { parent: 'turn', at: 1, ms: 50, resource: { 'service.name': 'claude-code' } },
          ),
          span(
            'main',
            'claude_code.llm_request',
            { 'span.type': 'llm_request', 'session.id': 'cc-1', model: 'claude-opus-4-5', stop_reason: 'end_turn' },
            { parent: 'turn', at: 80, ms: 5, resource: { 'service.name': 'claude-code' } },
          ),
          span(
            'tool',
            'claude_code.tool',
            { 'session.id': 'cc-1', tool_name: 'Read' },
            { parent: 'turn', at: 55, ms: 20, resource: { 'service.name': 'claude-code' } },
          ),
          span(
            'exec',
            'claude_code.tool.execution',
            { 'session.id': 'cc-1' },
            { parent: 'tool', at: 56, ms: 10, resource: { 'service.name': 'claude-code' } },
          ),
        ],
        logs: [
          log(
            'api_request',
            {
              ...common,
              model: 'claude-opus-4-5',
              input_tokens: 5,
              output_tokens: 6,
              cache_read_tokens: 7,
              cache_creation_tokens: 8,
              request_id: 'req_9',
              duration_ms: 50,
            },
            { ...claude, at: 51, body: 'claude_code.api_request' },
          ),
        ],
      },
    ],
    steps: [
      {
        span: 'call',
        fields: {
          prompt_tokens: 20,
          cached_input_tokens: 7,
          cache_write_tokens: 8,
          completion_tokens: 6,
          stop_reason: null,
          agent_id: 'sub-1',
          run_id: 'prompt-1',
          trace_id: TRACE,
        },
        telemetry: { time_to_first_token_ms: 120 },
      },
      { span: 'main', fields: { agent_id: 'claude-code' } },
    ],
  },
  {
    name: 'Gemini CLI: response and details of one call are one step; thoughts are output',
    requests: logs(
      log(
        'gemini_cli.api_response',
        {
          'event.timestamp': '2026-11-21T01:00:00.000Z',
          'session.id': 'g-1',
          'user.email': 'a@example.test',
          model: 'gemini-2.5-pro',
          duration_ms: 800,
          input_token_count: 100,
          output_token_count: 20,
          cached_content_token_count: 60,
          thoughts_token_count: 30,
          tool_token_count: 0,
          total_token_count: 150,
          prompt_id: 'p-1',
          finish_reasons: ['STOP'],
          status_code: 200,
          response_text: json({ candidates: [{ content: { role: 'model', parts: [{ text: 'Done.' }] } }] }),
        },
        { ...gemini, at: 1000 },
      ),
      log(
        'gen_ai.client.inference.operation.details',
        {
          'event.timestamp': '2026-11-21T01:00:00.000Z',
          'session.id': 'g-1',
          'gen_ai.request.model': 'gemini-2.5-pro',
          'gen_ai.response.id': 'gr-1',
          'gen_ai.input.messages': json([{ role: 'user', parts: [{ type: 'text', content: 'Do it' }] }]),
        },
        { ...gemini, at: 1000 },
      ),
      log(
        'gemini_cli.api_error',
        {
          'event.timestamp': '2026-11-21T01:00:02.000Z',
          'session.id': 'g-1',
          model: 'gemini-2.5-pro',
          error: 'quota',
          error_type: 'RESOURCE_EXHAUSTED',
          status_code: 429,
          duration_ms: 10,
          prompt_id: 'p-1',
        },
        { ...gemini, at: 3000 },
      ),
      log(
        'gemini_cli.api_request',
        { 'session.id': 'g-1', model: 'gemini-2.5-pro', prompt_id: 'p-1' },
        { ...gemini, at: 200 },
      ),
    ),
    steps: [
      {
        span: null,
        fields: {
          prompt_tokens: 100,
          completion_tokens: 50,
          total_tokens: 150,
          cached_input_tokens: 60,
          reasoning_tokens: 30,
          run_id: 'p-1',
          stop_reason: 'end_turn',
          request_id: 'gr-1',
          provider_name: 'google_ai',
          tags: ['session:g-1', 'user:a@example.test'],
        },
        asked: ['user: Do it'],
        answered: ['assistant: Done.'],
      },
      { span: null, fields: { status: 'failed', error_type: 'RESOURCE_EXHAUSTED', stop_reason: 'llm_api_error' } },
    ],
  },
  {
    name: 'Gemini CLI: an event inside of the span of its call adds no step',
    requests: [
      {
        spans: [
          span(
            'call',
            'llm_call',
            {
              'gen_ai.operation.name': 'llm_call',
              'gen_ai.conversation.id': 'g-1',
              'gen_ai.request.model': 'gemini-2.5-pro',
              'gen_ai.input.messages': '[{"role":"user","parts":[{"text":"Long ...[TRUNCATED: original length 9000]',
            },
            { resource: { 'service.name': 'gemini-cli' } },
          ),
        ],
        logs: [
          log(
            'gemini_cli.api_response',
            {
              'event.timestamp': '2026-11-21T01:00:00.000Z',
              'session.id': 'g-1',
              model: 'gemini-2.5-pro',
              input_token_count: 3,
              output_token_count: 4,
              duration_ms: 5,
            },
            { ...gemini, at: 9, traceId: TRACE, spanId: spanId('call') },
          ),
        ],
      },
    ],
    steps: [
      {
        span: 'call',
        fields: { prompt_tokens: 3, completion_tokens: 4, status: 'success' },
        telemetry: { truncated: ['gen_ai.input.messages'] },
      },
    ],
  },
  {
    name: 'Codex: the end of a stream is a step, a failed request, too; what the session announced',
    requests: logs(
      log(
        'codex.conversation_starts',
        { 'conversation.id': 'cx-1', provider_name: 'OpenAI', context_window: 272000 },
        { ...codex, at: 0 },
      ),
      log('codex.user_prompt', { 'conversation.id': 'cx-1', prompt: '[REDACTED]' }, { ...codex, at: 1 }),
      log(
        'codex.api_request',
        { 'conversation.id': 'cx-1', 'http.response.status_code': 200, duration_ms: 50 },
        { ...codex, at: 60 },
      ),
      log(
        'codex.sse_event',
        { 'conversation.id': 'cx-1', 'event.kind': 'response.output_item.done', 'event.timestamp': 'a' },
        { ...codex, at: 70 },
      ),
      log(
        'codex.sse_event',
        { 'conversation.id': 'cx-1', 'event.kind': 'response.completed', 'event.timestamp': 'a', model: 'gpt-5-codex' },
        { ...codex, at: 79 },
      ),
      log(
        'codex.sse_event',
        {
          'conversation.id': 'cx-1',
          'event.kind': 'response.completed',
          'event.timestamp': 'b',
          model: 'gpt-5-codex',
          input_token_count: '500',
          output_token_count: '60',
          cached_token_count: '400',
          reasoning_token_count: '32',
          tool_token_count: '560',
        },
        { ...codex, at: 80 },
      ),
      log(
        'codex.tool_result',
        { 'conversation.id': 'cx-1', tool_name: 'shell', call_id: 'k1', duration_ms: 7, success: 'true', output: 'ok' },
        { ...codex, at: 95 },
      ),
      log(
        'codex.api_request',
        {
          'conversation.id': 'cx-1',
          model: 'gpt-5-codex',
          'http.response.status_code': 500,
          'error.message': 'server error',
          'event.timestamp': 'c',
          attempt: 1,
        },
        { ...codex, at: 120 },
      ),
    ),
    steps: [
      {
        span: null,
        fields: {
          prompt_tokens: 500,
          completion_tokens: 60,
          cached_input_tokens: 400,
          reasoning_tokens: 32,
          provider_name: 'openai',
          context_window_limit: 272000,
          tags: ['session:cx-1'],
          run_id: null,
          stop_reason: 'end_turn',
        },
      },
      { span: null, fields: { status: 'failed', stop_reason: 'llm_api_error', model: 'gpt-5-codex' } },
    ],
  },
]
