/** What is known of a call beside the step's columns; it stands in the provider trace (mapping, sections 5.1, 8 and 10). */
import type { JsonObject, JsonValue } from '../../../domain/exact-json.ts'
import type { CallFacts } from '../facts.ts'
import type { Call } from './calls.ts'
import type { Who } from './who.ts'

export function telemetryOf(call: Call, who: Who, facts: CallFacts): JsonObject {
  const { context } = call.primary
  const inner = call.inner.map((node) => node.context.spanId).filter((id) => id !== null)
  return withoutUnknown({
    dialect: context.dialect,
    scope: facts.scope === '' ? undefined : facts.scope,
    span_id: context.spanId,
    span_name: context.name,
    /** Second views of the same call. */
    inner_span_ids: inner.length > 0 ? inner : undefined,
    agent_name: who.agent?.name,
    session_id: who.session,
    user_id: who.user,
    metadata: who.metadata,
    served_model: facts.servedModel,
    provider_response_id: facts.responseId,
    provider_request_id: facts.requestId,
    finish_reason: call.finish,
    is_streaming: facts.isStreaming,
    time_to_first_token_ms: facts.firstTokenMs,
    dropped_attributes: facts.droppedAttributes,
    truncated: facts.truncated ? [...facts.truncated] : undefined,
  })
}

export function withoutUnknown(object: Record<string, JsonValue | undefined>): JsonObject {
  const known: JsonObject = {}
  for (const key in object) {
    const value = object[key]
    if (value !== undefined && value !== null) known[key] = value
  }
  return known
}
