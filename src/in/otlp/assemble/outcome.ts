/** Status, stop reason and error of a call (mapping, section 7). */
import type { JsonObject } from '../../../domain/exact-json.ts'
import type { Status, StopReason } from '../../../domain/step.ts'
import {
  errorData,
  errorTypeOf,
  fillFailure,
  isAbort,
  isInterrupt,
  isLimit,
  stopReasonOfFailure,
  type Failure,
} from '../reading/errors.ts'
import { finishOf, normaliseFinish, stopReasonOf, type Finish } from '../reading/finish.ts'
import type { Call } from './calls.ts'
import { opaque } from './names.ts'
import { ancestors, type Node } from './forest.ts'
import type { Answered } from './tools.ts'

export interface Outcome {
  readonly status: Status
  readonly stop_reason: StopReason | null
  readonly error_type: string | null
  readonly error_data: JsonObject | null
}

export interface Asked {
  readonly calls: readonly { readonly id: string; readonly isInvalid?: true }[]
  /** Whether the answer held anything. */
  readonly hasContent: boolean
  readonly tools: readonly Answered[]
  /** Whether a later call of the run is known. */
  readonly isLast: boolean
  /** Whether the run waits for a person. */
  readonly isInterrupted: boolean
}

export function outcomeOf(call: Call, asked: Asked): Outcome {
  if (call.isPending) return { status: 'pending', stop_reason: null, error_type: null, error_data: null }
  const finish = call.finish === undefined ? undefined : finishOf(call.finish)
  const failure = failureOf(call, finish, asked)
  if (failure || finish === 'cancelled') {
    const isCancelled = finish === 'cancelled' || (failure !== undefined && isAbort(failure))
    return {
      status: isCancelled ? 'cancelled' : 'failed',
      stop_reason: isCancelled ? 'cancelled' : stopReasonOfFailure(failure ?? {}),
      error_type: failure ? opaque(errorTypeOf(failure)) : null,
      error_data: failure ? errorData(failure) : null,
    }
  }
  if (isBare(call, asked)) {
    const loop = loopOf(call.primary)?.context.finish
    if (loop !== undefined && normaliseFinish(loop) === 'interrupted')
      return { ...BARE.success, stop_reason: 'requires_approval' }
    return BARE[call.primary.context.bare ?? 'cancelled']
  }
  const output = { hasToolCalls: asked.calls.length > 0, hasContent: asked.hasContent }
  // A stream that told neither why it ended nor what it cost may have been broken off. Of those that never tell it is not known.
  const isOpen = finish === undefined && call.facts.isStreaming === true && call.facts.usage === undefined
  const stop = isOpen ? null : stopReasonOf(finish, output)
  const isAsking = output.hasToolCalls || finish === 'tools'
  return {
    status: 'success',
    stop_reason: stop === null && isAsking && asked.isLast ? whyStopped(call, asked) : stop,
    error_type: null,
    error_data: null,
  }
}

/** What is known of the call's failure; where only that it failed, its agent may say what it failed of. */
function failureOf({ primary, failure }: Call, finish: Finish | undefined, { isLast }: Asked): Failure | undefined {
  const known = failure ?? (finish === 'error' ? {} : undefined)
  if (!known || !isLast || known.message !== undefined || known.type !== undefined) return known
  const outer = loopOf(primary)?.context.failure
  return outer ? fillFailure(known, outer) : known
}

/** What a call is that tells nothing but its request. */
const BARE: Readonly<Record<'cancelled' | 'failed' | 'success', Outcome>> = {
  cancelled: { status: 'cancelled', stop_reason: 'cancelled', error_type: null, error_data: null },
  failed: { status: 'failed', stop_reason: stopReasonOfFailure({}), error_type: '_OTHER', error_data: errorData({}) },
  success: { status: 'success', stop_reason: null, error_type: null, error_data: null },
}

/** A span that tells nothing but its request: an aborted stream looks exactly like this (7.1, rule 2). */
function isBare(call: Call, asked: Asked): boolean {
  const { facts } = call
  const hasAnswer = facts.responseId !== undefined || facts.servedModel !== undefined || facts.usage !== undefined
  return call.finish === undefined && !hasAnswer && !asked.hasContent && facts.droppedAttributes === undefined
}

/** Why no further call followed the one that asked for tools (7.3). Null = nothing tells. */
function whyStopped(call: Call, asked: Asked): StopReason | null {
  const answered = new Set(asked.tools.map(({ callId }) => callId))
  if (asked.isInterrupted || asked.tools.some(({ node }) => node.context.tool?.isDenied)) return 'requires_approval'
  if (asked.calls.some((each) => each.isInvalid) && asked.tools.length === 0) return 'invalid_tool_call'
  const loop = loopOf(call.primary)
  if (!loop || loop.context.endNs === '0') return null
  const { failure, finish } = loop.context
  if (failure) {
    if (isInterrupt(failure)) return 'requires_approval'
    if (isLimit(failure)) return 'max_steps'
    const reason = stopReasonOfFailure(failure)
    return reason === 'invalid_tool_call' || reason === 'cancelled' ? reason : 'error'
  }
  if (finish === undefined || asked.calls.length === 0) return null
  if (normaliseFinish(finish) === 'interrupted') return 'requires_approval'
  // Tools that the provider ran itself, inside of the call.
  if (finishOf(finish) === 'done' && call.finish !== undefined && finishOf(call.finish) === 'done')
    return asked.tools.length > 0 && asked.tools.every(({ node }) => node.parent === call.primary) ? 'end_turn' : null
  if (finishOf(finish) !== 'tools') return null
  return asked.calls.every(({ id }) => answered.has(id)) ? 'max_steps' : 'requires_approval'
}

/** The span of the whole loop: the nearest agent, or the nearest wrapper that tells how it ended. */
function loopOf(node: Node): Node | undefined {
  for (const above of ancestors(node)) {
    const { kind, isStepWrapper, finish, failure } = above.context
    if (kind === 'tool') return undefined
    if (kind === 'agent') return above
    if (kind === 'wrapper' && !isStepWrapper && (finish !== undefined || failure !== undefined)) return above
  }
  return undefined
}
