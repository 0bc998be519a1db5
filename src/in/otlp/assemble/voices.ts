/** Where a call's messages come from (mapping, sections 9.1 and 9.4): first source first, input and output separately. */
import type { SaidKeys } from '../facts.ts'
import type { Call } from './calls.ts'
import { ancestors, type Node } from './forest.ts'

/** The spans or records whose contents, one after another, are one side of a call. */
export interface Voices {
  readonly system: readonly Node[]
  readonly input: readonly Node[]
  readonly output: readonly Node[]
  /** Tells the tool calls that the output leaves out. */
  readonly calls: readonly Node[]
}

const DETAILS = 'gen_ai.client.inference.operation.details'

/** The span that lends its messages to each call below it (Mastra); to one of several only what is surely its own. */
export function lendersOf(calls: readonly Call[]): Map<Call, { node: Node; isFirst: boolean; isLast: boolean }> {
  const byLender = new Map<Node, Call[]>()
  for (const call of calls) {
    const lender = lenderAbove(call.primary)
    if (lender) byLender.set(lender, [...(byLender.get(lender) ?? []), call])
  }
  const found = new Map<Call, { node: Node; isFirst: boolean; isLast: boolean }>()
  for (const [node, below] of byLender) {
    below.forEach((call, i) => found.set(call, { node, isFirst: i === 0, isLast: i === below.length - 1 }))
  }
  return found
}

function lenderAbove(node: Node): Node | undefined {
  for (const above of ancestors(node)) {
    const { kind, lends } = above.context
    if (kind === 'agent' || kind === 'tool') return undefined
    if (lends || kind === 'fallback') return above
  }
  return undefined
}

export function voicesOf(call: Call, lender: { node: Node; isFirst: boolean; isLast: boolean } | undefined): Voices {
  const own = [call.primary, ...call.inner.toReversed()].flatMap(sourcesOf)
  const lent = lender ? [[lender.node]] : []
  const pick = (sources: readonly (readonly Node[])[], side: Side): readonly Node[] => {
    for (const source of sources) {
      const telling = source.filter((node) => holds(node.context.said, side))
      if (telling.length > 0) return telling
    }
    return []
  }
  const output = pick([...own, ...(lender?.isLast ? lent : [])], 'output')
  const asksNothing = output.every((node) => node.context.said?.calls === undefined)
  const isLent = lender?.isLast === true && asksNothing && !output.includes(lender.node)
  return {
    system: pick(own, 'system'),
    input: pick([...own, ...(lender?.isFirst ? lent : [])], 'input'),
    output,
    calls: isLent && lender.node.context.said?.calls ? [lender.node] : [],
  }
}

/** The span itself; its records of one message each, together; each of its records with a whole request or answer. */
function sourcesOf(node: Node): Node[][] {
  const details = node.logs.filter((log) => log.context.name === DETAILS).map((log) => [log])
  const single = node.logs.filter((log) => log.context.name !== DETAILS)
  return [[node], ...details, ...(single.length > 0 ? [single] : [])]
}

type Side = 'system' | 'input' | 'output'

function holds(said: SaidKeys | undefined, side: Side): boolean {
  return (said?.[side]?.length ?? 0) > 0
}

/** The fingerprints of one side. */
export function keysIn(nodes: readonly Node[], side: Side): string[] {
  return nodes.flatMap((node) => node.context.said?.[side] ?? [])
}

export function toolCallsIn(voices: Voices): NonNullable<SaidKeys['calls']> {
  return [...voices.output, ...voices.calls].flatMap((node) => node.context.said?.calls ?? [])
}
