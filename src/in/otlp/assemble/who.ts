/** Agent, run, session, user, tags and metadata of a call (mapping, section 8). */
import type { JsonObject } from '../../../domain/exact-json.ts'
import type { AgentName, Context } from '../facts.ts'
import { tagsOf } from '../reading/metadata.ts'
import type { Call } from './calls.ts'
import { ancestors, type Node } from './forest.ts'

export interface Who {
  /** Null = nobody said. The name is the id where only that is known (design 13). */
  readonly agent: AgentName | null
  readonly session: string | null
  readonly user: string | null
  readonly tags: readonly string[]
  readonly metadata: JsonObject | null
}

export function whoOf(call: Call): Who {
  const above = [...ancestors(call.primary)]
  const contexts = [...nearestFirst(call)].map((node) => node.context)
  const one = <T>(question: (context: Context) => T | undefined): T | null => {
    for (const context of contexts) {
      const answer = question(context)
      if (answer !== undefined) return answer
    }
    return null
  }
  const metadata = contexts.map((context) => context.metadata).filter((each) => each !== undefined)
  return {
    agent: agentOf(contexts, call.primary, above),
    session: one((context) => context.session),
    user: one((context) => context.user),
    tags: tagsOf(...contexts.map((context) => context.tags ?? [])),
    // What is nearer counts.
    metadata: metadata.length === 0 ? null : Object.assign({}, ...metadata.toReversed()),
  }
}

/** The run's id as it was told, nearest first; null = none but the trace (section 8.2). */
export function runOf(call: Call): string | null {
  for (const node of nearestFirst(call)) if (node.context.run !== undefined) return node.context.run
  return null
}

/** The call's own spans and records, then its ancestors. */
function* nearestFirst(call: Call): Generator<Node> {
  for (const node of [call.primary, ...call.inner]) {
    yield node
    yield* node.logs
  }
  yield* ancestors(call.primary)
}

/** The nearest span that names an agent; what it leaves open is filled by one further up that means the same agent. */
function agentOf(contexts: readonly Context[], primary: Node, above: readonly Node[]): AgentName | null {
  const named = contexts.map((context) => context.agent).filter((agent) => agent !== undefined)
  const [nearest] = named
  if (nearest) {
    const same = named.find((agent) => isSame(agent, nearest) && agent.id !== undefined && agent.name !== undefined)
    return { ...same, ...nearest }
  }
  const name = standIn(contexts, primary, above)
  return name === undefined ? null : { name }
}

function isSame(a: AgentName, b: AgentName): boolean {
  return b.id === undefined ? a.name === b.name : a.id === b.id
}

/** Rules 4 and 5 of section 8.1: what stands for an agent's name where none is told. */
function standIn(contexts: readonly Context[], primary: Node, above: readonly Node[]): string | undefined {
  const alias = contexts.map((context) => context.alias).find((each) => each !== undefined)
  if (alias !== undefined) return alias
  const top = above.at(-1) ?? primary
  const root = top.context.parentId === null ? top.context : undefined
  if (root?.rootName !== undefined) return root.rootName
  const isWrapper =
    root !== undefined && (root.kind === 'wrapper' || root.kind === 'context') && root.isServer === undefined
  if (isWrapper && top !== primary && root.traceId !== null) return root.name
  return contexts.map((context) => context.service).find((each) => each !== undefined)
}
