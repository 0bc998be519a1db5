/** What chat-like recordings have in common: usage, finish reasons, reasoning, images, tool results, tags. */
import { createHash } from 'node:crypto'
import { isJsonObject, type JsonObject, type JsonValue } from '../../domain/exact-json.ts'
import { isOpaqueId } from '../../domain/id.ts'
import type { ContentPart, ImagePart, MessageInput, TextPart, ToolCall, ToolReturn } from '../../domain/message.ts'
import type { StopReason } from '../../domain/step.ts'
import type { Place } from './place.ts'
import type { StepPart } from './run-draft.ts'

/** The token columns, from a usage object in the spelling of OpenAI (chat or responses) or Anthropic. */
export function usageFields(usage: Place): StepPart {
  if (!usage.optionalObject()) return {}
  const prompt = usage.at('prompt_tokens').count() ?? usage.at('input_tokens').count()
  const completion = usage.at('completion_tokens').count() ?? usage.at('output_tokens').count()
  const promptDetails = firstKnown(usage.at('prompt_tokens_details'), usage.at('input_tokens_details'))
  const completionDetails = firstKnown(usage.at('completion_tokens_details'), usage.at('output_tokens_details'))
  const read = firstCount(
    promptDetails.at('cached_tokens'),
    usage.at('cached_input_tokens'),
    usage.at('cache_read_input_tokens'),
    usage.at('prompt_cache_hit_tokens'),
  )
  const write = firstCount(
    usage.at('cache_creation_input_tokens'),
    usage.at('cache_write_tokens'),
    promptDetails.at('cache_creation_tokens'),
  )
  const cached = (read ?? 0) + (write ?? 0)
  // Anthropic's own spelling counts cached tokens apart; a count smaller than its cached part does so, too.
  const apart = !usage.at('prompt_tokens').known && usage.at('cache_read_input_tokens').known
  const whole = prompt !== null && (apart || cached > prompt) ? prompt + cached : prompt
  const total = whole === prompt ? usage.at('total_tokens').count() : null
  return {
    prompt_tokens: whole,
    completion_tokens: completion,
    total_tokens: total ?? sum(whole, completion),
    cached_input_tokens: read,
    cache_write_tokens: write,
    reasoning_tokens: firstCount(completionDetails.at('reasoning_tokens'), usage.at('reasoning_tokens')),
    prompt_tokens_details: promptDetails.optionalObject(),
    completion_tokens_details: completionDetails.optionalObject(),
  }
}

export function sum(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b
}

function firstKnown(...places: [Place, ...Place[]]): Place {
  return places.find((place) => place.known) ?? places[0]
}

function firstCount(...places: Place[]): number | null {
  return places.find((place) => place.known)?.count() ?? null
}

const STOPS: Record<string, StopReason> = {
  stop: 'end_turn',
  end_turn: 'end_turn',
  stop_sequence: 'end_turn',
  length: 'max_tokens_exceeded',
  max_tokens: 'max_tokens_exceeded',
}

/** The contract's stop reason for a provider's finish reason; asking for a tool has none there. */
export function stopReason(finish: string | null): StopReason | null {
  return (finish !== null && STOPS[finish]) || null
}

/** Reasoning as the providers' chat messages carry it: Anthropic's blocks, or a text beside the content. */
export function reasoningParts(message: Place): ContentPart[] {
  const blocks = message.at('thinking_blocks').list()
  if (blocks.length > 0) {
    return blocks.map((block) => {
      if (block.at('type').text() === 'redacted_thinking') {
        return { type: 'redacted_reasoning', data: block.at('data').text() ?? '' }
      }
      return reasoning(block.at('thinking').text() ?? '', block.at('signature').text())
    })
  }
  const text = [message.at('reasoning_content'), message.at('reasoning')].find(
    (place) => typeof place.value === 'string',
  )
  return text?.name() ? [reasoning(text.value as string)] : []
}

export function reasoning(text: string, signature: string | null = null, is_native = true): ContentPart {
  return { type: 'reasoning', is_native, reasoning: text, ...(signature === null ? {} : { signature }) }
}

/** Content as chat messages carry it: a text, or a list of parts; what we have no part for is kept as JSON text. */
export function contentParts(content: Place): ContentPart[] {
  if (!content.known) return []
  if (typeof content.value === 'string') return content.value === '' ? [] : [{ type: 'text', text: content.value }]
  if (!Array.isArray(content.value)) content.fail('a text or a list of parts')
  return content.list().map((part) => textOrImage(part) ?? { type: 'text', text: JSON.stringify(part.value) })
}

/** A tool's content as `func_response`: its text, or its parts where they are texts and images. */
export function toolResponse(content: Place, status: 'success' | 'error'): NonNullable<ToolReturn['func_response']> {
  if (typeof content.value === 'string') return funcResponse(content.value, status)
  return contentParts(content).filter((part) => part.type === 'text' || part.type === 'image')
}

function textOrImage(part: Place): TextPart | ImagePart | undefined {
  if (typeof part.value === 'string') return { type: 'text', text: part.value }
  const text = part.at('text').value
  if (typeof text === 'string' && part.at('type').value !== 'image') return { type: 'text', text }
  const holder = part.at('image_url')
  const url = [part.at('image').value, holder.value, holder.at('url').value].find((value) => typeof value === 'string')
  return url === undefined ? undefined : image(url, part.at('detail').text() ?? holder.at('detail').text())
}

function image(url: string, detail: string | null): ImagePart {
  const data = /^data:([^;,]+);base64,/.exec(url)
  if (!data) return { type: 'image', source: { type: 'url', url } }
  const source = { type: 'base64', media_type: data[1] as string, data: url.slice(data[0].length) } as const
  return { type: 'image', source: detail === null ? source : { ...source, detail } }
}

/** A tool call in either spelling: `{id, function: {name, arguments}}` or `{id, name | function, arguments}`. */
export function toolCall(call: Place, where: { index: number; step: string }): ToolCall {
  const nested = isJsonObject(call.at('function').value)
  const name = nested ? call.at('function').at('name') : call.at('name').known ? call.at('name') : call.at('function')
  const args = nested ? call.at('function').at('arguments') : call.at('arguments')
  const id = call.at('id').name() ?? call.at('call_id').name() ?? call.at('tool_call_id').name()
  return {
    // Results name the call they answer; a call without id still needs one of its own.
    id: id ?? `${where.step}:${where.index}`,
    type: 'function',
    function: { name: name.text() ?? '', arguments: argumentText(args.value) },
  }
}

function argumentText(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? {})
}

/** A tool's result as a message of its step. */
export function toolMessage(callId: string | null, name: string | null, result: ToolReturn): MessageInput {
  return {
    role: 'tool',
    tool_call_id: callId,
    ...(name === null ? {} : { name }),
    tool_returns: [callId === null ? result : { ...result, tool_call_id: callId }],
  }
}

/**
 * A tool's text as `func_response`. Readers take text of Letta's form `{"status": …, "message": …}` apart,
 * so a foreign result that happens to have that form is wrapped in it once more.
 */
export function funcResponse(text: string, status: 'success' | 'error'): string {
  if (!/^\s*\{/.test(text) || !text.includes('"status"') || !text.includes('"message"')) return text
  return JSON.stringify({ status: status === 'error' ? 'Failed' : 'OK', message: text })
}

const TAG_LENGTH = 255

/** `name:value` as a tag, none when the value is not known; too long ones end in a hash, so they stay apart. */
export function tag(name: string, value: string | null): string[] {
  if (value === null || value === '') return []
  const text = `${name}:${value}`.replaceAll('\0', '').toWellFormed()
  if (text.length <= TAG_LENGTH) return [text]
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 12)
  return [`${text.slice(0, TAG_LENGTH - 13).toWellFormed()}…${hash}`]
}

/** A provider's name out of a `provider/model` name, where the source is known to write those. */
export function providerOf(handle: string | null): string | null {
  const slash = handle?.indexOf('/') ?? -1
  return slash > 0 ? (handle as string).slice(0, slash) : null
}

/** A column's text as it came, if the column can hold it. */
export function nameOrNull(text: string | null): string | null {
  return text !== null && isOpaqueId(text) ? text : null
}

/** The object without the keys whose value is not known. */
export function withoutUnknown(object: Record<string, JsonValue | undefined>): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value != null)) as JsonObject
}
