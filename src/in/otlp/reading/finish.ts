/** Finish reasons (mapping, section 7.2). */
import type { StopReason } from '../../../domain/step.ts'

/** What a finish reason means: the answer is whole, wants tools, was cut, was blocked, … */
export type Finish = 'done' | 'tools' | 'length' | 'blocked' | 'bad_tool' | 'pause' | 'error' | 'cancelled' | 'unknown'

const MEANINGS: Readonly<Record<Finish, string>> = {
  done: 'stop end_turn stop_sequence eos completed complete finished eos_token end',
  tools: 'tool_calls tool_call tool_use function_call requires_action tool interrupted',
  length:
    'length max_tokens max_output_tokens incomplete token_limit max_length model_length model_context_window_exceeded context_length_exceeded',
  blocked:
    'content_filter content_filtered safety recitation blocklist prohibited_content spii refusal guardrail_intervened blocked',
  bad_tool: 'malformed_function_call unexpected_tool_call',
  pause: 'pause_turn',
  error: 'error failed',
  cancelled: 'abort aborted cancelled canceled',
  unknown: 'unknown other finish_reason_unspecified other_reason in_progress',
}

const BY_WORD: ReadonlyMap<string, Finish> = new Map(
  Object.entries(MEANINGS).flatMap(([meaning, words]) =>
    words.split(' ').map((word) => [word, meaning as Finish] as const),
  ),
)

/** Lower case, camelCase and `-` to `_`: `toolUse`, `tool-calls`, `MAX_TOKENS`, `FinishReason.STOP`. */
export function normaliseFinish(text: string): string {
  const word = text.slice(text.lastIndexOf('.') + 1).trim()
  const snake = word === word.toUpperCase() ? word : word.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '_')
  return snake.toLowerCase().replaceAll(/[-\s]+/g, '_')
}

/** What a provider's word means; undefined for a word that nobody is known to use. */
export function finishOf(text: string): Finish | undefined {
  return BY_WORD.get(normaliseFinish(text))
}

/** The stop reason of a call that the provider answered. Null = the agent goes on, or nothing is known. */
export function stopReasonOf(
  finish: Finish | undefined,
  output: { hasToolCalls: boolean; hasContent: boolean },
): StopReason | null {
  switch (finish) {
    case 'done':
      // Several instrumentations report `stop` for tool calls.
      return output.hasToolCalls ? null : 'end_turn'
    case 'tools':
    case 'pause':
      return null
    case 'length':
      return 'max_tokens_exceeded'
    case 'blocked':
      return 'error'
    case 'bad_tool':
      return 'invalid_tool_call'
    case 'cancelled':
      return 'cancelled'
    default:
      return output.hasToolCalls || !output.hasContent ? null : 'end_turn'
  }
}
