/** A trace or session as far as it has arrived: what is kept of it, and the steps that it makes. */
import { plan, type ContentOf, type StepPlan } from '../assemble/index.ts'
import type { Content, Context } from '../facts.ts'
import { identityOf, type FactsWithTexts } from './part.ts'

/** A context, and where its content is. */
interface Kept {
  readonly context: Context
  /** The part that holds it, and its place there. */
  readonly part: number
  readonly place: number
}

/** Everything of one group that this process knows; never changed, only replaced, so that a failed write leaves it. */
export class Group {
  readonly project: string
  readonly name: string
  /** The number of the last part. */
  readonly parts: number
  /** About how many bytes of memory it takes. */
  readonly weight: number
  private planned: ReadonlyMap<string, StepPlan> | undefined
  private readonly kept: readonly Kept[]
  private readonly known: ReadonlySet<string>
  /** Contents by context; those that are not here are read from their parts. */
  private readonly contents: ReadonlyMap<Context, Content | null>

  private constructor(
    fields: Pick<Group, 'project' | 'name' | 'parts' | 'weight'>,
    kept: readonly Kept[],
    known: ReadonlySet<string>,
    contents: ReadonlyMap<Context, Content | null>,
  ) {
    this.project = fields.project
    this.name = fields.name
    this.parts = fields.parts
    this.weight = fields.weight
    this.kept = kept
    this.known = known
    this.contents = contents
  }

  /** Its steps by their ids. Made when they are asked for: most of what is sent again changes none. */
  get plans(): ReadonlyMap<string, StepPlan> {
    if (!this.planned) {
      const contexts = this.kept.map(({ context }) => context)
      this.planned = new Map(plan(contexts, this.project).map((step) => [step.id, step]))
    }
    return this.planned
  }

  /** @param parts the contexts of each part, its number, and the length of its text */
  static of(
    project: string,
    name: string,
    parts: readonly { part: number; weight: number; contexts: readonly Context[] }[],
  ): Group {
    const kept = parts.flatMap(({ part, contexts }) => contexts.map((context, place) => ({ context, part, place })))
    const known = new Set(kept.map(({ context }) => identityOf(context)))
    const weight = parts.reduce((sum, part) => sum + part.weight, 0)
    return new Group(
      { project, name, parts: Math.max(0, ...parts.map(({ part }) => part)), weight },
      kept,
      known,
      new Map(),
    )
  }

  get size(): number {
    return this.kept.length
  }

  /** Those of the facts that are not there yet, each once. */
  unknownOf(facts: readonly FactsWithTexts[]): FactsWithTexts[] {
    const fresh = new Map<string, FactsWithTexts>()
    for (const each of facts) {
      if (!this.known.has(each.identity) && !fresh.has(each.identity)) fresh.set(each.identity, each)
    }
    return [...fresh.values()]
  }

  /** The group with one more part. */
  with(facts: readonly FactsWithTexts[], weight: number): Group {
    const part = this.parts + 1
    const added = facts.map(({ context }, place) => ({ context, part, place }))
    const contents = new Map(this.contents)
    for (const { context, content } of facts) contents.set(context, content)
    const known = new Set(this.known)
    for (const { identity } of facts) known.add(identity)
    const { project, name } = this
    return new Group(
      { project, name, parts: part, weight: this.weight + weight },
      [...this.kept, ...added],
      known,
      contents,
    )
  }

  /** The parts whose contents are needed to show these contexts, and are not here. */
  missing(contexts: Iterable<Context>): number[] {
    const wanted = new Set([...contexts].filter((context) => !this.contents.has(context)))
    return [...new Set(this.kept.filter(({ context }) => wanted.has(context)).map(({ part }) => part))]
  }

  /** Finds contents in what is here and in these parts. */
  contentOf(loaded: ReadonlyMap<number, readonly (Content | null)[]>): ContentOf {
    const places = new Map(this.kept.map(({ context, part, place }) => [context, { part, place }]))
    return (context) => {
      const here = this.contents.get(context)
      if (here !== undefined) return here
      const at = places.get(context)
      return (at && loaded.get(at.part)?.[at.place]) ?? null
    }
  }
}
