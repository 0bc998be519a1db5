/** Puts the steps of one run together from a conversation: who said what, to which step it belongs, in what order. */
import type { JsonObject } from '../../domain/exact-json.ts'
import { derivedId, isOpaqueId, MESSAGE_ID } from '../../domain/id.ts'
import type { MessageInput, ToolCall } from '../../domain/message.ts'
import type { ProviderTraceInput, StepInput } from '../../domain/step.ts'
import { formatMicros, type Micros } from '../../domain/time.ts'
import { located } from './place.ts'

interface TimedMessage {
  message: MessageInput
  time: Micros | null
}

/** What several steps share, or one part of a step: anything but its id. */
export type StepPart = Omit<StepInput, 'id'>

/** A step under construction. */
export interface StepDraft {
  fields: StepPart & { id: string }
  time: Micros | null
  where: string
  messages: TimedMessage[]
  traces: ProviderTraceInput[]
}

export class RunDraft {
  readonly steps: StepDraft[] = []
  private waiting: TimedMessage[] = []
  /** Which step asked for a tool call; null = somebody who is not a step of this run. */
  private readonly askers = new Map<string, StepDraft | null>()

  /** Something said to the agent; it belongs to the step that answers it. */
  hear(message: MessageInput, time: Micros | null): void {
    this.waiting.push({ message, time })
    for (const call of message.tool_calls ?? []) this.askers.set(call.id, null)
  }

  /** One inference: what was heard since the last one goes in front of what it generated. */
  step(fields: StepDraft['fields'], time: Micros | null, where: string, generated?: MessageInput | null): StepDraft {
    const draft: StepDraft = { fields, time, where, messages: this.waiting, traces: [] }
    this.waiting = []
    this.steps.push(draft)
    if (generated) this.add(draft, generated, time)
    return draft
  }

  /** A further message that a step generated. */
  add(draft: StepDraft, message: MessageInput, time: Micros | null): void {
    draft.messages.push({ message, time })
    this.asks(draft, message.tool_calls ?? [])
  }

  /** Tool calls of a step, so that their results find it. */
  asks(draft: StepDraft, calls: readonly ToolCall[]): void {
    for (const call of calls) this.askers.set(call.id, draft)
  }

  /** A tool's result goes to the step that asked for it; nobody known: to the last one. */
  answer(message: MessageInput, time: Micros | null): void {
    const asker = this.askers.get(message.tool_call_id ?? '')
    const draft = asker === undefined ? this.steps.at(-1) : asker
    if (draft) draft.messages.push({ message, time })
    else this.waiting.push({ message, time })
  }

  asker(callId: string): StepDraft | null | undefined {
    return this.askers.get(callId)
  }

  /**
   * The finished steps. Their times rise strictly, by a microsecond where the source's tie, and so do the messages':
   * lists are ordered by time. Where no time is known, `base` (the file's own) is counted on from.
   */
  finish(base: Micros | null): StepInput[] {
    let stepTime: Micros | null = null
    let messageTime: Micros | null = null
    return this.steps.map(({ fields, time, where, messages, traces }) => {
      stepTime = after(stepTime, time ?? stepTime ?? base)
      const created_at = stepTime === null ? {} : { created_at: formatMicros(stepTime) }
      const finished = messages.map((entry, index) => {
        messageTime = after(messageTime, entry.time ?? stepTime)
        return {
          ...entry.message,
          id: messageId(entry.message.id) ?? derivedId('message', fields.id, entry.message.id ?? index),
          ...(messageTime === null ? {} : { created_at: formatMicros(messageTime) }),
        }
      })
      const provider_trace = traces.map((attempt, index) => ({
        ...attempt,
        // The last attempt is the latest, which is the one a reader is shown.
        ...(stepTime === null ? {} : { created_at: formatMicros(stepTime - (traces.length - 1 - index)) }),
      }))
      const step: StepInput = { ...fields, ...created_at, messages: finished }
      if (provider_trace.length > 0) step.provider_trace = provider_trace
      return located(step, where)
    })
  }
}

/** A request and its answer, as the step's trace. */
export function trace(
  request_json: JsonObject,
  response_json: JsonObject,
  latency_ms: number | null,
): ProviderTraceInput {
  return { call_type: 'agent_step', source: 'stepledger-import', latency_ms, request_json, response_json }
}

function after(last: Micros | null, time: Micros | null): Micros | null {
  return last !== null && (time === null || time <= last) ? last + 1 : time
}

function messageId(id: string | null | undefined): string | null {
  return id != null && MESSAGE_ID.test(id) ? id : null
}

/** An id from outside as it came if it can be one, else one derived from where it stands. */
export function idOr(id: string | null, prefix: string, ...source: (string | number)[]): string {
  return id !== null && isOpaqueId(id) ? id : derivedId(prefix, ...source)
}
