/** Which spans are calls, and which of them describe the same one (mapping, section 4). */
import type { CallFacts } from '../facts.ts'
import type { Failure } from '../reading/errors.ts'
import { fillFailure } from '../reading/errors.ts'
import { correctUsage, fillUsage, type Usage } from '../reading/usage.ts'
import { byTime, compareNs, descendants, fillCall, type Forest, type Node } from './forest.ts'
import { joinRecords, joinSiblings } from './join.ts'

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
  /** When its answer was whole; `'0'` = not yet. */
  readonly endNs: string
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

function combine(primary: Node, inner: readonly Node[], replaced: readonly Node[]): Call {
  const own = primary.context
  const isPending = own.endNs === '0'
  if (inner.length === 0 && primary.logs.length === 0) {
    const { finish } = own
    const failure = withHttpStatus(own.failure, [primary])
    const facts = withHttp(own.call ?? { scope: '' }, primary)
    return { primary, inner, replaced, facts, failure, finish, isPending, endNs: own.endNs }
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
  const known = told && lastFailed?.context.failure ? fillFailure(told, lastFailed.context.failure) : told
  const failure = withHttpStatus(known, [primary, ...inner])
  return {
    primary,
    inner,
    replaced,
    facts,
    failure,
    finish: [primary, ...believed].flatMap(finishesOf)[0],
    isPending,
    endNs: isPending ? own.endNs : lastEnd(primary, inner),
  }
}

/** The span of a streamed call may end where its answer begins. */
function lastEnd(primary: Node, inner: readonly Node[]): string {
  const ends = inner.filter(({ context }) => context.isTail).map(({ context }) => context.endNs)
  return ends.reduce((last, end) => (compareNs(end, last) > 0 ? end : last), primary.context.endNs)
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

/** How the last HTTP request inside of a failed call was answered, where nothing else says it (7.4); it may have had no answer. */
function withHttpStatus(failure: Failure | undefined, tellers: readonly Node[]): Failure | undefined {
  if (!failure || failure.httpStatus !== undefined) return failure
  const requests = tellers
    .flatMap(({ children }) => children)
    .filter(({ context }) => context.http)
    .sort(byTime)
  const httpStatus = requests.at(-1)?.context.http?.status
  return httpStatus === undefined || httpStatus < 400 ? failure : { ...failure, httpStatus }
}

/** Where the HTTP request inside of the call went. */
function withHttp(facts: CallFacts, node: Node): CallFacts {
  if (facts.endpoint !== undefined) return facts
  const origin = node.children.map(({ context }) => context.http?.origin).find((each) => each !== undefined)
  return origin === undefined ? facts : { ...facts, endpoint: origin }
}
