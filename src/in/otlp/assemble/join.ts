/** Which of the calls that different spans and records tell are one and the same (mapping, sections 4 and 13). */
import type { Context, SaidKeys } from '../facts.ts'
import { byTime, compareNs, countOf, type Node } from './forest.ts'

/** Each call's outermost span or record, with those that are known to tell of the same call. */
export type Groups = Map<Node, Node[]>

/** Clocks that count milliseconds begin that much too early. */
const SLACK_NS = 5_000_000n
/** Of calls that run at the same time and look alike so many are compared; it bounds the time for hostile traces. */
const MOST_CANDIDATES = 16
/** So many views of one call are compared with others. */
const MOST_VIEWS = 64

/**
 * Spans beside each other that tell of one call: a second instrumentation's, where the outer one does not make its span the
 * current one, as some do for streams; and those that only tell how a streamed call went on. What began first is the step.
 */
export function joinSiblings(groups: Groups): void {
  const spans = [...groups.keys()].filter((node) => !isRecord(node)).sort(byTime)
  const calls = spans.filter(({ context }) => !context.isTail)
  const owners = hasSeveralTellers(calls) ? joinViews(groups, calls) : new Map<Node, Node>()
  if (calls.length < spans.length) joinTails(groups, spans, owners)
}

function hasSeveralTellers(calls: readonly Node[]): boolean {
  return calls.some(({ context }) => context.call?.scope !== calls[0]?.context.call?.scope)
}

/** A call as its views tell it so far. */
interface Told {
  readonly owner: Node
  readonly views: Node[]
  readonly scopes: Set<string | undefined>
  readonly endNs: bigint
}

/** @returns for each span that is part of another's call, that other one */
function joinViews(groups: Groups, calls: readonly Node[]): Map<Node, Node> {
  const owners = new Map<Node, Node>()
  const running = new Map<string, Told[]>()
  for (const node of calls) {
    const { parentId, startNs, endNs } = node.context
    if (parentId === null) continue
    const views = [node, ...(groups.get(node) ?? [])]
    const likeness = likenessOf(views)
    const alike = likeness.flatMap((like) => running.get(like) ?? [])
    const told = best(alike, views, BigInt(startNs)) ?? {
      owner: node,
      views: [],
      scopes: new Set(),
      endNs: BigInt(endNs) + SLACK_NS,
    }
    if (told.views.length < MOST_VIEWS) told.views.push(...views.slice(0, MOST_CANDIDATES))
    for (const view of views) told.scopes.add(view.context.call?.scope)
    for (const like of likeness) {
      const others = (running.get(like) ?? []).filter((each) => each !== told && each.endNs >= BigInt(startNs))
      running.set(like, [...others, told].slice(-MOST_CANDIDATES))
    }
    if (told.owner === node) continue
    owners.set(node, told.owner)
    merge(groups, told.owner, node)
  }
  return owners
}

/**
 * What two views of one call have in common: the parent, and the answer's id or the model and its counts; of a failed one,
 * which has neither, provider and model.
 */
function likenessOf(views: readonly Node[]): string[] {
  const likeness = new Set<string>()
  const { traceId, parentId } = (views[0] as Node).context
  for (const { context } of views.slice(0, MOST_CANDIDATES)) {
    const { responseId, servedModel, provider, model, usage } = context.call ?? {}
    if (responseId !== undefined) likeness.add(`${traceId} ${parentId} answer ${responseId}`)
    else if (isUnanswered(context) && model !== undefined)
      likeness.add(`${traceId} ${parentId} failed ${provider} ${model}`)
    if (usage?.prompt === undefined || usage.completion === undefined) continue
    for (const name of [servedModel, model]) {
      if (name !== undefined) likeness.add(`${traceId} ${parentId} ${usage.prompt} ${usage.completion} ${name}`)
    }
  }
  return [...likeness]
}

/** Of several the one that surely is the same, then one that was asked the same, then the first. */
function best(alike: readonly Told[], views: readonly Node[], startNs: bigint): Told | undefined {
  const possible = alike.filter((told) => startNs <= told.endNs && isPossible(told, views))
  return (
    possible.find((told) => shareId(told.views, views)) ??
    possible.find((told) => shared(told.views, views, 'input') === true) ??
    possible[0]
  )
}

function isPossible(told: Told, others: readonly Node[]): boolean {
  const { scopes, views } = told
  // What one instrumentation tells twice are two calls.
  if (others.some(({ context }) => scopes.has(context.call?.scope))) return false
  if (views.every(({ context }) => isUnanswered(context)) && !isSameFailure(told, others)) return false
  const ids = idsOf(views)
  if (ids.size > 0 && idsOf(others).size > 0) return shareId(views, others)
  return shared(views, others, 'input') !== false && shared(views, others, 'output') !== false
}

function isUnanswered({ failure, call }: Context): boolean {
  return failure !== undefined && call?.responseId === undefined && call?.usage === undefined
}

/** Failed calls have little in common: one has to end before the other one does, and with no other status or words. */
function isSameFailure({ views, endNs }: Told, others: readonly Node[]): boolean {
  const failures = [...views, ...others].map(({ context }) => context.failure)
  const statuses = new Set(failures.map((failure) => failure?.httpStatus).filter((status) => status !== undefined))
  const [said = '', ...words] = failures.map((failure) => failure?.message).filter((message) => message !== undefined)
  const areSame = words.every((other) => said.includes(other) || other.includes(said))
  return statuses.size <= 1 && areSame && others.every(({ context }) => BigInt(context.endNs) <= endNs)
}

function idsOf(views: readonly Node[]): Set<string> {
  return new Set(views.map(({ context }) => context.call?.responseId).filter((id) => id !== undefined))
}

function shareId(some: readonly Node[], others: readonly Node[]): boolean {
  return !idsOf(some).isDisjointFrom(idsOf(others))
}

/** Whether both say something of the same; undefined where one of them says nothing. */
function shared(some: readonly Node[], others: readonly Node[], side: 'input' | 'output'): boolean | undefined {
  const [a, b] = [saidBy(some, side), saidBy(others, side)]
  return a.size === 0 || b.size === 0 ? undefined : !a.isDisjointFrom(b)
}

function saidBy(views: readonly Node[], side: keyof Pick<SaidKeys, 'input' | 'output'>): Set<string> {
  const keys = views.flatMap(({ context }) => context.said?.[side] ?? [])
  return new Set(keys.flatMap((key) => key.split(' ')).filter((atom) => atom !== ''))
}

/** A tail belongs to the call beside it that asked the same, and of several to the one whose span ended last before. */
function joinTails(groups: Groups, spans: readonly Node[], owners: ReadonlyMap<Node, Node>): void {
  for (const beside of Map.groupBy(spans, placeOf).values()) {
    const tails = beside.filter(({ context }) => context.isTail)
    if (tails.length === 0) continue
    const calls = beside.filter(({ context }) => !context.isTail)
    calls.sort((a, b) => compareNs(a.context.endNs, b.context.endNs) || byTime(a, b))
    const ended: Node[] = []
    let next = 0
    for (const tail of tails) {
      const startNs = BigInt(tail.context.startNs) + SLACK_NS
      for (; next < calls.length && BigInt((calls[next] as Node).context.endNs) <= startNs; next++)
        ended.push(calls[next] as Node)
      const head = ended.pop()
      if (head) merge(groups, owners.get(head) ?? head, tail)
    }
  }
}

function placeOf({ context: { traceId, parentId, call, said } }: Node): string {
  return [traceId, parentId, call?.scope, ...(said?.input ?? [])].join('\n')
}

/** A record of a request whose span is known too is no step of its own (section 13). */
export function joinRecords(groups: Groups): void {
  const all = [...groups.keys()]
  if (!all.some(isRecord)) return
  const around = new SpansOfRuns(all.filter((node) => !isRecord(node)))
  const owners = new Map<string, Node>()
  for (const node of all.sort((a, b) => Number(isRecord(a)) - Number(isRecord(b)) || byTime(a, b))) {
    const names = namesOf(node.context)
    const named = names.map((name) => owners.get(name)).find((each) => each !== undefined)
    const owner = isRecord(node) ? (named ?? around.take(node)) : undefined
    if (owner) {
      merge(groups, owner, node)
      for (const name of names) if (!owners.has(name)) owners.set(name, owner)
    } else {
      for (const inner of [node, ...(groups.get(node) ?? [])]) {
        for (const name of namesOf(inner.context)) if (!owners.has(name)) owners.set(name, node)
      }
    }
  }
}

/** Spans that records without a span's id may mean: each is the span of one of them. */
class SpansOfRuns {
  private readonly byRun: Map<string | undefined, Node[]>
  private readonly taken = new Set<Node>()

  /** @param spans calls */
  constructor(spans: readonly Node[]) {
    this.byRun = Map.groupBy([...spans].sort(byTime), ({ context }) => context.run)
  }

  /** The span of the record's run that was open for the time that the record tells of, and not for long beside. */
  take({ context: record }: Node): Node | undefined {
    if (record.run === undefined || !record.call?.isAdrift) return undefined
    const [startNs, endNs] = [BigInt(record.startNs), BigInt(record.endNs)]
    const spans = this.byRun.get(record.run) ?? []
    const begun = countOf(spans, ({ context }) => BigInt(context.startNs) <= startNs + SLACK_NS)
    const possible = spans.slice(Math.max(0, begun - MOST_CANDIDATES), begun).filter(({ context }, i, some) => {
      const hasFailed = record.failure === undefined || context.failure !== undefined
      return hasFailed && endNs <= BigInt(context.endNs) + SLACK_NS && !this.taken.has(some[i] as Node)
    })
    const beside = ({ context }: Node) =>
      Math.abs(Number(startNs - BigInt(context.startNs))) + Math.abs(Number(BigInt(context.endNs) - endNs))
    const [span] = possible.toSorted((a, b) => beside(a) - beside(b) || byTime(a, b))
    if (span) this.taken.add(span)
    return span
  }
}

function merge(groups: Groups, owner: Node, node: Node): void {
  const inner = groups.get(owner) ?? []
  inner.push(node)
  for (const each of groups.get(node) ?? []) inner.push(each)
  groups.set(owner, inner)
  groups.delete(node)
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
