/** The facts of one group as trees of spans, each span once (mapping, section 11.3). Any order of the facts gives the same. */
import type { CallFacts, Context } from '../facts.ts'
import { fillFailure } from '../reading/errors.ts'

/** One span or record, of which several versions may have come. */
export interface Node {
  readonly key: string
  /** What all versions tell together; the one that knows most is believed first. */
  readonly context: Context
  readonly versions: readonly Context[]
  /** Which versions they are; not where in its request each stood. */
  readonly stamp: string
  parent: Node | undefined
  readonly children: Node[]
  /** Log records with messages of this span, in order. */
  readonly logs: Node[]
}

export interface Forest {
  /** By start, then end, then key. */
  readonly nodes: readonly Node[]
}

/** How many versions of one span are worth keeping; which ones does not depend on the order in which they come. */
export const MOST_VERSIONS = 4

/** Decimal text of nanoseconds, smaller first. */
export function compareNs(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)
}

/** The last instant that a step's time can name, in the year 2255; clocks that are beyond it are wrong anyway. */
const LAST_MICROS = Number.MAX_SAFE_INTEGER - 1

/** Microseconds of decimal nanoseconds; cut, not rounded. */
export function microsOf(ns: string): number {
  return Math.min(Number(ns.slice(0, -3)), LAST_MICROS)
}

/** Which version of a span knows more: ended before pending, more attributes, later end, then any fixed order. */
export function compareVersions(a: Context, b: Context): number {
  if (a === b) return 0
  const isEnded = Number(b.endNs !== '0') - Number(a.endNs !== '0')
  const order = isEnded || b.weight - a.weight || compareNs(b.endNs, a.endNs)
  return order || (a.order ?? 0) - (b.order ?? 0) || compareTexts(JSON.stringify(a), JSON.stringify(b))
}

export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

export function byTime(a: Node, b: Node): number {
  const [x, y] = [a.context, b.context]
  return compareNs(x.startNs, y.startNs) || compareNs(x.endNs, y.endNs) || compareTexts(a.key, b.key)
}

/** How many of a list's first entries something holds for, and for none behind them; found by halving. */
export function countOf<T>(list: readonly T[], holds: (each: T) => boolean): number {
  let from = 0
  let to = list.length
  while (from < to) {
    const middle = (from + to) >> 1
    if (holds(list[middle] as T)) from = middle + 1
    else to = middle
  }
  return from
}

export function plant(contexts: readonly Context[]): Forest {
  const byKey = new Map<string, Context[]>()
  for (const context of contexts) {
    const versions = byKey.get(context.key)
    if (versions) versions.push(context)
    else byKey.set(context.key, [context])
  }
  const nodes = new Map<string, Node>()
  for (const [key, versions] of byKey) {
    const sorted = versions.length === 1 ? versions : versions.sort(compareVersions).slice(0, MOST_VERSIONS)
    nodes.set(key, {
      key,
      context: united(sorted),
      versions: sorted,
      stamp: stampOf(key, sorted),
      parent: undefined,
      children: [],
      logs: [],
    })
  }
  const sorted = [...nodes.values()].sort(byTime)
  const moments = new Map(sorted.filter(({ context }) => context.kind === 'call').map((node) => [momentOf(node), node]))
  moments.delete(undefined)
  for (const node of sorted) {
    const { traceId, spanId, parentId, kind } = node.context
    if (kind === 'content') (nodes.get(`${traceId}:${spanId}`) ?? moments.get(momentOf(node)))?.logs.push(node)
    else if (parentId !== null) node.parent = nodes.get(`${traceId}:${parentId}`)
  }
  cutCircles(sorted)
  for (const node of sorted) node.parent?.children.push(node)
  for (const node of sorted) if (node.logs.length > 1) node.logs.sort(byRecord)
  return { nodes: sorted }
}

function momentOf(node: Node): string | undefined {
  return node.context.call?.momentId
}

function stampOf(key: string, versions: readonly Context[]): string {
  const [best, ...others] = versions as [Context, ...Context[]]
  const stamp = `${key} ${best.weight} ${best.endNs}`
  if (others.length === 0) return stamp
  const texts = new Set(versions.map((version) => JSON.stringify({ ...version, order: undefined })))
  return texts.size === 1 ? stamp : `${key} ${[...texts].join(' ')}`
}

/** Spans that are each other's ancestors are nobody's: the link that closes the circle goes. */
function cutCircles(nodes: readonly Node[]): void {
  const done = new Set<Node>()
  for (const start of nodes) {
    const path = new Set<Node>()
    let at: Node | undefined = start
    while (at && !done.has(at)) {
      path.add(at)
      if (at.parent && path.has(at.parent)) at.parent = undefined
      at = at.parent
    }
    for (const node of path) done.add(node)
  }
}

/** By time, then as they came (9.4); `arrange` knows better once the run is known. */
function byRecord(a: Node, b: Node): number {
  const [x, y] = [a.context, b.context]
  return compareNs(x.startNs, y.startNs) || (x.order ?? 0) - (y.order ?? 0) || compareTexts(a.key, b.key)
}

/** A null never erases a value (11.3). */
function united(versions: readonly Context[]): Context {
  const [best, ...others] = versions as [Context, ...Context[]]
  let known = best
  for (const next of others) known = filled(known, next)
  return known
}

function filled(known: Context, next: Context): Context {
  return {
    ...next,
    ...known,
    ...(known.call && next.call && { call: fillCall(known.call, next.call) }),
    ...(known.failure && next.failure && { failure: fillFailure(known.failure, next.failure) }),
    ...(known.said && next.said && { said: { ...next.said, ...known.said } }),
    ...(known.tool && next.tool && { tool: { ...next.tool, ...known.tool } }),
  }
}

export function fillCall(known: CallFacts, next: CallFacts): CallFacts {
  const usage = known.usage || next.usage ? { usage: { ...next.usage, ...known.usage } } : {}
  return { ...next, ...known, ...usage }
}

/** Further up there is nothing that a call should wait for. */
const MOST_ANCESTORS = 256

/** The span's ancestors that are known, nearest first. */
export function* ancestors(node: Node): Generator<Node> {
  let left = MOST_ANCESTORS
  for (let at = node.parent; at && left > 0; at = at.parent) {
    yield at
    left--
  }
}

/** Spans below, without those that `stop` refuses and what is below them. */
export function* descendants(node: Node, stop: (node: Node) => boolean): Generator<Node> {
  const left = [...node.children]
  for (let at = left.pop(); at; at = left.pop()) {
    if (stop(at)) continue
    yield at
    left.push(...at.children)
  }
}
