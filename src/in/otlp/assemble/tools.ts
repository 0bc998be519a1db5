/** Which tool spans answer which call (mapping, section 10): by id, by step wrapper, by time. */
import type { Call } from './calls.ts'
import { ancestors, compareNs, type Forest, type Node } from './forest.ts'
import { finishOf } from '../reading/finish.ts'

/** The tool spans of a call, and the id of the tool call that each answers; `''` where none is known. */
export interface Answered {
  readonly node: Node
  readonly callId: string
}

interface Asker {
  readonly call: Call
  readonly isAnswerKnown: boolean
  readonly asked: { id: string; name: string; isTaken: boolean }[]
  readonly step: Node | undefined
  readonly agent: Node | undefined
}

/** @param asked the tool calls of a call's answer; null when the answer was not told */
export function toolsOf(
  forest: Forest,
  calls: readonly Call[],
  asked: (call: Call) => readonly { id: string; name: string }[] | null,
): Map<Call, Answered[]> {
  const askers = calls.map((call): Asker => ({
    call,
    isAnswerKnown: asked(call) !== null,
    asked: (asked(call) ?? []).map(({ id, name }) => ({ id, name, isTaken: false })),
    step: above(call.primary, (node) => node.context.isStepWrapper === true),
    agent: above(call.primary, (node) => node.context.kind === 'agent'),
  }))
  const found = new Map<Call, Answered[]>()
  for (const node of forest.nodes) {
    if (node.context.kind !== 'tool' || isInsideTool(node)) continue
    const asker = byId(askers, node) ?? byWrapper(askers, node) ?? byMoment(askers, node)
    if (!asker) continue
    found.set(asker.call, [...(found.get(asker.call) ?? []), { node, callId: take(asker, node) }])
  }
  return found
}

/** A tool's own inner spans are the same execution; a call or agent in between starts work of its own. */
function isInsideTool(node: Node): boolean {
  for (const { context } of ancestors(node)) {
    if (context.kind === 'tool') return true
    if (context.kind !== 'wrapper' && context.kind !== 'context') return false
  }
  return false
}

function above(node: Node, is: (node: Node) => boolean): Node | undefined {
  for (const each of ancestors(node)) if (is(each)) return each
  return undefined
}

/** The last call before the tool that asked with this id: ids of one run can repeat. */
function byId(askers: readonly Asker[], node: Node): Asker | undefined {
  const id = node.context.tool?.id
  if (id === undefined) return undefined
  const all = askers.filter((asker) => asker.asked.some((call) => call.id === id))
  return all.findLast((asker) => compareNs(asker.call.primary.context.startNs, node.context.startNs) <= 0) ?? all[0]
}

function byWrapper(askers: readonly Asker[], node: Node): Asker | undefined {
  const step = above(node, (each) => each.context.isStepWrapper === true)
  return step && askers.findLast((asker) => asker.step === step)
}

/** Between this call's end and the next one's start under the same agent, if the call asked for tools at all. */
function byMoment(askers: readonly Asker[], node: Node): Asker | undefined {
  const { traceId, startNs } = node.context
  const agent = above(node, (each) => each.context.kind === 'agent')
  const last = askers.findLast(
    ({ call, agent: own }) =>
      own === agent &&
      call.primary.context.traceId === traceId &&
      compareNs(call.primary.context.startNs, startNs) <= 0,
  )
  if (!last) return undefined
  if (last.asked.length > 0) return last
  // Where the answer was not told at all, the tool that follows is the best that is known of it.
  const { finish, failure } = last.call
  const isAsking = finish === undefined ? failure === undefined && !last.isAnswerKnown : finishOf(finish) === 'tools'
  return isAsking ? last : undefined
}

/** The tool call that the span answers: by id, else the first of its name that nobody answered yet. */
function take(asker: Asker, node: Node): string {
  const { id, name } = node.context.tool ?? {}
  const call =
    asker.asked.find((each) => id !== undefined && each.id === id) ??
    asker.asked.find((each) => !each.isTaken && (name === undefined || each.name === name))
  if (!call) return id ?? ''
  call.isTaken = true
  return call.id
}
