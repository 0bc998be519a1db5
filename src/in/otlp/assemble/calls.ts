/** Which spans are calls, and which of them describe the same one (mapping, section 4). */
import type { CallFacts, Context } from '../facts.ts'
import type { Failure } from '../reading/errors.ts'
import { fillFailure } from '../reading/errors.ts'
import { correctUsage, fillUsage, type Usage } from '../reading/usage.ts'
import { byTime, compareNs, descendants, fillCall, type Forest, type Node } from './forest.ts'

/** One request to a model, as one or more spans and records tell it. */
export interface Call {
  /** The outermost: it is the step. */
  readonly primary: Node
  /** Further tellers, in the order of time; they fill what the primary leaves open. */
  readonly inner: readonly Node[]
  /** Of a span that is one only for want of a better one, or of a record whose span came: steps that are none. */
  readonly replaced: readonly Node[]
  readonly facts: CallFacts
  readonly failure: Failure | undefined
  readonly finish: string | undefined
  readonly isPending: boolean
}

/** A sub-agent's calls are calls of their own. */
function isBorder(node: Node): boolean {
  return node.context.kind === 'tool' || node.context.kind === 'agent'
}

/** The calls of a group in the order of time. */
export function callsIn(forest: Forest): Call[] {
  const isCall = new Set<Node>()
  const replacedBy = new Map<Node, Node[]>()
  for (const node of forest.nodes) if (node.context.kind === 'call') isCall.add(node)
  for (const node of forest.nodes) {
    if (node.context.kind !== 'fallback') continue
    const below = [...descendants(node, isBorder)].filter((each) => isCall.has(each)).sort(byTime)
    const [first] = below
    if (first) replacedBy.set(first, [...(replacedBy.get(first) ?? []), node])
    else isCall.add(node)
  }
  const groups = new Map<Node, Node[]>()
  const outermost = new Outermost(isCall)
  for (const node of forest.nodes) {
    if (!isCall.has(node)) continue
    const outer = outermost.of(node) ?? node
    const inner = groups.get(outer)
    if (!inner) groups.set(outer, outer === node ? [] : [node])
    else if (outer !== node) inner.push(node)
  }
  joinSiblings(groups)
  joinRecords(groups)
  const inOrder = [...groups].sort(([a], [b]) => byTime(a, b))
  return inOrder.map(([primary, inner]) => {
    const all = [primary, ...inner]
    return combine(
      primary,
      inner.sort(byTime),
      all.flatMap((node) => replacedBy.get(node) ?? []),
    )
  })
}

/** For each span the outermost call at or above it, below the next tool or agent. Each link is walked once. */
class Outermost {
  private readonly isCall: ReadonlySet<Node>
  private readonly known = new Map<Node, Node | undefined>()

  constructor(isCall: ReadonlySet<Node>) {
    this.isCall = isCall
  }

  of(node: Node): Node | undefined {
    const path: Node[] = []
    let at: Node | undefined = node
    while (at && !this.known.has(at) && !isBorder(at)) {
      path.push(at)
      at = at.parent
    }
    let outer = at && this.known.get(at)
    for (const each of path.reverse()) {
      if (outer === undefined && this.isCall.has(each)) outer = each
      this.known.set(each, outer)
    }
    return outer
  }
}

/** Clocks that count milliseconds begin that much too early. */
const SLACK_NS = 5_000_000n

/**
 * Two instrumentations of one call whose spans are not each other's ancestors: an outer one that does not make its span
 * the current one, as some do for streams. The one that began first is the outer one.
 */
function joinSiblings(groups: Map<Node, Node[]>): void {
  const inOrder = [...groups.keys()].filter((each) => !isRecord(each)).sort(byTime)
  const hasTails = inOrder.some(({ context }) => context.isTail)
  const isOneTeller = inOrder.every(({ context }) => context.call?.scope === inOrder[0]?.context.call?.scope)
  if (isOneTeller && !hasTails) return
  const before = new Map<string, Node[]>()
  const joined = new Map<Node, Node>()
  const heads = hasTails ? Map.groupBy(inOrder, placeOf) : new Map<string, Node[]>()
  for (const node of inOrder) {
    const views = viewsOf(node.context)
    const others = views.flatMap((view) => before.get(view) ?? [])
    const found = node.context.isTail ? headOf(node, heads) : others.find((each) => isOtherView(each, node))
    const owner = found && (joined.get(found) ?? found)
    if (owner) {
      joined.set(node, owner)
      groups.set(owner, [...(groups.get(owner) ?? []), node, ...(groups.get(node) ?? [])])
      groups.delete(node)
    }
    for (const view of views) before.set(view, [...(before.get(view) ?? []), owner ?? node])
  }
}

/** What two views of one call have in common: the answer's id, else the parent, the model and its counts. */
function viewsOf({ traceId, parentId, call }: Context): string[] {
  const views: string[] = []
  if (call?.responseId !== undefined) views.push(`response ${call.responseId}`)
  const { prompt, completion } = call?.usage ?? {}
  if (parentId !== null && prompt !== undefined && completion !== undefined) {
    views.push(`counts ${traceId} ${parentId} ${call?.servedModel ?? call?.model} ${prompt} ${completion}`)
  }
  return views
}

/** The call beside a tail that asked the same and whose span ended when the tail began. */
function headOf(tail: Node, heads: ReadonlyMap<string, Node[]>): Node | undefined {
  const beside = heads.get(placeOf(tail)) ?? []
  const start = BigInt(tail.context.startNs) + SLACK_NS
  const ended = beside.filter(({ context }) => !context.isTail && BigInt(context.endNs) <= start)
  const head = ended.sort((a, b) => compareNs(b.context.endNs, a.context.endNs) || byTime(a, b))[0]
  if (head) beside.splice(beside.indexOf(head), 1)
  return head
}

function placeOf({ context: { traceId, parentId, call, said } }: Node): string {
  return [traceId, parentId, call?.scope, ...(said?.input ?? [])].join('\n')
}

function isOtherView(first: Node, second: Node): boolean {
  const [a, b] = [first.context, second.context]
  return a.call?.scope !== b.call?.scope && BigInt(b.startNs) <= BigInt(a.endNs) + SLACK_NS
}

/** A record of a request whose span is known too is no step of its own (section 13). */
function joinRecords(groups: Map<Node, Node[]>): void {
  const all = [...groups.keys()]
  if (!all.some(isRecord)) return
  const spans = Map.groupBy(
    all.filter((node) => !isRecord(node)),
    ({ context }) => context.run,
  )
  const owners = new Map<string, Node>()
  const byOwner = all.sort((a, b) => Number(isRecord(a)) - Number(isRecord(b)) || byTime(a, b))
  for (const node of byOwner) {
    const names = namesOf(node.context)
    const named = names.map((name) => owners.get(name)).find((each) => each !== undefined)
    const owner = named ?? spanAround(node, spans)
    if (owner && isRecord(node)) {
      groups.set(owner, [...(groups.get(owner) ?? []), node, ...(groups.get(node) ?? [])])
      groups.delete(node)
      for (const name of names) if (!owners.has(name)) owners.set(name, owner)
    } else {
      for (const inner of [node, ...(groups.get(node) ?? [])]) {
        for (const name of namesOf(inner.context)) if (!owners.has(name)) owners.set(name, node)
      }
    }
  }
}

/** The span of the record's run that was open all the time that the record tells of. */
function spanAround({ context }: Node, spans: ReadonlyMap<string | undefined, readonly Node[]>): Node | undefined {
  if (context.run === undefined || !context.call?.isAdrift) return undefined
  const [start, end] = [BigInt(context.startNs), BigInt(context.endNs)]
  return spans
    .get(context.run)
    ?.find((span) => BigInt(span.context.startNs) <= start + SLACK_NS && end <= BigInt(span.context.endNs) + SLACK_NS)
}

function isRecord(node: Node): boolean {
  return node.key.startsWith('log:')
}

/** What a request is known by among records. */
function namesOf({ call }: Context): string[] {
  const names: string[] = []
  if (call?.requestId !== undefined) names.push(`request ${call.requestId}`)
  if (call?.responseId !== undefined) names.push(`response ${call.responseId}`)
  return names
}

function combine(primary: Node, inner: readonly Node[], replaced: readonly Node[]): Call {
  const own = primary.context
  const isPending = own.endNs === '0'
  if (inner.length === 0 && primary.logs.length === 0) {
    const { failure, finish } = own
    return { primary, inner, replaced, facts: withHttp(own.call ?? { scope: '' }, primary), failure, finish, isPending }
  }
  // Attempts: nothing is summed; the last one that succeeded is believed first, then the later ones.
  const believed = inner.toReversed().sort((a, b) => failed(a) - failed(b))
  const start: CallFacts = own.call ?? { scope: '' }
  let facts = believed.reduce<CallFacts>(
    (known, { context }) => (context.call ? fillCall(known, context.call) : known),
    start,
  )
  for (const teller of [primary, ...inner]) {
    for (const { context } of teller.logs)
      if (context.call) facts = { ...fillCall(facts, context.call), scope: facts.scope }
    facts = withHttp(facts, teller)
  }
  const usage = exactUsage([primary, ...believed])
  if (usage) facts = { ...facts, usage }
  const lastFailed = inner.toReversed().find(({ context }) => context.failure !== undefined)
  const told = own.failure ?? primary.logs.map(({ context }) => context.failure).find((each) => each !== undefined)
  const failure = told && lastFailed?.context.failure ? fillFailure(told, lastFailed.context.failure) : told
  return {
    primary,
    inner,
    replaced,
    facts,
    failure,
    finish: [primary, ...believed].flatMap(finishesOf)[0],
    isPending,
  }
}

/**
 * The counts of the teller that knows most of them, completed by the others: a prompt counted without its cached parts
 * and parts from elsewhere would make a sum that nobody reported.
 */
function exactUsage(nodes: readonly Node[]): Usage | undefined {
  const told = nodes
    .flatMap((node) => [node, ...node.logs])
    .map(({ context }) => context.call?.usage)
    .filter((usage) => usage !== undefined)
  const [first] = told
  if (!first || told.length === 1) return first
  const most = told.reduce((best, next) => (Object.keys(next).length > Object.keys(best).length ? next : best))
  const filled = { ...most }
  for (const usage of told) fillUsage(filled, usage)
  return correctUsage(filled, false)
}

function failed(node: Node): number {
  return node.context.failure === undefined ? 0 : 1
}

function finishesOf(node: Node): string[] {
  return [node, ...node.logs].map(({ context }) => context.finish).filter((finish) => finish !== undefined)
}

/** Where the HTTP request inside of the call went. */
function withHttp(facts: CallFacts, node: Node): CallFacts {
  if (facts.endpoint !== undefined) return facts
  const origin = node.children.map(({ context }) => context.http?.origin).find((each) => each !== undefined)
  return origin === undefined ? facts : { ...facts, endpoint: origin }
}
