/** From one span to what is kept of it (mapping, sections 3 and 5 to 10). Pure. */
import type { JsonObject, JsonValue } from '../../domain/exact-json.ts'
import { classify, dialectsOn } from './dialects/index.ts'
import { announcedBy } from './dialects/pydantic-ai.ts'
import type { Dialect, SpanKind, ToolRead } from './dialects/dialect.ts'
import type { About, Content, Context, Facts, FactsKind } from './facts.ts'
import { readCall } from './reduce-call.ts'
import { failureOf } from './reading/failure.ts'
import { resultKey } from './reading/keys.ts'
import { tagsOf } from './reading/metadata.ts'
import { spokenIn } from './reading/spoken.ts'
import { asText, isEmpty } from './reading/values.ts'
import { View, type Degraded } from './reading/view.ts'
import type { Attributes, Span } from './signal.ts'

export interface Reduced {
  /** Null when nothing of it can be of use to any step. */
  readonly facts: Facts | null
  readonly degraded: readonly Degraded[]
}

/** Names come from outside; longer ones are cut. */
const LONGEST_NAME = 255

/** What is kept of a span. */
export function reduce(span: Span): Reduced {
  const view = new View(span)
  const announced = announcedBy(view, span.parentId)
  const fixed = classify(view)
  view.dialect = fixed?.dialect.name ?? ''
  const kind = fixed?.kind ?? 'context'
  if (kind === 'ignore' || (kind === 'context' && !contextWorthKeeping(view)))
    return { facts: null, degraded: view.degraded }
  const dialects = dialectsOn(view, fixed?.dialect)
  const isPending = announced !== undefined || span.endNs === 0n
  const spanId = announced?.spanId ?? span.spanId
  const common: Context = {
    group: ask(dialects, (dialect) => dialect.group?.(view)) ?? span.traceId,
    key: `${span.traceId}:${spanId}`,
    kind,
    dialect: fixed?.dialect.name ?? 'none',
    name: span.name.slice(0, LONGEST_NAME).toWellFormed(),
    traceId: span.traceId,
    spanId,
    parentId: announced ? announced.parentId : span.parentId,
    startNs: String(span.startNs),
    endNs: isPending ? '0' : String(span.endNs < span.startNs ? span.startNs : span.endNs),
    weight: Object.keys(span.attributes).length + span.events.length,
    ...contextOf(view, dialects, kind),
  }
  const isCall = kind === 'call' || kind === 'fallback'
  if (isCall) return withCall(view, dialects, common)
  if (kind === 'tool') {
    const told = dialects.map((dialect) => dialect.tool?.(view) ?? {})
    return withTool(view, common, Object.assign({}, ...told.toReversed()))
  }
  if (dialects.some((dialect) => dialect.lends?.(view))) {
    const { content, said } = spokenIn(view, dialects)
    return { facts: { context: { ...common, lends: true, said }, content }, degraded: view.degraded }
  }
  return { facts: { context: common, content: null }, degraded: view.degraded }
}

function withCall(view: View, dialects: readonly Dialect[], common: Context): Reduced {
  if (view.source.droppedAttributes > 0) {
    view.note('dropped_attributes', `${view.source.droppedAttributes} attributes of ${common.name}`)
  }
  const { call, content } = readCall(view, dialects)
  const spoken = spokenIn(view, dialects)
  const all: Content = { ...spoken.content, ...content }
  const truncated = view.broken.length > 0 ? { truncated: view.broken } : {}
  const context: Context = {
    ...common,
    call: { ...call, ...truncated },
    ...(spoken.said && { said: spoken.said }),
  }
  return { facts: { context, content: all }, degraded: view.degraded }
}

function withTool(view: View, common: Context, tool: ToolRead): Reduced {
  const { result, isError = common.failure !== undefined, ...known } = tool
  const name = known.name === undefined ? {} : { name: known.name.slice(0, LONGEST_NAME) }
  const key = result === undefined ? {} : { resultKey: resultKey(result) }
  const content = result === undefined ? null : { result: { text: result, isError } }
  return { facts: { context: { ...common, tool: { ...known, ...name, ...key } }, content }, degraded: view.degraded }
}

/** What any span says of agent, run, user and outcome (section 8), by itself. */
function contextOf(view: View, dialects: readonly Dialect[], kind: FactsKind | SpanKind): About {
  const context: { -readonly [K in keyof About]: About[K] } = {}
  const put = <K extends keyof About>(key: K, value: About[K] | undefined): void => {
    if (value !== undefined) context[key] = value
  }
  const own = ask(dialects, (dialect) => dialect.agent?.(view))
  if (kind === 'agent') {
    const name = own?.name ?? ask(dialects, (dialect) => dialect.agentSpanName?.(view)) ?? view.name
    put('agent', { ...own, name })
  } else {
    put('agent', own)
  }
  put(
    'alias',
    ask(dialects, (dialect) => dialect.alias?.(view)),
  )
  put(
    'rootName',
    ask(dialects, (dialect) => dialect.rootName?.(view)),
  )
  put(
    'run',
    ask(dialects, (dialect) => dialect.run?.(view)),
  )
  put('session', ask(dialects, (dialect) => dialect.session?.(view)) ?? resourceText(view, 'session.id'))
  put('user', ask(dialects, (dialect) => dialect.user?.(view)) ?? resourceText(view, 'user.id'))
  const tags = tagsOf(...dialects.map((dialect) => dialect.tags?.(view) ?? []))
  if (tags.length > 0) put('tags', tags)
  put('metadata', metadataIn(view, dialects))
  const finish = ask(dialects, (dialect) => dialect.finish?.(view))
  put('finish', finish)
  put('failure', failureOf(view, dialects, finish))
  put('service', serviceName(view))
  if (view.source.kind === SERVER || view.source.kind === CONSUMER) put('isServer', true)
  if (dialects.some((dialect) => dialect.isStepWrapper?.(view))) put('isStepWrapper', true)
  if (kind === 'context') put('http', httpOf(view.attributes))
  return context
}

function metadataIn(view: View, dialects: readonly Dialect[]): JsonObject | undefined {
  const found = dialects.map((dialect) => dialect.metadata?.(view)).filter((each) => each !== undefined)
  return found.length === 0 ? undefined : Object.assign({}, ...found.toReversed())
}

const [INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER] = [1, 2, 3, 4, 5]

/** `unknown_service:node` is what an SDK says when nobody told it. */
function serviceName(view: View): string | undefined {
  const name = resourceText(view, 'service.name')
  return name === undefined || name.startsWith('unknown_service') ? undefined : name
}

function resourceText(view: View, key: string): string | undefined {
  return asText(view.source.resource[key])
}

/** Where an HTTP request below a call went. */
function httpOf(attributes: Attributes): Context['http'] {
  const url = asText(attributes['url.full']) ?? asText(attributes['http.url'])
  const status = attributes['http.response.status_code'] ?? attributes['http.status_code']
  if (url === undefined) return undefined
  const origin = URL.canParse(url) ? new URL(url).origin : undefined
  return {
    ...(origin === undefined || origin === 'null' ? {} : { origin }),
    ...(typeof status === 'number' ? { status } : {}),
  }
}

/**
 * Whether an unmarked span may matter to a step: as a link to its ancestors, or by naming agent, user, run, …
 * Clients of databases, queues and remote procedures are leaves that say nothing of the kind.
 */
export function contextWorthKeeping(view: View): boolean {
  const { kind } = view.source
  if (kind === INTERNAL || kind === 0 || kind === SERVER || kind === CONSUMER)
    return !view.has('db.system') && !view.has('db.system.name')
  if (kind === PRODUCER) return false
  return kind === CLIENT && view.keys.some((key) => NAMING.test(key))
}

const NAMING =
  /^(?:gen_ai|session|user|ai|langfuse|langsmith|traceloop|mastra|metadata|tag|agent|llm|openinference|url|http)[.:]/

/** The first dialect that knows. */
export function ask<T>(dialects: readonly Dialect[], question: (dialect: Dialect) => T | undefined): T | undefined {
  for (const dialect of dialects) {
    const answer = question(dialect)
    if (answer !== undefined && !isEmpty(answer as JsonValue)) return answer
  }
  return undefined
}
