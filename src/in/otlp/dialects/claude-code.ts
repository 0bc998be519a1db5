/** Claude Code's spans (mapping, section 13): flat names. Its log events are read in `logs/claude-code.ts`. */
import { readMessage, type Failure } from '../reading/errors.ts'
import { metadataOf } from '../reading/metadata.ts'
import { usageOf } from '../reading/usage.ts'
import { asText } from '../reading/values.ts'
import type { View } from '../reading/view.ts'
import type { Dialect } from './dialect.ts'
import { named, toolRead } from './gen-ai.ts'

export const claudeCode: Dialect = {
  name: 'claude_code',
  namespaces: ['span', 'input_tokens', 'prompt', 'llm_request', 'agent_id', 'service:claude-code'],

  kind(view) {
    if (view.text('span.type') === 'llm_request' || view.name === 'claude_code.llm_request') return 'call'
    if (!view.name.startsWith('claude_code.')) return undefined
    return view.name === 'claude_code.tool' ? 'tool' : 'wrapper'
  },

  provider: (view) => (isOwn(view) ? 'anthropic' : undefined),
  model: (view) => view.text('model'),
  responseId: (view) => view.text('response_id'),
  requestId: (view) => view.text('request_id'),
  usage: (view) =>
    usageOf({
      prompt: view.count('input_tokens'),
      completion: view.count('output_tokens'),
      total: undefined,
      cached: view.count('cache_read_tokens', 'cache_read_input_tokens'),
      cacheWrite: view.count('cache_creation_tokens', 'cache_creation_input_tokens'),
      reasoning: undefined,
    }),
  countsApart: isOwn,
  firstTokenMs: (view) => view.number('ttft_ms'),

  finish: (view) => view.text('stop_reason'),
  failure(view): Failure | undefined {
    if (view.flag('success') !== false) return undefined
    const message = view.text('error')
    const status = view.count('status_code')
    return {
      ...(message === undefined ? {} : readMessage(message)),
      ...(status === undefined ? {} : { httpStatus: status }),
    }
  },

  // The main loop has no name, and its span's is none; log events know only the service.
  agent: (view) => named(view.text('agent_id'), isMainLoop(view) ? serviceOf(view) : undefined),
  run: (view) => view.text('prompt.id'),
  metadata: (view) =>
    metadataOf(
      ['llm_request.context', 'query_source', 'speed', 'effort', 'parent_agent_id', 'attempt'].flatMap((key) => {
        const value = view.raw(key)
        return value === undefined ? [] : [[key, value] as const]
      }),
    ),

  tool: (view) =>
    toolRead(
      view.text('tool_use_id', 'tool_call_id'),
      view.text('tool_name', 'tool.name'),
      undefined,
      view.flag('success') === false,
    ),
  // Its log events of the same requests carry no trace id.
  group: (view) => {
    const session = view.text('session.id')
    return session === undefined || !isOwn(view) ? undefined : `claude_code:${session}`
  },
}

function isMainLoop(view: View): boolean {
  return view.name === 'claude_code.interaction'
}

function serviceOf(view: View): string {
  return asText(view.source.resource['service.name']) ?? 'claude-code'
}

function isOwn(view: View): boolean {
  return view.name.startsWith('claude_code.') || view.source.resource['service.name'] === 'claude-code'
}
