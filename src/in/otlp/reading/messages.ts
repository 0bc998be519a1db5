/** Messages in any provider's or framework's shape (mapping, sections 9.1 and 9.2). */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../domain/exact-json.ts'
import { contentPart, contentParts, isApproval, reasoningPart, toolInput, toolReturn } from './parts.ts'
import { saidText, type Said, type SaidPart, type SaidRole } from './said.ts'
import { asText, at, first, firstText, isEmpty, textOf } from './values.ts'

const ROLES: Readonly<Partial<Record<string, SaidRole>>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  human: 'user',
  assistant: 'assistant',
  ai: 'assistant',
  model: 'assistant',
  aimessagechunk: 'assistant',
  // Smolagents' word for the text in which a model asks for tools.
  'tool-call': 'assistant',
  tool: 'tool',
  function: 'tool',
  ipython: 'tool',
}

/** Classes of LangChain's serialised messages, by the last element of `id`. */
const CLASSES: Readonly<Partial<Record<string, SaidRole>>> = {
  SystemMessage: 'system',
  SystemMessageChunk: 'system',
  HumanMessage: 'user',
  HumanMessageChunk: 'user',
  AIMessage: 'assistant',
  AIMessageChunk: 'assistant',
  ToolMessage: 'tool',
  FunctionMessage: 'tool',
}

/** Lists in lists, objects in objects: further in there is no message of anybody's. */
const MAX_DEPTH = 8

/** Our word for a role; undefined for a text that is none. */
export function roleOf(text: string | undefined): SaidRole | undefined {
  return text === undefined ? undefined : ROLES[text.toLowerCase()]
}

/**
 * The messages that a value holds.
 * @param fallback the role of what does not say its own: `user` in a request, `assistant` in an answer
 */
export function messagesIn(value: JsonValue | undefined, fallback: SaidRole, depth = 0): Said[] {
  if (isEmpty(value) || depth > MAX_DEPTH) return []
  if (Array.isArray(value)) return listed(value, fallback, depth)
  if (!isJsonObject(value)) return [saidText(fallback, textOf(value))]
  // Of what failed some write an output of nothing.
  if (Object.entries(value).every(([key, each]) => each === null && /^outputs?$/.test(key))) return []
  return messageIn(value, fallback) ?? held(value, fallback, depth) ?? [saidText(fallback, textOf(value))]
}

function listed(list: readonly JsonValue[], fallback: SaidRole, depth: number): Said[] {
  const isParts = list.every((entry) => isJsonObject(entry) && isBarePart(entry))
  if (isParts) return split({ role: fallback, parts: contentParts([...list]) })
  const said: Said[] = []
  for (const entry of list) said.push(...(resultByRole(entry, said) ?? messagesIn(entry, fallback, depth + 1)))
  return said
}

/** A tool's message is so far behind its call at most. */
const MOST_BEFORE = 64

/** LangChain through Langfuse gives a tool's message the tool's own name as its role, and no id of the call. */
function resultByRole(entry: JsonValue, before: readonly Said[]): Said[] | undefined {
  const role = isJsonObject(entry) ? asText(entry.role) : undefined
  if (!isJsonObject(entry) || role === undefined || roleOf(role) !== undefined) return undefined
  const parts = before.slice(-MOST_BEFORE).flatMap((said) => said.parts)
  const answered = new Set(parts.map((part) => (part.type === 'tool_return' ? part.tool_call_id : '')))
  const call = parts.find((part) => part.type === 'tool_call' && part.name === role && !answered.has(part.id))
  return call?.type === 'tool_call' ? message({ tool_call_id: call.id, ...entry, name: role }, 'tool') : undefined
}

/** A content part that stands where a message should. Responses items are messages of their own kind. */
function isBarePart(entry: JsonObject): boolean {
  if ('role' in entry || 'message' in entry || 'lc' in entry || 'kwargs' in entry) return false
  const type = asText(entry.type)
  if (type === undefined) return typeof entry.text === 'string' && !('toolCalls' in entry) && !('tool_calls' in entry)
  return type === 'text' || type === 'image' || type === 'input_text' || type === 'image_url' || type === 'tool-call'
}

/** The object's own message; undefined when it is none. */
function messageIn(value: JsonObject, fallback: SaidRole): Said[] | undefined {
  if (isJsonObject(value.kwargs) && Array.isArray(value.id)) {
    const role = CLASSES[asText(value.id.at(-1)) ?? '']
    return role === undefined ? undefined : message(value.kwargs, role)
  }
  const type = asText(value.type)
  // LangChain's dictionaries: `{type: 'human', data: {content}}`.
  if (isJsonObject(value.data) && roleOf(type) !== undefined) return message(value.data, roleOf(type) as SaidRole)
  const role = roleOf(asText(value.role)) ?? ('content' in value && type !== 'text' ? roleOf(type) : undefined)
  if (role !== undefined) return message(value, role)
  const item = type === undefined ? undefined : ITEM_ROLES[type]
  if (item !== undefined) return [{ role: item, parts: [contentPart(value)].filter((part) => part !== undefined) }]
  // Any other role is a name somebody gave; LangGraph writes a tool's own.
  if (typeof value.role === 'string' && ('content' in value || 'parts' in value)) return message(value, fallback)
  return undefined
}

/** Items of the Responses API that are no messages by themselves. */
const ITEM_ROLES: Readonly<Partial<Record<string, SaidRole>>> = {
  function_call: 'assistant',
  custom_tool_call: 'assistant',
  mcp_call: 'assistant',
  reasoning: 'assistant',
  function_call_output: 'tool',
  // The Agents SDK's own word.
  function_call_result: 'tool',
  custom_tool_call_output: 'tool',
}

/** Objects that hold messages: requests and answers of each API and framework. */
function held(value: JsonObject, fallback: SaidRole, depth: number): Said[] | undefined {
  const inner = (found: JsonValue | undefined, role = fallback) => messagesIn(found, role, depth + 1)
  const list = first(value.messages, value.contents, value.input, value.prompt, value.prompts)
  if (list !== undefined) return [...systemOf(value), ...inner(list)]
  if (Array.isArray(value.choices)) return value.choices.flatMap((choice) => choiceIn(choice, inner))
  if (Array.isArray(value.candidates)) return value.candidates.flatMap((each) => choiceIn(each, inner))
  if (Array.isArray(value.generations)) return value.generations.flatMap((each) => inner(each, 'assistant'))
  if (Array.isArray(value.output)) return inner(value.output, 'assistant')
  // Genkit, LangChain, Bedrock's `output: {message}`; ADK's and Gemini's `content: {role, parts}`; a bare answer.
  const one = [value.message, value.content, value.output, value.parts].find((each) => !isEmpty(each))
  if (one !== undefined)
    return isJsonObject(one) && 'parts' in one ? message(one, roleOf(asText(one.role)) ?? fallback) : inner(one)
  if ('toolCalls' in value || 'tool_calls' in value) return message(value, fallback)
  return typeof value.text === 'string' ? [saidText(fallback, value.text)] : undefined
}

function choiceIn(choice: JsonValue, inner: (value: JsonValue | undefined, role: SaidRole) => Said[]): Said[] {
  const finish = firstText(at(choice, 'finish_reason'), at(choice, 'finishReason'))
  const found = inner(
    first(at(choice, 'message'), at(choice, 'content'), at(choice, 'text'), at(choice, 'delta')),
    'assistant',
  )
  return finish === undefined ? found : found.map((each) => ({ ...each, finish }))
}

/** System instructions that stand beside the messages of a request. */
export function systemOf(request: JsonObject): Said[] {
  const config = isJsonObject(request.config) ? request.config : undefined
  const found = first(
    request.system,
    request.instructions,
    request.systemInstruction,
    request.system_instruction,
    config?.systemInstruction,
    config?.system_instruction,
  )
  return isEmpty(found) ? [] : systemMessage(found)
}

/** System instructions as plain text, a list of parts, or a message: one message. */
export function systemMessage(value: JsonValue | undefined): Said[] {
  const said = messagesIn(value, 'system')
  const parts = said.flatMap((each) => each.parts)
  return parts.length === 0 ? [] : [{ role: 'system', parts }]
}

/** A message with its role: its reasoning, its content, its tool calls, in this order, each once. */
export function message(value: JsonObject, role: SaidRole): Said[] {
  const extra = isJsonObject(value.additional_kwargs) ? value.additional_kwargs : {}
  const id = firstText(value.tool_call_id, value.toolCallId, value.call_id, role === 'tool' ? value.id : undefined)
  const content = first(value.parts, value.content, value.contents, value.text)
  const said: Said = { role, parts: [] }
  const name = firstText(value.name)
  if (name !== undefined) said.name = name
  const finish = firstText(value.finish_reason, value.finishReason)
  if (finish !== undefined) said.finish = finish
  if (role === 'tool' && isApproval(content)) return []
  if (role === 'tool' && !holdsReturns(content)) {
    const isError = value.status === 'error' || value.is_error === true
    said.parts = [toolReturn(id, content ?? '', isError)]
    return [said]
  }
  const reasoning = firstText(value.reasoning_content, value.reasoning, extra.reasoning_content)
  const parts = contentParts(content)
  said.parts = [...(reasoning === undefined || parts.some(isReasoning) ? [] : [reasoningPart(reasoning)]), ...parts]
  const refusal = firstText(value.refusal, extra.refusal)
  if (refusal !== undefined) said.parts.push({ type: 'text', text: refusal })
  addCalls(said.parts, first(value.tool_calls, value.toolCalls, extra.tool_calls))
  if (isJsonObject(value.function_call)) {
    addCalls(said.parts, [value.function_call])
  }
  return split(said)
}

function holdsReturns(content: JsonValue | undefined): boolean {
  return Array.isArray(content) && contentParts(content).some((part) => part.type === 'tool_return')
}

function isReasoning(part: SaidPart): boolean {
  return part.type === 'reasoning' || part.type === 'summarized_reasoning'
}

/** Adds calls that the content does not hold already: some sources repeat them (9.3). */
function addCalls(parts: SaidPart[], calls: JsonValue | undefined): void {
  if (!Array.isArray(calls)) return
  const known = parts.filter((part) => part.type === 'tool_call')
  const [ids, names] = [new Set(known.map(({ id }) => id)), new Set(known.map(({ name }) => name))]
  for (const call of calls) {
    if (!isJsonObject(call)) continue
    const part = toolCall(call)
    if (!(part.id === '' ? names.has(part.name) : ids.has(part.id))) parts.push(part)
  }
}

/** A call in OpenAI's (`{id, function: {name, arguments}}`), LangChain's (`{id, name, args}`) or the AI SDK's form. */
export function toolCall(call: JsonObject): SaidPart & { type: 'tool_call' } {
  const nested = isJsonObject(call.function) ? call.function : call
  const input = [nested.arguments, nested.input, nested.args, call.args, call.input].find((each) => !isEmpty(each))
  return {
    type: 'tool_call',
    id: firstText(call.call_id, call.id, call.toolCallId) ?? '',
    name: firstText(nested.name, call.toolName) ?? '',
    input: toolInput(input),
  }
}

/** Tool results inside of another message become messages of their own, in front of a user's (9.2). */
function split(said: Said): Said[] {
  if (said.role === 'tool' || !said.parts.some((part) => part.type === 'tool_return')) return [said]
  const results = said.parts.filter((part) => part.type === 'tool_return')
  const rest = said.parts.filter((part) => part.type !== 'tool_return')
  const tool: Said = { role: 'tool', parts: results }
  if (rest.length === 0) return [tool]
  // In an answer they are of the provider's own tools, which it asked for first.
  return said.role === 'assistant' ? [{ ...said, parts: rest }, tool] : [tool, { ...said, parts: rest }]
}
