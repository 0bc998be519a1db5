/** What a call's attributes say beside its messages: model, tokens, request, answer (mapping, sections 5 to 7). */
import type { JsonObject, JsonValue } from '../../domain/exact-json.ts'
import type { Panel } from './dialects/panel.ts'
import type { CallFacts, Content, Writable } from './facts.ts'
import { attributeName } from './reading/attribute-names.ts'
import { isSecret } from './reading/metadata.ts'
import { inferProvider } from './reading/provider.ts'
import { correctUsage, fillUsage, isUsageKnown, type Usage } from './reading/usage.ts'
import { asCount, isEmpty, shallow } from './reading/values.ts'
import type { View } from './reading/view.ts'

/** Longer values are content, and content has readers. */
const LONGEST_ATTRIBUTE = 1_000
const MOST_ATTRIBUTES = 100

/** What of {@link CallFacts} a question to the dialects answers. */
const ASKED = ['servedModel', 'model', 'provider', 'endpoint', 'responseId', 'requestId', 'firstTokenMs'] as const

export function readCall(view: View, panel: Panel): { call: Writable<CallFacts>; content: Writable<Content> } {
  const { scope, droppedAttributes, resource } = view.source
  const call: Writable<CallFacts> = { scope: scope.version === '' ? scope.name : `${scope.name}@${scope.version}` }
  for (const question of ASKED) {
    const answer = panel.ask(question, view)
    if (answer !== undefined) Object.assign(call, { [question]: answer })
  }
  if (call.model === undefined && call.servedModel !== undefined) call.model = call.servedModel
  const inferred = call.provider ?? inferProvider(call.model)
  if (inferred !== undefined) call.provider = inferred
  const isStreaming = panel.ask('isStreaming', view)
  if (isStreaming !== undefined) call.isStreaming = isStreaming
  const window = contextWindow(view)
  if (window !== undefined) call.contextWindow = window
  const usage = usageIn(view, panel, call.servedModel ?? call.model)
  if (usage !== undefined) call.usage = usage
  if (droppedAttributes > 0) call.droppedAttributes = droppedAttributes
  const modalities = modalitiesIn(view)
  if (modalities !== undefined) call.modalities = modalities
  return { call, content: rest(view, panel, resource) }
}

function usageIn(view: View, panel: Panel, model: string | undefined): Usage | undefined {
  const usage: Usage = {}
  for (const told of panel.all('usage', view)) fillUsage(usage, told)
  const { prompt, completion, total, reasoning = Number.POSITIVE_INFINITY } = usage
  const isGemini = model !== undefined && /gemini/i.test(model)
  // Gemini's candidates without the thoughts, which only the sum holds (6.2), as it does the prompts of Google's own tools.
  if (isGemini && prompt !== undefined && completion !== undefined && total !== undefined) {
    usage.completion = Math.max(completion, Math.min(total - prompt, completion + reasoning))
  }
  return isUsageKnown(usage) ? correctUsage(usage, panel.any('countsApart', view)) : undefined
}

/** Not in any convention (5.1), but some say it. */
function contextWindow(view: View): number | undefined {
  return view.count('model_context_window', 'gen_ai.request.context_window', 'llm.context_window', 'context_window')
}

/** Counts per modality, for the details columns (5.3). */
function modalitiesIn(view: View): CallFacts['modalities'] {
  let found: { prompt?: JsonObject; completion?: JsonObject } | undefined
  for (const key of view.keys) {
    const { modality } = attributeName(key)
    const count = modality && asCount(view.attributes[key])
    if (modality === undefined || count === undefined) continue
    found ??= {}
    found[modality.side] = { ...found[modality.side], [modality.name]: count }
  }
  return found
}

/** Request and answer without their messages, raw usage, and the attributes that nobody asked for. */
function rest(view: View, panel: Panel, resource: Readonly<Record<string, JsonValue>>): Writable<Content> {
  const request = merged(panel.all('request', view))
  const response = merged(panel.all('response', view))
  const usage: JsonObject = {}
  const cost: JsonObject = {}
  const attributes: JsonObject = {}
  let left = MOST_ATTRIBUTES
  for (const key of view.keys) {
    const { holds } = attributeName(key)
    if (holds === 'secret' || (holds === 'other' && view.isRead(key))) continue
    const value = view.attributes[key] as JsonValue
    if (isEmpty(value) || isLong(value) || key === '__proto__' || left-- <= 0) continue
    const target = holds === 'usage' ? usage : holds === 'cost' ? cost : attributes
    target[key] = value
  }
  if (Object.keys(usage).length > 0) response.usage = usage
  if (Object.keys(cost).length > 0) response.cost = cost
  const source = describedOnce(resource)
  const content: Writable<Content> = {}
  if (Object.keys(request).length > 0) content.request = request
  if (Object.keys(response).length > 0) content.response = response
  if (Object.keys(attributes).length > 0) content.attributes = attributes
  if (source) content.resource = source
  return content
}

/** All spans of one envelope share their resource. */
const described = new WeakMap<object, JsonObject | null>()

function describedOnce(resource: Readonly<Record<string, JsonValue>>): JsonObject | null {
  let found = described.get(resource)
  if (found === undefined) {
    const kept = Object.entries(resource).filter(([key, value]) => !isSecret(key) && !isLong(value))
    found = kept.length === 0 ? null : Object.fromEntries(kept)
    described.set(resource, found)
  }
  return found
}

function isLong(value: JsonValue): boolean {
  if (typeof value === 'string') return value.length > LONGEST_ATTRIBUTE
  return typeof value === 'object' && value !== null && JSON.stringify(value).length > LONGEST_ATTRIBUTE
}

/** The first dialect's word counts; secrets and headers are nobody's business (8.4). */
function merged(objects: readonly JsonObject[]): JsonObject {
  const all: JsonObject = {}
  for (const object of objects) {
    for (const [key, value] of Object.entries(object)) {
      if (!Object.hasOwn(all, key) && key !== '__proto__' && attributeName(key).holds !== 'secret') {
        all[key] = shallow(value)
      }
    }
  }
  return all
}
