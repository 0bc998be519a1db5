/**
 * The order of messages that came as records of their own (mapping, section 9.4): by timestamp, then by what a
 * conversation allows and what the run is known to have said, then as they arrived. Some SDKs stamp a whole history
 * with one millisecond, and its records may come in any order.
 */
import type { History } from './history.ts'
import { compareNs, compareTexts, type Node } from './forest.ts'

/** @param nodes records of one message each, of one call's request */
export function arrange(nodes: readonly Node[], history: History): readonly Node[] {
  if (nodes.length < 2) return nodes
  const left = [...nodes].sort((a, b) => compareNs(a.context.startNs, b.context.startNs) || asArrived(a, b))
  const arranged: Node[] = []
  const state: State = { place: history.start(), open: [], hasSpoken: false }
  while (left.length > 0) {
    const [earliest] = left as [Node]
    const tied = left.filter(({ context }) => context.startNs === earliest.context.startNs)
    const next = tied.length === 1 ? earliest : best(tied, state, history)
    left.splice(left.indexOf(next), 1)
    arranged.push(next)
    advance(next, state, history)
  }
  return arranged
}

interface State {
  /** Where in what the run held before; undefined = somewhere new. */
  place: ReturnType<History['start']> | undefined
  /** Tool calls that wait for their results. */
  open: string[]
  hasSpoken: boolean
}

function best(tied: readonly Node[], state: State, history: History): Node {
  const ranked = tied.map((node) => ({ node, rank: rankOf(node, state, history) }))
  const [first] = ranked.sort((a, b) => compareRanks(a.rank, b.rank) || asArrived(a.node, b.node))
  return first?.node ?? (tied[0] as Node)
}

/** Smaller comes first. */
function rankOf(node: Node, { place, open, hasSpoken }: State, history: History): number[] {
  const { name, said } = node.context
  const answer = said?.answers === undefined ? -1 : open.indexOf(said.answers)
  const isWaiting = said?.answers !== undefined && answer < 0
  const isKnown = place !== undefined && history.follow(place, keyOf(node)) !== undefined
  return [
    name === 'gen_ai.system.message' ? 0 : 1,
    answer >= 0 ? answer : open.length,
    isWaiting ? 1 : 0,
    isKnown ? 0 : 1,
    // Nobody begins with an answer.
    !hasSpoken && name === 'gen_ai.assistant.message' ? 1 : 0,
  ]
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (const [i, rank] of a.entries()) if (rank !== b[i]) return rank - (b[i] ?? 0)
  return 0
}

function asArrived(a: Node, b: Node): number {
  return (a.context.order ?? 0) - (b.context.order ?? 0) || compareTexts(a.key, b.key)
}

function advance(node: Node, state: State, history: History): void {
  const { name, said } = node.context
  state.place = state.place && history.follow(state.place, keyOf(node))
  if (name === 'gen_ai.system.message') return
  state.hasSpoken = true
  if (said?.asks) state.open = [...said.asks]
  else if (said?.answers !== undefined) state.open = state.open.filter((id) => id !== said.answers)
}

function keyOf(node: Node): string {
  return (node.context.said?.input ?? []).join(' ')
}
