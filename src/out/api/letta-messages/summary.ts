/** Summaries of compacted conversations (contract, section 4.3, first table). */
import { isJsonObject, type JsonValue } from '../../../domain/exact-json.ts'
import type { Message } from '../../../domain/message.ts'
import type { BodyOf, CompactionStats } from './shape.ts'
import { innerMessage, joinTexts, parseObject } from './text.ts'

/** A `summary_message` with the text inside of Letta's packed JSON; SDK users got that JSON raw before (D17). */
export function summaryBody(message: Message): BodyOf<'summary_message'> {
  const text = joinTexts(message.content)
  const packed = parseObject(text)
  return {
    message_type: 'summary_message',
    summary: innerMessage(packed) ?? text,
    compaction_stats: compactionStats(packed?.compaction_stats),
  }
}

/** Null unless everything that the SDKs require is there. */
function compactionStats(value: JsonValue | undefined): CompactionStats | null {
  if (!isJsonObject(value) || typeof value.trigger !== 'string') return null
  const window = count(value.context_window)
  const before = count(value.messages_count_before)
  const after = count(value.messages_count_after)
  if (window === null || before === null || after === null) return null
  return {
    trigger: value.trigger,
    context_window: window,
    messages_count_before: before,
    messages_count_after: after,
    context_tokens_before: count(value.context_tokens_before),
    context_tokens_after: count(value.context_tokens_after),
  }
}

function count(value: JsonValue | undefined): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null
}
