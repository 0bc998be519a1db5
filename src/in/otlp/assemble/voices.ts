/** Where a call's messages come from (mapping, sections 9.1 and 9.4): first source first, input and output separately. */
import { DETAILS } from '../reading/events.ts'
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
  const tellers = [call.primary, ...call.inner.toReversed()]
  const ownSources = (side: Side) => tellers.flatMap((node) => sourcesOf(node, side))
  const lent = lender ? [[lender.node]] : []
  const pick = (sources: readonly (readonly Node[])[], side: Side): readonly Node[] => {
    for (const source of sources) {
      const telling = source.filter((node) => holds(node.context.said, side))
      if (telling.length > 0) return telling
    }
    return []
  }
  const output = pick([...ownSources('output'), ...(lender?.isLast ? lent : [])], 'output')
  const asksNothing = output.every((node) => node.context.said?.calls === undefined)
  const isLent = lender?.isLast === true && asksNothing && !output.includes(lender.node)
  return {
    system: pick(ownSources('system'), 'system'),
    input: pick([...ownSources('input'), ...(lender?.isFirst ? lent : [])], 'input'),
    output,
    calls: isLent && lender.node.context.said?.calls ? [lender.node] : [],
  }
}

type Side = 'system' | 'input' | 'output'

/**
 * The span itself; its records with a whole request, each; those with its answer, together, because a streamed one is told
 * piece by piece; its records of one message each, together.
 */
function sourcesOf(node: Node, side: Side): Node[][] {
  const details = node.logs.filter(isDetails)
  const single = node.logs.filter((log) => !isDetails(log))
  const whole = side === 'output' ? [saidOnce(details)] : details.map((log) => [log])
  return [[node], ...whole, ...(single.length > 0 ? [single] : [])]
}

/** Whether it is a record of a whole request or answer. */
export function isDetails({ context }: Node): boolean {
  return context.name === DETAILS
}

/** Without records that say a whole answer again. */
function saidOnce(records: readonly Node[]): Node[] {
  const answers = new Set<string>()
  return records.filter(({ context: { said, finish } }) => {
    const answer = said?.output?.join('\n') ?? ''
    // A piece may say the same as another one, and what has no fingerprint, such as reasoning, is never the same.
    if (finish === undefined || answer === '') return true
    const isNew = !answers.has(answer)
    answers.add(answer)
    return isNew
  })
}

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
