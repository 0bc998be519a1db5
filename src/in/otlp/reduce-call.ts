/** What a call's attributes say beside its messages: model, tokens, request, answer (mapping, sections 5 to 7). */
import type { JsonObject, JsonValue } from '../../domain/exact-json.ts'
import type { Dialect } from './dialects/dialect.ts'
import type { CallFacts, Content } from './facts.ts'
import { attributeName } from './reading/attribute-names.ts'
import { isSecret } from './reading/metadata.ts'
import { inferProvider } from './reading/provider.ts'
import { correctUsage, fillUsage, isUsageKnown, type Usage } from './reading/usage.ts'
import { asCount, isEmpty, shallow } from './reading/values.ts'
import type { View } from './reading/view.ts'

/** Longer values are content, and content has readers. */
const LONGEST_ATTRIBUTE = 1_000
const MOST_ATTRIBUTES = 100

type Writable<T> = { -readonly [K in keyof T]: T[K] }

export function readCall(view: View, dialects: readonly Dialect[]): { call: CallFacts; content: Content } {
  const { scope, droppedAttributes, resource } = view.source
  const call: Writable<CallFacts> = { scope: scope.version === '' ? scope.name : `${scope.name}@${scope.version}` }
  const put = <K extends keyof CallFacts>(key: K, question: (dialect: Dialect) => CallFacts[K] | undefined): void => {
    for (const dialect of dialects) {
      const value = question(dialect)
      if (value === undefined) continue
      call[key] = value
      return
    }
  }
  put('servedModel', (dialect) => dialect.servedModel?.(view))
  put('model', (dialect) => dialect.model?.(view))
  if (call.model === undefined && call.servedModel !== undefined) call.model = call.servedModel
  put('provider', (dialect) => dialect.provider?.(view))
  const inferred = call.provider ?? inferProvider(call.model)
  if (inferred !== undefined) call.provider = inferred
  put('endpoint', (dialect) => dialect.endpoint?.(view))
  put('responseId', (dialect) => dialect.responseId?.(view))
  put('requestId', (dialect) => dialect.requestId?.(view))
  put('isStreaming', (dialect) => dialect.isStreaming?.(view))
  put('firstTokenMs', (dialect) => dialect.firstTokenMs?.(view))
  const window = contextWindow(view)
  if (window !== undefined) call.contextWindow = window
  const usage = usageIn(view, dialects)
  if (usage !== undefined) call.usage = usage
  if (droppedAttributes > 0) call.droppedAttributes = droppedAttributes
  const modalities = modalitiesIn(view)
  if (modalities !== undefined) call.modalities = modalities
  return { call, content: rest(view, dialects, resource) }
}

function usageIn(view: View, dialects: readonly Dialect[]): Usage | undefined {
  const usage: Usage = {}
  for (const dialect of dialects) fillUsage(usage, dialect.usage?.(view))
  if (!isUsageKnown(usage)) return undefined
  return correctUsage(
    usage,
    dialects.some((dialect) => dialect.countsApart?.(view)),
  )
}

/** Not in any convention (5.1), but some say it. */
function contextWindow(view: View): number | undefined {
  return view.count('model_context_window', 'gen_ai.request.context_window', 'llm.context_window', 'context_window')
}

const MODALITY =
  /^gen_ai\.usage\.(?:(text|image|audio|video)\.(input|output)_tokens|(input|output)_tokens\.(text|image|audio|video))$/

/** Counts per modality, for the details columns (5.3). */
function modalitiesIn(view: View): CallFacts['modalities'] {
  const found: { prompt: JsonObject; completion: JsonObject } = { prompt: {}, completion: {} }
  for (const key of view.keys) {
    if (attributeName(key).holds !== 'usage') continue
    const match = MODALITY.exec(key)
    const audio = /^llm\.token_count\.(prompt|completion)_details\.audio$/.exec(key)
    const count = asCount(view.attributes[key])
    if (count === undefined) continue
    const modality = match?.[1] ?? match?.[4] ?? (audio ? 'audio' : undefined)
    const side =
      (match?.[2] ?? match?.[3] ?? audio?.[1]) === 'input' || audio?.[1] === 'prompt' ? 'prompt' : 'completion'
    if (modality !== undefined) found[side][`${modality}_tokens`] = count
  }
  const known = Object.entries(found).filter(([, counts]) => Object.keys(counts).length > 0)
  return known.length === 0 ? undefined : Object.fromEntries(known)
}

/** Request and answer without their messages, raw usage, and the attributes that nobody asked for. */
function rest(view: View, dialects: readonly Dialect[], resource: Readonly<Record<string, JsonValue>>): Content {
  const request = merged(dialects.map((dialect) => dialect.request?.(view)))
  const response = merged(dialects.map((dialect) => dialect.response?.(view)))
  const usage: JsonObject = {}
  const cost: JsonObject = {}
  const attributes: JsonObject = {}
  let left = MOST_ATTRIBUTES
  for (const key of view.keys) {
    const { holds } = attributeName(key)
    if (holds === 'secret' || (holds === 'other' && view.isRead(key))) continue
    const value = view.attributes[key] as JsonValue
    if (isEmpty(value) || isLong(value) || left-- <= 0) continue
    const target = holds === 'usage' ? usage : holds === 'cost' ? cost : attributes
    target[key] = value
  }
  if (Object.keys(usage).length > 0) response.usage = usage
  if (Object.keys(cost).length > 0) response.cost = cost
  const source = describedOnce(resource)
  return {
    ...(Object.keys(request).length > 0 && { request }),
    ...(Object.keys(response).length > 0 && { response }),
    ...(Object.keys(attributes).length > 0 && { attributes }),
    ...(source && { resource: source }),
  }
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
function merged(objects: readonly (JsonObject | undefined)[]): JsonObject {
  const all: JsonObject = {}
  for (const object of objects) {
    for (const [key, value] of Object.entries(object ?? {})) {
      if (!Object.hasOwn(all, key) && !isSecret(key) && key !== '__proto__') all[key] = shallow(value)
    }
  }
  return all
}
