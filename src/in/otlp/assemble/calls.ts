/** Which spans are calls, and which of them describe the same one (mapping, section 4). */
import type { CallFacts, Context } from '../facts.ts'
import type { Failure } from '../reading/errors.ts'
import { fillFailure } from '../reading/errors.ts'
import { correctUsage, fillUsage, type Usage } from '../reading/usage.ts'
import { byTime, descendants, fillCall, type Forest, type Node } from './forest.ts'

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

/** A record of a request whose span is known too is no step of its own (section 13). */
function joinRecords(groups: Map<Node, Node[]>): void {
  const owners = new Map<string, Node>()
  const byOwner = [...groups.keys()].sort((a, b) => Number(isRecord(a)) - Number(isRecord(b)) || byTime(a, b))
  for (const node of byOwner) {
    const names = namesOf(node.context)
    const owner = names.map((name) => owners.get(name)).find((each) => each !== undefined)
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
