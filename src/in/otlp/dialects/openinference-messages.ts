/** OpenInference's flattened messages, completed from the raw JSON beside them (mapping, sections 9.1, 9.3, 12.3). */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../domain/exact-json.ts'
import { branchAt, branchOf, leafAt, numbered, type Branch } from '../reading/flattened.ts'
import { message, messagesIn, roleOf } from '../reading/messages.ts'
import { toolReturn } from '../reading/parts.ts'
import { isThought, joined, saidText, type Said, type SaidPart, type SaidRole } from '../reading/said.ts'
import { asText, at, firstText, isEmpty, tryJson } from '../reading/values.ts'
import type { View } from '../reading/view.ts'

export function inputOf(view: View): Said[] | undefined {
  const whole = anthropicRequest(view) ?? bedrockRequest(view)
  if (whole) return messagesIn(whole, 'user')
  const flat = flattened(view, 'llm.input_messages.', 'user') ?? prompts(view)
  return completed(view, flat, 'input', 'user')
}

export function outputOf(view: View): Said[] | undefined {
  const flat = flattened(view, 'llm.output_messages.', 'assistant') ?? choices(view)
  const said = completed(view, flat, 'output', 'assistant')
  if (!said || hasChoices(view)) return said
  // Items of one answer stand one by one.
  return withThoughts(view, joined(said))
}

/** Whether the request asked for several answers. */
function hasChoices(view: View): boolean {
  const asked = at(view.object('llm.invocation_parameters'), 'n')
  return typeof asked === 'number' && asked > 1
}

/** Blocks that only Anthropic's requests hold. */
const ANTHROPIC_BLOCKS: ReadonlySet<unknown> = new Set([
  'tool_use',
  'tool_result',
  'thinking',
  'redacted_thinking',
  'image',
])

/**
 * A request in Anthropic's form. Flattened, it lacks its instructions, all but one of several results of tools, and the
 * data of images.
 */
function anthropicRequest(view: View): JsonObject | undefined {
  if (view.text('input.mime_type') === 'text/plain') return undefined
  const value = view.object('input.value')
  if (!value || !('max_tokens' in value) || !Array.isArray(value.messages)) return undefined
  const contents = value.messages.map((each) => at(each, 'content'))
  const blocks = contents.flatMap((content) => (Array.isArray(content) ? content : []))
  // Python's may hold blocks as texts that are made for people.
  if (
    !contents.every((content) => typeof content === 'string' || Array.isArray(content)) ||
    !blocks.every(isJsonObject)
  ) {
    return undefined
  }
  const isAnthropics = !isEmpty(value.system) || blocks.some((block) => ANTHROPIC_BLOCKS.has(at(block, 'type')))
  return isAnthropics ? value : undefined
}

/** A request in Bedrock's form. Flattened, it lacks the results of tools. */
function bedrockRequest(view: View): JsonObject | undefined {
  const value = view.text('input.mime_type') === 'text/plain' ? undefined : view.object('input.value')
  if (!value || !('modelId' in value) || !Array.isArray(value.messages)) return undefined
  return value.messages.every((each) => Array.isArray(at(each, 'content'))) ? value : undefined
}

/** With the reasoning that only the raw answer holds: the Agents SDK's flattened one leaves it out beside tool calls. */
function withThoughts(view: View, said: Said[]): Said[] {
  const [answer] = said
  if (said.length !== 1 || answer === undefined || answer.parts.some(isThought)) return said
  const raw = joined(rawOf(view, 'output', 'assistant'))
  const thoughts = raw.length === 1 ? raw.flatMap(({ parts }) => parts.filter(isThought)) : []
  return thoughts.length === 0 ? said : [{ ...answer, parts: [...thoughts, ...answer.parts] }]
}

export function toolsOf(view: View): JsonValue[] {
  return numbered(branchOf(view, 'llm.tools.')).map((tool) => {
    const schema = leafAt(tool, 'tool', 'json_schema')
    return typeof schema === 'string' ? (tryJson(schema) ?? schema) : (schema ?? null)
  })
}

interface Flattened {
  readonly said: Said[]
  /** Those without a role: the Agents SDK's reasoning comes back as text of nobody. */
  readonly ofNobody: ReadonlySet<Said>
}

function flattened(view: View, prefix: string, fallback: SaidRole): Flattened | undefined {
  const entries = numbered(branchOf(view, prefix))
  if (entries.length === 0) return undefined
  const ofNobody = new Set<Said>()
  const said = entries.flatMap((outer) => {
    const returned = functionsIn(outer)
    if (returned) return [returned]
    const entry = branchAt(outer, 'message') ?? outer
    const told = roleOf(asText(leafAt(entry, 'role')))
    const role = told ?? (isReasoning(entry) ? 'assistant' : fallback)
    const read = role === 'user' && entry.has('tool_call_id') ? results(entry) : message(asObject(entry), role)
    if (told === undefined) for (const each of read) ofNobody.add(each)
    return read.length > 0 ? read : [{ role, parts: [] }]
  })
  return { said, ofNobody }
}

/** AutoGen's results stand beside their message, each as JSON. */
function functionsIn(entry: Branch): Said | undefined {
  const told = entry.get('function')
  if (!(told instanceof Map)) return undefined
  const parts = [...told.values()]
    .map((leaf) => (typeof leaf === 'string' ? tryJson(leaf) : undefined))
    .filter(isJsonObject)
    .map((each) => toolReturn(firstText(each.call_id), each.content, each.is_error === true))
  return parts.length === 0 ? undefined : { role: 'tool', parts }
}

/** A user's message of Anthropic's that holds a tool's result beside whatever it says. */
function results(entry: Branch): Said[] {
  const { content: says, ...rest } = asObject(entry)
  const result = message({ ...rest, content: contentIn(entry) }, 'tool')
  return entry.has('contents') ? [...result, ...message({ content: says as JsonValue }, 'user')] : result
}

function contentIn(entry: Branch): JsonValue {
  const content = leafAt(entry, 'content')
  return entry.has('tool_call_id') ? opened(content) : shown(content)
}

/** A tool's list of blocks, where it was flattened as JSON text. */
function opened(content: JsonValue | undefined): JsonValue {
  const parsed = typeof content === 'string' && content.startsWith('[{') ? tryJson(content) : undefined
  return Array.isArray(parsed) && parsed.every((each) => at(each, 'type') === 'text') ? parsed : shown(content)
}

/** Items of the Responses API that are reasoning come back without a role. */
function isReasoning(entry: Branch): boolean {
  const [first] = numbered(entry.get('contents'))
  return first !== undefined && leafAt(first, 'message_content', 'type') === 'reasoning'
}

/** What the instrumentation was told not to send. */
const HIDDEN = '__REDACTED__'

/** The branch in the shape of a chat message. Where content stands twice, `contents` has the order (9.3). */
function asObject(entry: Branch): JsonObject {
  const contents = numbered(entry.get('contents')).map(contentOf)
  const value: JsonObject = {
    content: contents.length > 0 ? contents : contentIn(entry),
    tool_calls: numbered(entry.get('tool_calls')).map((call) => callOf(branchAt(call, 'tool_call') ?? call)),
  }
  for (const key of ['tool_call_id', 'name', 'finish_reason'] as const) {
    const told = leafAt(entry, key)
    if (told !== undefined) value[key] = told
  }
  const legacy = leafAt(entry, 'function_call_name')
  if (legacy !== undefined) {
    value.function_call = { name: legacy, arguments: leafAt(entry, 'function_call_arguments_json') ?? null }
  }
  return value
}

function contentOf(content: Branch): JsonValue {
  const call = branchAt(content, 'tool_call')
  if (call) return { type: 'tool_call', ...callOf(call) }
  const part = branchAt(content, 'message_content') ?? content
  const url = leafAt(part, 'image', 'image', 'url') ?? leafAt(part, 'image', 'url')
  if (url !== undefined) return { type: 'image_url', image_url: { url } }
  const value: JsonObject = {}
  for (const [key, leaf] of part) if (!(leaf instanceof Map)) value[key] = shown(leaf)
  const isSummary = value.type === 'reasoning' && (!isEmpty(value.id) || !isEmpty(value.encrypted_content))
  return isSummary ? { ...value, summary: isEmpty(value.text) ? [] : [{ text: value.text as JsonValue }] } : value
}

function shown(leaf: JsonValue | undefined): JsonValue {
  return leaf === undefined || leaf === HIDDEN ? null : leaf
}

function callOf(call: Branch): JsonObject {
  return {
    id: leafAt(call, 'id') ?? null,
    function: {
      name: leafAt(call, 'function', 'name') ?? null,
      arguments: leafAt(call, 'function', 'arguments') ?? null,
    },
  }
}

function prompts(view: View): Flattened | undefined {
  const numberedTexts = numbered(branchOf(view, 'llm.prompts.')).map((entry) => asText(leafAt(entry, 'prompt', 'text')))
  const texts = numberedTexts.length > 0 ? numberedTexts : view.texts('llm.prompts')
  return texts.length > 0 ? plain('user', texts) : undefined
}

function choices(view: View): Flattened | undefined {
  const texts = numbered(branchOf(view, 'llm.choices.')).map((entry) => asText(leafAt(entry, 'completion', 'text')))
  return texts.length > 0 ? plain('assistant', texts) : undefined
}

function plain(role: SaidRole, texts: readonly (string | undefined)[]): Flattened {
  return { said: texts.map((text) => saidText(role, text ?? '')), ofNobody: new Set() }
}

/** The raw JSON is read only where the flattened form is missing, cut by the attribute limit, or poorer (9.1). */
function completed(
  view: View,
  told: Flattened | undefined,
  side: 'input' | 'output',
  role: SaidRole,
): Said[] | undefined {
  const flat = told?.said
  const isCut = view.source.droppedAttributes > 0
  const isWhole = told?.ofNobody.size === 0 && !flat?.some(isPoor) && !mayTellMore(view, side, flat)
  if (flat && !isCut && isWhole) return flat
  const raw = rawOf(view, side, role)
  if (raw.length === 0) return flat
  if (!flat) return raw
  if (isCut && raw.length > flat.length) return raw
  // Instructions may stand beside the raw messages, and in front of the flattened ones.
  const ahead = flat.length - raw.length
  if (ahead < 0 || !flat.slice(0, ahead).every((each) => each.role === 'system')) return flat
  return flat.map((said, i) => {
    const other = raw[i - ahead]
    if (other === undefined) return said
    return told?.ofNobody.has(said) && other.parts.every(isThought) ? other : filled(said, other)
  })
}

/** What Python prints of an object, such as a stream that was handed on. */
const PYTHON_OBJECT = /^<[\w.]+ object at 0x[0-9a-f]+>$/

function rawOf(view: View, side: 'input' | 'output', role: SaidRole): Said[] {
  const value =
    view.text(`${side}.mime_type`) === 'text/plain' ? view.text(`${side}.value`) : view.json(`${side}.value`)
  if (value === undefined || value === HIDDEN || (typeof value === 'string' && PYTHON_OBJECT.test(value))) return []
  // JSON that is no request or answer of a known form is still the best there is; broken JSON is text.
  return isJsonObject(value) || Array.isArray(value) ? messagesIn(value, role) : [saidText(role, asText(value) ?? '')]
}

/** Whether the raw JSON may say more: that a result is an error, an image, calls that only their results show. */
function mayTellMore(view: View, side: 'input' | 'output', flat: readonly Said[] | undefined): boolean {
  const raw = side === 'output' ? undefined : view.text('input.value')
  if (raw === undefined || !flat) return false
  const parts = flat.flatMap((said) => said.parts)
  const calls = new Set(parts.map((part) => (part.type === 'tool_call' ? part.id : undefined)))
  const returns = parts.filter((part) => part.type === 'tool_return')
  if (returns.length > 0 && raw.includes('error')) return true
  if (returns.some((part) => !calls.has(part.tool_call_id))) return true
  return raw.includes('image') && parts.every(({ type }) => type !== 'image')
}

function isPoor(said: Said): boolean {
  if (said.parts.length === 0 || (said.role === 'assistant' && said.parts.every(isEmptyText))) return true
  return said.parts.some((part) => idOf(part) === '')
}

function isEmptyText(part: SaidPart): boolean {
  return part.type === 'text' && part.text === ''
}

function idOf(part: SaidPart): string | undefined {
  if (part.type === 'tool_call') return part.id
  return part.type === 'tool_return' ? part.tool_call_id : undefined
}

/** The flattened message with contents and ids from the raw one, which also says where a tool failed. */
function filled(said: Said, raw: Said): Said {
  const lacks = (type: SaidPart['type']) => said.parts.every((part) => part.type !== type)
  if (said.parts.length === 0 || said.parts.every(isEmptyText)) return { ...said, parts: raw.parts }
  if (lacks('image') && raw.parts.some(({ type }) => type === 'image')) return { ...said, parts: raw.parts }
  if (lacks('tool_call') && lacks('tool_return')) {
    return { ...said, parts: [...said.parts, ...raw.parts.filter(({ type }) => type === 'tool_call')] }
  }
  const known = raw.parts.filter((part) => idOf(part) !== undefined)
  let next = 0
  const parts = said.parts.map((part) => {
    if (idOf(part) === undefined) return part
    const other = known[next++]
    const id = idOf(part) || (other && idOf(other)) || ''
    if (part.type === 'tool_call') return { ...part, id }
    if (part.type !== 'tool_return') return part
    const isSame = other?.type === 'tool_return' && (other.tool_call_id === id || other.tool_call_id === '')
    return { ...part, tool_call_id: id, is_error: part.is_error || (isSame && other.is_error) }
  })
  return { ...said, parts }
}
