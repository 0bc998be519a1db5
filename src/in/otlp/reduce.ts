/** From one span to what is kept of it (mapping, sections 3 and 5 to 10). Pure. */
import { classify, PANELS } from './dialects/index.ts'
import { announcedBy } from './dialects/pydantic-ai.ts'
import type { ToolRead } from './dialects/dialect.ts'
import type { Panel } from './dialects/panel.ts'
import type { Content, Context, Facts, FactsKind, ToolFacts, Writable } from './facts.ts'
import { readCall } from './reduce-call.ts'
import { isInterrupt } from './reading/errors.ts'
import { failureOf } from './reading/failure.ts'
import { finishOf } from './reading/finish.ts'
import { earlier } from './reading/durations.ts'
import { resultKey } from './reading/keys.ts'
import { tagsOf } from './reading/metadata.ts'
import { spokenIn } from './reading/spoken.ts'
import { asText, unquoted } from './reading/values.ts'
import { View, type Degraded } from './reading/view.ts'
import type { Attributes, Span } from './signal.ts'

export interface Reduced {
  /** Null when nothing of it can be of use to any step. */
  readonly facts: Facts | null
  readonly degraded: readonly Degraded[]
}

/** Names come from outside; longer ones are cut. */
const LONGEST_NAME = 255

/** A span or record that is known by where it belongs: what is kept of it is told when its group's turn comes. */
export interface Unread {
  /** Null when nothing of it can be of use to any step. */
  readonly group: string | null
  /** To be called once. Whatever it holds, it never throws. */
  read(): Reduced
}

export function place(span: Span): Unread {
  const view = new View(span)
  const nothing = () => ({ group: null, read: () => ({ facts: null, degraded: view.degraded }) })
  try {
    const fixed = classify(view)
    view.dialect = fixed?.dialect.name ?? ''
    const kind = fixed?.kind ?? 'context'
    if (kind === 'ignore' || (kind === 'context' && !contextWorthKeeping(view))) return nothing()
    const panel = PANELS.of(view, fixed?.dialect)
    const group = panel.ask('group', view) ?? span.traceId
    return { group, read: () => readPlaced(span, { view, panel, group, kind }) }
  } catch (error) {
    note(view, error)
    return nothing()
  }
}

/** Nobody's span may fail the request it came in; what went wrong is told with the rejections. */
function note(view: View, error: unknown): void {
  view.note('unreadable', `${view.name}: ${String(error)}`)
}

interface Placed {
  readonly view: View
  readonly panel: Panel
  readonly group: string
  readonly kind: FactsKind
}

function readPlaced(span: Span, placed: Placed): Reduced {
  const { view } = placed
  try {
    return { facts: factsOf(span, placed), degraded: view.degraded }
  } catch (error) {
    note(view, error)
    return { facts: null, degraded: view.degraded }
  }
}

function factsOf(span: Span, { view, panel, group, kind }: Placed): Facts {
  const announced = announcedBy(view, span.parentId)
  const isPending = announced !== undefined || span.endNs === 0n
  const spanId = announced?.spanId ?? span.spanId
  const context: Writable<Context> = {
    group,
    key: `${span.traceId}:${spanId}`,
    kind,
    dialect: view.dialect || 'none',
    name: span.name.slice(0, LONGEST_NAME).toWellFormed(),
    traceId: span.traceId,
    spanId,
    parentId: announced ? announced.parentId : span.parentId,
    startNs: String(span.startNs),
    endNs: isPending ? '0' : String(span.endNs < span.startNs ? span.startNs : span.endNs),
    weight: view.keys.length + span.events.length,
  }
  const tailMs = kind === 'call' ? panel.ask('tailMs', view) : undefined
  if (tailMs !== undefined) {
    context.isTail = true
    context.startNs = String(earlier(span.startNs, tailMs))
  }
  describe(context, view, panel)
  return { context, content: addContent(context, view, panel) }
}

/** What a span of its kind holds beside what any span says. */
function addContent(context: Writable<Context>, view: View, panel: Panel): Content | null {
  if (context.kind === 'call' || context.kind === 'fallback') return addCall(context, view, panel)
  if (context.kind === 'tool') return addTool(context, panel.all('tool', view))
  if (!panel.any('lends', view)) return null
  const { content, said } = spokenIn(view, panel)
  context.lends = true
  context.said = said
  return content
}

function addCall(context: Writable<Context>, view: View, panel: Panel): Content {
  const { droppedAttributes } = view.source
  if (droppedAttributes > 0) view.note('dropped_attributes', `${droppedAttributes} attributes of ${context.name}`)
  const { call, content } = readCall(view, panel)
  const spoken = spokenIn(view, panel)
  if (context.dialect === 'gen_ai') leaveOutWords(content, spoken.content)
  // The second source of finish reasons is the answer itself (7.2).
  const finish = context.finish ?? spoken.content.output?.[0]?.finish
  if (finish !== undefined) {
    context.finish = finish
    if (finishOf(finish) === undefined) view.note('unknown_finish_reason', finish)
    if (finishOf(finish) === 'error') context.failure ??= {}
  }
  if (view.broken.length > 0) call.truncated = view.broken
  if (finish === undefined && call.usage === undefined) {
    if (panel.any('failsBare', view)) context.bare = 'failed'
    else if (panel.any('endedWell', view)) context.bare = 'success'
  }
  context.call = call
  context.said = spoken.said
  return Object.assign(content, spoken.content)
}

/** The convention's messages are read whole, so that the short ones need not be kept as attributes beside them. */
const WORDS = {
  system: 'gen_ai.system_instructions',
  input: 'gen_ai.input.messages',
  output: 'gen_ai.output.messages',
} as const

function leaveOutWords(content: Writable<Content>, spoken: Content): void {
  const left = { ...content.attributes }
  for (const side of ['system', 'input', 'output'] as const) if (spoken[side]) delete left[WORDS[side]]
  if (Object.keys(left).length > 0) content.attributes = left
  else delete content.attributes
}

/** @param told by each dialect; what the first leaves open is filled by the others */
function addTool(context: Writable<Context>, told: readonly ToolRead[]): Content | null {
  const {
    result,
    isError = context.failure !== undefined,
    ...known
  }: ToolRead = Object.assign({}, ...told.toReversed())
  const tool: Writable<ToolFacts> = known
  if (known.name !== undefined) tool.name = known.name.slice(0, LONGEST_NAME)
  context.tool = tool
  if (context.failure && isInterrupt(context.failure)) {
    tool.isDenied = true
    delete context.failure
  }
  if (result === undefined) return null
  tool.resultKey = resultKey(result)
  return { result: { text: result, isError } }
}

/** What any span says of agent, run, user and outcome (section 8), by itself. */
function describe(context: Writable<Context>, view: View, panel: Panel): void {
  const agent = panel.ask('agent', view)
  const name = agent?.name ?? (context.kind === 'agent' ? panel.ask('agentSpanName', view) : undefined)
  if (name !== undefined) context.agent = { ...agent, name }
  else if (agent) context.agent = agent
  for (const field of ['alias', 'rootName', 'run', 'finish'] as const) {
    const text = panel.ask(field, view)
    if (text !== undefined) context[field] = text
  }
  for (const field of ['session', 'user'] as const) {
    const text = unquoted(panel.ask(field, view)) ?? resourceText(view, `${field}.id`)
    if (text !== undefined) context[field] = text
  }
  const tags = panel.all('tags', view)
  const kept = tags.length > 0 ? tagsOf(...tags) : []
  if (kept.length > 0) context.tags = kept
  const [nearest, ...others] = panel.all('metadata', view)
  if (nearest) context.metadata = others.length > 0 ? Object.assign({}, ...others.toReversed(), nearest) : nearest
  const failure = failureOf(view, panel, context.finish)
  if (failure) context.failure = failure
  const service = serviceName(view)
  if (service !== undefined) context.service = service
  if (view.source.kind === SERVER || view.source.kind === CONSUMER) context.isServer = true
  if (panel.any('isStepWrapper', view)) context.isStepWrapper = true
  const http = context.kind === 'context' ? httpOf(view.attributes) : undefined
  if (http) context.http = http
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
