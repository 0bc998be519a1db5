/**
 * From the facts of one group to its steps, but for what they say: which calls there are, who tells of them, and what is
 * new in each. A pure function of the set of facts: order, repetition and division of what arrived change nothing.
 */
import { derivedId4 } from '../../../domain/id.ts'
import type { Context } from '../facts.ts'
import { isInterrupt } from '../reading/errors.ts'
import { fingerprint } from '../reading/keys.ts'
import { arrange } from './arrange.ts'
import { callsIn, type Call } from './calls.ts'
import { ancestors, compareNs, plant, type Node } from './forest.ts'
import { History, type Recognised } from './history.ts'
import { runIdOf } from './names.ts'
import { toolsOf, type Answered } from './tools.ts'
import { keysIn, lendersOf, toolCallsIn, voicesOf, type Voices } from './voices.ts'
import { runOf } from './who.ts'

/** A step that {@link render} can write. What is not said here is for it alone. */
export interface StepPlan {
  readonly id: string
  /** Steps that this one takes the place of, in case they were written. */
  readonly folded: readonly string[]
  /** Equal for equal steps: what was written with the same one need not be written again. */
  readonly fingerprint: string
  /** The contexts whose contents {@link render} asks for. */
  readonly needs: readonly Context[]
  readonly call: Call
  readonly runId: string | null
  readonly voices: Voices
  /** For each message of system and input its fingerprint. */
  readonly keys: readonly string[]
  /** For each of them whether the run did not hold it yet. */
  readonly isNew: Recognised['isNew']
  /** What was told of messages of results that are new in part. */
  readonly told: Recognised['told']
  /** For each message the ids that earlier steps gave to its tool calls; see {@link History.givenIds}. */
  readonly givenIds: readonly (readonly string[])[]
  /** Tool calls of earlier steps whose tools failed, by the tools' own spans. */
  readonly failedCalls: ReadonlySet<string>
  /** The system instructions stand in the messages already. */
  readonly hasOwnSystem: boolean
  readonly tools: readonly Answered[]
  /** No later call of the run is known. */
  readonly isLast: boolean
  /** The last call of a run that waits for a person. */
  readonly isInterrupted: boolean
  readonly sessionWide: SessionWide
}

/** Each step looks at so many failed tools before it; what failed further back, earlier requests returned. */
const MOST_FAILED = 100

type SessionWide = NonNullable<Context['sessionWide']>

/** @param tenant whose steps they are: the same span of two tenants is two steps (section 11.1) */
export function plan(contexts: readonly Context[], tenant: string): StepPlan[] {
  const forest = plant(contexts)
  const calls = callsIn(forest)
  const lenders = lendersOf(calls)
  const drafts = calls.map((call): Draft => ({
    call,
    voices: voicesOf(call, lenders.get(call)),
    runId: runIdOf(runOf(call), call.primary.context.traceId),
  }))
  hearPrompts(forest.nodes, drafts)
  const byCall = new Map(drafts.map((draft) => [draft.call, draft]))
  const tools = toolsOf(forest, calls, (call) => {
    const voices = (byCall.get(call) as Draft).voices
    return voices.output.length + voices.calls.length > 0 ? toolCallsIn(voices) : null
  })
  const sessionWide = sessionWideOf(forest.nodes)
  const last = new Map(drafts.map((draft) => [draft.runId, draft]))
  // Around what broke off to ask a person.
  const breakers = new Set(
    forest.nodes
      .filter(({ context }) => context.failure && isInterrupt(context.failure))
      .flatMap(({ parent }) => parent ?? []),
  )
  const pasts = new Map<string | null, Past>()
  return drafts.map((draft) => {
    const past = pasts.get(draft.runId) ?? { history: new History(), failedCalls: new Set() }
    pasts.set(draft.runId, past)
    const isLast = last.get(draft.runId) === draft
    return planOne(draft, { ...past, breakers, tenant, isLast, sessionWide, tools: tools.get(draft.call) ?? [] })
  })
}

/** What the calls of a run before one of them did. */
interface Past {
  readonly history: History
  readonly failedCalls: Set<string>
}

interface Draft {
  readonly call: Call
  readonly runId: string | null
  voices: Voices
}

/** What a person typed, told by a record of its own, is heard by the first call after it whose request nobody told. */
function hearPrompts(nodes: readonly Node[], drafts: readonly Draft[]): void {
  const notes = nodes.filter(({ context }) => context.kind === 'note' && context.said?.input !== undefined)
  if (notes.length === 0) return
  const byRun = Map.groupBy(drafts, (draft) => draft.runId)
  for (const note of notes) {
    const { run, startNs } = note.context
    const among = run === undefined ? drafts : (byRun.get(runIdOf(run, null)) ?? [])
    const draft = among.find(({ call }) => compareNs(call.primary.context.startNs, startNs) >= 0)
    if (draft && draft.voices.input.every((node) => node.context.kind === 'note')) {
      draft.voices = { ...draft.voices, input: [...draft.voices.input, note] }
    }
  }
}

interface Surroundings extends Past {
  readonly breakers: ReadonlySet<Node>
  readonly tenant: string
  readonly isLast: boolean
  readonly sessionWide: SessionWide
  readonly tools: readonly Answered[]
}

function planOne({ call, runId, voices: told }: Draft, around: Surroundings): StepPlan {
  const { tenant, history, failedCalls, isLast, sessionWide, tools } = around
  const id = idOf(call.primary.context, tenant)
  const voices = told.input.length > 1 ? { ...told, input: arrange(told.input, history) } : told
  const system = keysIn(voices.system, 'system')
  const input = keysIn(voices.input, 'input')
  const hasOwnSystem = system.length > 0 && system.every((key) => input.includes(key))
  const request = hasOwnSystem || system.length === 0 ? input : [...system, ...input]
  const { isNew, told: toldParts } = history.recognise(request)
  const givenIds = history.givenIds(request)
  const failedBefore = new Set(failedCalls)
  const results = tools.map(({ node }) => node.context.tool?.resultKey).filter((key) => key !== undefined)
  const asked = toolCallsIn(voices)
  const callIds = asked.map((each, place) => (each.id === '' ? callIdAt(id, place) : undefined))
  history.add(request, keysIn(voices.output, 'output'), results, callIds)
  // Ids of one run can repeat: the last call is meant.
  for (const each of asked) failedCalls.delete(each.id)
  for (const callId of failedIn(tools, asked.length)) failedCalls.add(callId)
  for (const callId of [...failedCalls].slice(0, -MOST_FAILED)) failedCalls.delete(callId)
  const planned = {
    id,
    folded: [...call.inner, ...call.replaced].map((node) => idOf(node.context, tenant)),
    call,
    runId,
    voices,
    keys: request,
    isNew,
    told: toldParts,
    givenIds,
    failedCalls: failedBefore,
    hasOwnSystem,
    tools,
    isLast,
    isInterrupted: isLast && isInterrupted(call, around.breakers),
    sessionWide,
  }
  return { ...planned, needs: needsOf(planned), fingerprint: fingerprintOf(planned) }
}

/** The id of a call of the answer that nobody told one for. */
export function callIdAt(stepId: string, place: number): string {
  return `${stepId}:${place}`
}

/** Whether something beside the call, or beside what is around it, broke off to ask a person. */
function isInterrupted({ primary }: Call, breakers: ReadonlySet<Node>): boolean {
  for (const above of ancestors(primary)) {
    if (above.context.kind === 'tool') return false
    if (breakers.has(above)) return true
  }
  return false
}

/** The tool calls of which each execution failed; a span that names none of several calls may be any call's. */
function failedIn(tools: readonly Answered[], calls: number): Set<string> {
  const failed = new Set<string>()
  const sure = tools.filter(({ node, callId }) => calls === 1 || node.context.tool?.id === callId)
  for (const { node, callId } of sure) if (callId !== '' && node.context.failure) failed.add(callId)
  for (const { node, callId } of sure) if (!node.context.failure) failed.delete(callId)
  return failed
}

type Planned = Omit<StepPlan, 'needs' | 'fingerprint'>

function needsOf({ call, voices, tools }: Planned): Context[] {
  const nodes = new Set<Node>(tellersOf(call))
  for (const side of [voices.system, voices.input, voices.output, voices.calls])
    for (const node of side) nodes.add(node)
  for (const { node } of tools) nodes.add(node)
  return [...nodes].flatMap((node) => node.versions)
}

/** Everything that {@link render} looks at, by which versions of which spans and records it is. */
function fingerprintOf(planned: Planned): string {
  const { id, folded, call, runId, voices, isNew, tools, isLast, sessionWide } = planned
  // Who tells is a set; in which order records are heard is said by the voices.
  const tellers = tellersOf(call).flatMap((node) => [node, ...node.children.filter((child) => child.context.http)])
  const stamps = [id, runId ?? '', isLast ? 'last' : '', isNew.map(Number).join('')]
  // One after another: there may be more than fit into the arguments of a call.
  for (const list of [folded, planned.givenIds.flat(), planned.failedCalls]) for (const each of list) stamps.push(each)
  for (const [i, places] of planned.told) stamps.push(`${i} ${[...places].join()}`)
  if (planned.isInterrupted) stamps.push('interrupted')
  for (const stamp of tellers.map((node) => node.stamp).sort()) stamps.push(stamp)
  for (const node of ancestors(call.primary)) stamps.push(node.stamp)
  for (const side of ['system', 'input', 'output', 'calls'] as const) {
    stamps.push(side)
    for (const node of voices[side]) stamps.push(node.stamp)
  }
  for (const { node, callId, place } of tools) stamps.push(`${callId} ${place ?? ''}`, node.stamp)
  const { provider, contextWindow } = sessionWide
  if (provider !== undefined || contextWindow !== undefined) stamps.push(`${provider} ${contextWindow}`)
  return fingerprint(`${stamps.join('\n')}\n`)
}

/** Spans and records that tell of a call, the best of them first. */
export function tellersOf(call: Call): Node[] {
  const nodes: Node[] = []
  for (const node of [call.primary, ...call.inner]) nodes.push(node, ...node.logs)
  return nodes
}

/** Spans and records by trace and span; records of agents that only log by their own identity (sections 11.2 and 13). */
function idOf({ traceId, spanId, key }: Context, tenant: string): string {
  const isRecord = key.startsWith('log:') || traceId === null || spanId === null
  return isRecord ? derivedId4('step', 'otlp', tenant, key) : derivedId4('step', 'otlp', tenant, traceId, spanId)
}

/** What a record announced for all of its session. */
function sessionWideOf(nodes: readonly Node[]): SessionWide {
  return Object.assign({}, ...nodes.map((node) => node.context.sessionWide).filter((each) => each !== undefined))
}
