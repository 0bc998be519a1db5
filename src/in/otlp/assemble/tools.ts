/** Which tool spans answer which call (mapping, section 10): by id, by step wrapper, by time. */
import type { Call } from './calls.ts'
import { ancestors, compareNs, countOf, type Forest, type Node } from './forest.ts'
import { finishOf } from '../reading/finish.ts'

/** A tool span of a call, and the tool call that it answers. */
export interface Answered {
  readonly node: Node
  /** `''` where none is known. */
  readonly callId: string
  /** Which of the answer's tool calls it is; undefined = none of them. */
  readonly place?: number
}

interface Asker {
  readonly call: Call
  readonly isAnswerKnown: boolean
  readonly asked: { id: string; name: string; isTaken: boolean }[]
}

/** @param asked the tool calls of a call's answer; null when the answer was not told */
export function toolsOf(
  forest: Forest,
  calls: readonly Call[],
  asked: (call: Call) => readonly { id: string; name: string }[] | null,
): Map<Call, Answered[]> {
  const found = new Map<Call, Answered[]>()
  const around = aroundOf(calls)
  const askers = new Askers(calls, asked)
  const tools = forest.nodes.filter((node) => node.context.kind === 'tool' && !isInsideTool(node, around, askers))
  if (tools.length === 0) return found
  for (const node of tools) {
    const asker = askers.of(node)
    if (!asker) continue
    const answered = { node, ...take(asker, node) }
    const others = found.get(asker.call)
    if (others) others.push(answered)
    else found.set(asker.call, [answered])
  }
  return found
}

/** What has a call below it, up to the next tool. */
function aroundOf(calls: readonly Call[]): ReadonlySet<Node> {
  const around = new Set<Node>()
  for (const { primary } of calls) {
    for (const outer of ancestors(primary)) {
      if (outer.context.kind === 'tool' || around.has(outer)) break
      around.add(outer)
    }
  }
  return around
}

/** A tool's own inner spans are the same execution; a call or agent in between starts work of its own, as does a loop of calls. */
function isInsideTool(node: Node, around: ReadonlySet<Node>, askers: Askers): boolean {
  for (const outer of ancestors(node)) {
    const { kind, tool } = outer.context
    if (kind === 'tool') {
      const id = node.context.tool?.id
      return id === undefined || tool?.id === undefined || tool.id === id || !askers.isAsked(id)
    }
    if ((kind !== 'wrapper' && kind !== 'context') || around.has(outer)) return false
  }
  return false
}

function above(node: Node, is: (node: Node) => boolean): Node | undefined {
  for (const each of ancestors(node)) if (is(each)) return each
  return undefined
}

/** The calls of a group by what a tool span may be recognised by; each list in the order of time. */
class Askers {
  private readonly byId = new Map<string, Asker[]>()
  private readonly byStep = new Map<Node, Asker[]>()
  private readonly byAgent = new Map<string, Asker[]>()

  constructor(calls: readonly Call[], asked: (call: Call) => readonly { id: string; name: string }[] | null) {
    for (const call of calls) {
      const told = asked(call)
      const asker: Asker = {
        call,
        isAnswerKnown: told !== null,
        asked: (told ?? []).map(({ id, name }) => ({ id, name, isTaken: false })),
      }
      for (const id of new Set(asker.asked.map((each) => each.id))) if (id !== '') add(this.byId, id, asker)
      const step = above(call.primary, isStepWrapper)
      if (step) add(this.byStep, step, asker)
      add(this.byAgent, workplaceOf(call.primary), asker)
    }
  }

  isAsked(id: string): boolean {
    return this.byId.has(id)
  }

  /** By id, by step wrapper, by time. */
  of(node: Node): Asker | undefined {
    const { tool, startNs } = node.context
    // Ids of one run can repeat: the last call before the tool is meant.
    const same = (tool?.id !== undefined && this.byId.get(tool.id)) || []
    const step = same.length > 0 ? undefined : above(node, isStepWrapper)
    return lastBefore(same, startNs) ?? same[0] ?? (step && this.byStep.get(step)?.at(-1)) ?? this.byMoment(node)
  }

  /** Between this call's end and the next one's start under the same agent, if the call asked for tools at all. */
  private byMoment(node: Node): Asker | undefined {
    const askers = this.byAgent.get(workplaceOf(node)) ?? []
    const { tool, startNs } = node.context
    const at = countBefore(askers, startNs) - 1
    const last = askers[at]
    if (!last) return undefined
    if (last.asked.length > 0) {
      // Clocks of milliseconds let a tool seem to follow the next call already.
      const before = askers[at - 1]
      return before && asksFor(before, tool?.name) && !asksFor(last, tool?.name) ? before : last
    }
    // Where the answer was not told at all, the tool that follows is the best that is known of it.
    const { finish, failure } = last.call
    const isAsking = finish === undefined ? failure === undefined && !last.isAnswerKnown : finishOf(finish) === 'tools'
    return isAsking ? last : undefined
  }
}

function add<K>(map: Map<K, Asker[]>, key: K, asker: Asker): void {
  const others = map.get(key)
  if (others) others.push(asker)
  else map.set(key, [asker])
}

/** Whether a call of that name waits for its result. */
function asksFor({ asked }: Asker, name: string | undefined): boolean {
  return asked.some((each) => !each.isTaken && each.name === name)
}

/** The last that began no later. */
function lastBefore(askers: readonly Asker[], startNs: string): Asker | undefined {
  return askers[countBefore(askers, startNs) - 1]
}

/** How many began no later; sessions of coding agents are long. */
function countBefore(askers: readonly Asker[], startNs: string): number {
  return countOf(askers, ({ call }) => compareNs(call.primary.context.startNs, startNs) <= 0)
}

function isStepWrapper(node: Node): boolean {
  return node.context.isStepWrapper === true
}

/** The agent's span in its trace. */
function workplaceOf(node: Node): string {
  const agent = above(node, (each) => each.context.kind === 'agent')
  return `${node.context.traceId} ${agent?.key}`
}

/** The tool call that the span answers: by id, else the first of its name that nobody answered yet. */
function take({ asked }: Asker, node: Node): Omit<Answered, 'node'> {
  const { id, name } = node.context.tool ?? {}
  const byId = asked.findIndex((each) => id !== undefined && each.id === id)
  const place =
    byId >= 0 ? byId : asked.findIndex((each) => !each.isTaken && (name === undefined || each.name === name))
  const call = asked[place]
  if (!call) return { callId: id ?? '' }
  call.isTaken = true
  return { callId: call.id, place }
}
