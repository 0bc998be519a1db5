/** Content parts in any provider's or framework's shape, as parts of ours (mapping, section 9.3). */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../domain/exact-json.ts'
import { imagePart } from './images.ts'
import { textPart, type SaidPart } from './said.ts'
import { asText, at, first, firstText, isEmpty, shallow, textOf, tryJson } from './values.ts'

/** How deep lists of parts may hold lists of parts. */
const MAX_LISTS = 8

/** Content as a message carries it: nothing, a text, one part, or a list of them. */
export function contentParts(content: JsonValue | undefined, depth = 0): SaidPart[] {
  if (isEmpty(content)) return []
  if (typeof content === 'string') return [textPart(content)]
  if (Array.isArray(content) && depth < MAX_LISTS) return content.flatMap((part) => contentParts(part, depth + 1))
  return [contentPart(content as JsonValue)].filter((part) => part !== undefined)
}

/** What we have no part for is a text part that holds its JSON, so nothing is lost. Undefined for an empty text. */
export function contentPart(value: JsonValue): SaidPart | undefined {
  if (!isJsonObject(value)) return textPart(textOf(value))
  const type = asText(value.type)
  const read = type === undefined ? undefined : BY_TYPE[type]
  const part = read ? read(value) : untyped(value)
  if (part !== undefined) return part.type === 'text' && part.text === '' ? undefined : part
  return textPart(textOf(value))
}

function isBare(part: JsonObject): boolean {
  return Object.entries(part).every(([key, value]) => key === 'type' || isEmpty(value))
}

const NOTE_KEYS: ReadonlySet<string> = new Set(['type', 'kind', 'providerOptions', 'providerMetadata'])

/** What a provider's package of the AI SDK keeps for itself, such as the counts with which an answer began. */
function isNote(part: JsonObject): boolean {
  return Object.keys(part).every((key) => NOTE_KEYS.has(key))
}

type PartReader = (part: JsonObject) => SaidPart | undefined

const text: PartReader = (part) => {
  const found = [part.content, part.text, part.value].find((value) => typeof value === 'string')
  if (found !== undefined) return textPart(found)
  // Instrumentations that may not record what was said send the part without it.
  return isBare(part) ? textPart('') : undefined
}

const call: PartReader = (part) =>
  isJsonObject(part.tool_call) ? plainCall({ ...part, ...part.tool_call }) : plainCall(part)

const plainCall = (part: JsonObject): SaidPart => ({
  type: 'tool_call',
  // Responses has an item id beside the id of the call.
  id: firstText(part.call_id, part.callId, part.toolCallId, part.id, part.toolUseId, part.ref) ?? '',
  name: firstText(part.name, part.toolName, at(part, 'function', 'name'), part.tool_name) ?? '',
  input: toolInput(
    // What LangChain streamed of Anthropic's stands beside an empty input.
    [
      part.partial_json,
      part.arguments,
      part.input,
      part.args,
      at(part, 'function', 'arguments'),
      part.server_tool_call,
    ].find((value) => value !== undefined && value !== null && value !== ''),
  ),
})

const result: PartReader = (part) => (isApproval(part.response) ? textPart('') : returnOf(part))

/** What a person said to the AI SDK's question, where a result stands otherwise. */
export function isApproval(value: JsonValue | undefined): boolean {
  return (
    Array.isArray(value) && value.length > 0 && value.every((each) => at(each, 'type') === 'tool-approval-response')
  )
}

const nothing: PartReader = () => textPart('')

const returnOf = (part: JsonObject): SaidPart =>
  toolReturn(
    firstText(
      part.tool_call_id,
      part.call_id,
      part.callId,
      part.toolCallId,
      part.tool_use_id,
      part.toolUseId,
      part.id,
      part.ref,
    ),
    [part.response, part.result, part.output, part.content, part.server_tool_call_response].find(
      (value) => value !== undefined,
    ),
    part.is_error === true || part.isError === true || part.status === 'error',
  )

const thinking: PartReader = (part) => {
  const said = [part.content, part.text, part.thinking, part.reasoning].find((value) => typeof value === 'string')
  const signature = firstText(
    part.signature,
    at(part, 'providerOptions', 'anthropic', 'signature'),
    at(part, 'providerMetadata', 'anthropic', 'signature'),
    part.thought_signature,
  )
  const data = firstText(
    part.data,
    at(part, 'providerOptions', 'anthropic', 'redactedData'),
    at(part, 'providerMetadata', 'anthropic', 'redactedData'),
  )
  if (isEmpty(said) && data !== undefined) return { type: 'redacted_reasoning', data }
  if (Array.isArray(part.summary) || isListOfTexts(part.content)) return responsesReasoning(part)
  const summary = typeof said === 'string' && said.startsWith('[') ? tryJson(said) : undefined
  if (Array.isArray(summary) && summary.every((each) => at(each, 'type') === 'summary_text')) {
    return responsesReasoning({ ...part, summary })
  }
  const encrypted = firstText(part.encrypted_content)
  if (encrypted !== undefined && isEmpty(said)) return { type: 'redacted_reasoning', data: encrypted }
  if (isEmpty(said)) return { type: 'omitted_reasoning', ...(signature === undefined ? {} : { signature }) }
  return reasoningPart(said as string, signature)
}

export function reasoningPart(reasoning: string, signature?: string): SaidPart {
  return { type: 'reasoning', is_native: true, reasoning, ...(signature === undefined ? {} : { signature }) }
}

function isListOfTexts(value: JsonValue | undefined): value is JsonValue[] {
  return Array.isArray(value) && value.length > 0
}

/** A reasoning item of the Responses API: a summary, or only what is encrypted. */
function responsesReasoning(part: JsonObject): SaidPart {
  const list = isEmpty(part.summary) ? part.content : part.summary
  const texts = (Array.isArray(list) ? list : []).map((entry) => firstText(at(entry, 'text'), entry) ?? '')
  const encrypted = firstText(part.encrypted_content)
  if (texts.every((each) => each === '')) {
    return encrypted === undefined ? { type: 'omitted_reasoning' } : { type: 'redacted_reasoning', data: encrypted }
  }
  return {
    type: 'summarized_reasoning',
    id: asText(part.id) ?? '',
    summary: texts.map((each, index) => ({ index, text: each })),
    ...(encrypted === undefined ? {} : { encrypted_content: encrypted }),
  }
}

const redacted: PartReader = (part) => ({ type: 'redacted_reasoning', data: firstText(part.data) ?? '' })
const refusal: PartReader = (part) => textPart(asText(part.refusal) ?? asText(part.content) ?? '')

const BY_TYPE: Readonly<Partial<Record<string, PartReader>>> = {
  text,
  input_text: text,
  output_text: text,
  plain_text: text,
  summary_text: text,
  refusal,
  tool_call: call,
  'tool-call': call,
  tool_use: call,
  toolUse: call,
  function_call: call,
  function: call,
  custom_tool_call: call,
  server_tool_call: call,
  server_tool_use: call,
  mcp_call: call,
  tool_call_response: result,
  'tool-result': result,
  tool_result: result,
  toolResult: result,
  function_call_output: result,
  function_call_result: result,
  custom_tool_call_output: result,
  server_tool_call_response: result,
  reasoning: thinking,
  thinking,
  reasoning_text: thinking,
  redacted_thinking: redacted,
  anthropic_redacted_thinking: (part) => (isEmpty(part.data) ? { type: 'omitted_reasoning' } : redacted(part)),
  'tool-approval-request': nothing,
  'tool-approval-response': nothing,
  // The AI SDK 7 leaves of some parts nothing but that they were there.
  custom: (part) => (isBare(part) || isNote(part) ? textPart('') : undefined),
  'redacted-reasoning': redacted,
  image: imagePart,
  image_url: imagePart,
  input_image: imagePart,
  'image-data': imagePart,
  'image-url': imagePart,
  blob: imagePart,
  uri: imagePart,
  file: imagePart,
  media: imagePart,
}

/** Gemini, Strands (Bedrock) and Genkit name a part by its only key. */
function untyped(part: JsonObject): SaidPart | undefined {
  const call_ = first(part.functionCall, part.function_call, part.toolUse, part.toolRequest)
  if (isJsonObject(call_)) return call(call_)
  const response = first(part.functionResponse, part.function_response, part.toolResponse, part.toolResult)
  if (isJsonObject(response)) return result(response)
  const reasoning = first(part.reasoningContent, part.reasoningBlock, part.reasoning)
  if (isJsonObject(reasoning)) {
    const inner = isJsonObject(reasoning.reasoningText) ? reasoning.reasoningText : reasoning
    return thinking({
      ...inner,
      ...(isEmpty(reasoning.redactedContent) ? {} : { data: reasoning.redactedContent as JsonValue }),
    })
  }
  if (typeof part.reasoning === 'string') return thinking(part)
  if (typeof part.text === 'string') return part.thought === true ? reasoningPart(part.text) : textPart(part.text)
  if (!isEmpty(part.inlineData) || !isEmpty(part.inline_data) || !isEmpty(part.fileData) || !isEmpty(part.file_data)) {
    return imagePart(part)
  }
  if (isJsonObject(part.media) || isJsonObject(part.image)) return imagePart(part)
  // Genkit's structured output.
  if (Object.keys(part).length === 1 && typeof part.data === 'object') return textPart(textOf(part.data))
  return undefined
}

/** Arguments as an object; text that is no JSON of one is kept as `{"_raw": text}`. */
export function toolInput(value: JsonValue | undefined): JsonObject {
  if (isEmpty(value)) return {}
  const parsed = typeof value === 'string' ? tryJson(value) : value
  const kept = shallow(parsed ?? null)
  if (isJsonObject(kept)) return kept
  return { _raw: textOf(value) }
}

/** A tool's result. Frameworks wrap it (`{type: 'json', value}`) and say in the wrapper whether it failed. */
export function toolReturn(id: string | undefined, value: JsonValue | undefined, isError = false): SaidPart {
  const type = asText(at(value, 'type'))
  const wrapped = isJsonObject(value) && 'value' in value && type !== undefined
  const failed = isError || (wrapped && (type === 'error-text' || type === 'error-json' || type === 'execution-denied'))
  return {
    type: 'tool_return',
    tool_call_id: id ?? '',
    content: resultText(wrapped ? value.value : value),
    is_error: failed,
  }
}

/** The text of a text part, the texts of a list of them, else the JSON. */
export function resultText(value: JsonValue | undefined): string {
  // Alone it is a wrapper only where it holds nothing else.
  if (isJsonObject(value) && value.type === 'text' && Object.keys(value).length === 2) {
    return textOfPart(value) ?? textOf(value)
  }
  if (Array.isArray(value) && value.length > 0) {
    const texts = value.map(textOfPart)
    if (texts.every((each) => each !== undefined)) return texts.join('\n')
  }
  return textOf(value)
}

/** The text of a part that is nothing but text or JSON: `{type: 'text', text}`, Strands' `{text}` and `{json}`. */
function textOfPart(part: JsonValue): string | undefined {
  if (!isJsonObject(part)) return undefined
  const type = asText(part.type)
  if (type !== undefined && type !== 'text' && type !== 'output_text') return undefined
  const keys = Object.keys(part).filter((key) => key !== 'type')
  if (keys.length === 1 && keys[0] === 'json') return textOf(part.json)
  if (type === 'text' && keys.length === 1 && typeof part.content === 'string') return part.content
  return typeof part.text === 'string' ? part.text : undefined
}
