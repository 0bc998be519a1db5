/** A provider's or framework's whole answer as JSON, wherever a dialect keeps it (mapping, sections 5 and 7.2). */
import type { JsonValue } from '../../../domain/exact-json.ts'
import { providerUsage, type Usage } from './usage.ts'
import { asText, at, firstText } from './values.ts'

/** The message of LangChain's `{generations: [[{message}]]}`. */
function generation(answer: JsonValue | undefined): JsonValue | undefined {
  return at(answer, 'generations', 0, 0) ?? at(answer, 'generations', 0)
}

function kwargs(answer: JsonValue | undefined): JsonValue | undefined {
  const message = at(generation(answer), 'message') ?? answer
  return at(message, 'kwargs') ?? at(message, 'data') ?? message
}

/** Only objects that say what they are have an id of the answer; a bare message's id is its own. */
export function idInResponse(answer: JsonValue | undefined): string | undefined {
  const inner = kwargs(answer)
  const id = firstText(
    at(answer, 'responseId'),
    at(answer, 'response_id'),
    at(inner, 'response_metadata', 'id'),
    at(answer, 'id'),
    generation(answer) === undefined ? undefined : at(inner, 'id'),
  )
  return id !== undefined && OF_LANGCHAIN.test(id) ? undefined : id
}

/** LangChain gives messages ids of its own where the provider's did not come. */
const OF_LANGCHAIN = /^(?:lc_run-|run-)/

export function modelInResponse(answer: JsonValue | undefined): string | undefined {
  const metadata = at(kwargs(answer), 'response_metadata')
  return firstText(
    at(metadata, 'model_name'),
    at(metadata, 'model'),
    at(kwargs(answer), 'additional_kwargs', 'model'),
    at(answer, 'model'),
    at(answer, 'modelVersion'),
    at(answer, 'model_version'),
    at(answer, 'llmOutput', 'model_name'),
    at(answer, 'llm_output', 'model_name'),
  )
}

export function usageInResponse(answer: JsonValue | undefined): Usage | undefined {
  const inner = kwargs(answer)
  const found = [
    at(answer, 'usage'),
    at(answer, 'usageMetadata'),
    at(answer, 'usage_metadata'),
    at(inner, 'usage_metadata'),
    at(inner, 'response_metadata', 'usage'),
    at(inner, 'response_metadata', 'token_usage'),
    at(answer, 'llmOutput', 'tokenUsage'),
    at(answer, 'llm_output', 'token_usage'),
  ]
  for (const usage of found) {
    const read = providerUsage(usage)
    if (read && Object.keys(read).length > 0) return read
  }
  return undefined
}

export function finishInResponse(answer: JsonValue | undefined): string | undefined {
  const inner = kwargs(answer)
  const metadata = at(inner, 'response_metadata')
  const told = firstText(
    at(metadata, 'finish_reason'),
    at(metadata, 'stop_reason'),
    at(metadata, 'finishReason'),
    at(inner, 'additional_kwargs', 'stop_reason'),
    at(generation(answer), 'generationInfo', 'finish_reason'),
    at(generation(answer), 'generation_info', 'finish_reason'),
    at(answer, 'finishReason'),
    at(answer, 'finish_reason'),
    at(answer, 'stop_reason'),
    at(answer, 'stopReason'),
    at(answer, 'choices', 0, 'finish_reason'),
    at(answer, 'candidates', 0, 'finishReason'),
  )
  if (told !== undefined) return told
  const status = asText(at(answer, 'status'))
  // Only a Responses object has a status that says how the answer ended.
  if (status === undefined || at(answer, 'output') === undefined) return undefined
  return asText(at(answer, 'incomplete_details', 'reason')) ?? status
}
