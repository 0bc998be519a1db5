/** Who is asked about a span: the readers of the dialects whose attributes are on it, for each question in order. */
import { attributeName } from '../reading/attribute-names.ts'
import type { View } from '../reading/view.ts'
import type { Dialect } from './dialect.ts'

/** What can be asked about any span. */
export type Question = Exclude<keyof Dialect, 'name' | 'namespaces' | 'kind'>
type Reader<Q extends Question> = NonNullable<Dialect[Q]>
export type Answer<Q extends Question> = NonNullable<ReturnType<Reader<Q>>>

type YesOrNo = 'lends' | 'isStepWrapper' | 'countsApart' | 'failsBare' | 'endedWell' | 'borrowsStatus'

/** The same few dialects meet again and again, so each panel is made once. */
export class Panel {
  private readonly dialects: readonly Dialect[]
  private readonly readers: { [Q in Question]?: Reader<Q>[] } = {}

  constructor(dialects: readonly Dialect[]) {
    this.dialects = dialects
  }

  /** The first answer. */
  ask<Q extends Question>(question: Q, view: View): Answer<Q> | undefined {
    for (const reader of this.readersOf(question)) {
      const answer = reader(view)
      if (answer !== undefined && answer !== '') return answer as Answer<Q>
    }
    return undefined
  }

  /** The first answer that is good for something. */
  askFor<Q extends Question>(question: Q, view: View, isGood: (answer: Answer<Q>) => boolean): Answer<Q> | undefined {
    for (const reader of this.readersOf(question)) {
      const answer = reader(view)
      if (answer !== undefined && isGood(answer as Answer<Q>)) return answer as Answer<Q>
    }
    return undefined
  }

  /** All answers, the first one's first. */
  all<Q extends Question>(question: Q, view: View): Answer<Q>[] {
    const answers: Answer<Q>[] = []
    for (const reader of this.readersOf(question)) {
      const answer = reader(view)
      if (answer !== undefined) answers.push(answer as Answer<Q>)
    }
    return answers
  }

  /** Whether anybody says so. */
  any(question: YesOrNo, view: View): boolean {
    return this.readersOf(question).some((reader) => reader(view))
  }

  private readersOf<Q extends Question>(question: Q): readonly Reader<Q>[] {
    const known = this.readers[question]
    if (known) return known
    const found = this.dialects.map((dialect) => dialect[question]).filter((reader) => reader !== undefined)
    Object.assign(this.readers, { [question]: found })
    return found
  }
}

/** Panels for a list of dialects, in the order in which they are asked. */
export class Panels {
  private readonly order: readonly Dialect[]
  private readonly byNamespace = new Map<string, number>()
  private readonly made = new Map<Dialect | undefined, Map<number, Panel>>()

  /** @param order at most 31 dialects: each is a bit */
  constructor(order: readonly Dialect[]) {
    this.order = order
    for (const [i, { namespaces }] of order.entries()) {
      for (const namespace of namespaces) {
        this.byNamespace.set(namespace, (this.byNamespace.get(namespace) ?? 0) | (1 << i))
      }
    }
  }

  /** Who is asked about a span: the dialect that fixed its kind first. */
  of(view: View, fixed: Dialect | undefined): Panel {
    const present = this.present(view)
    let panels = this.made.get(fixed)
    if (!panels) this.made.set(fixed, (panels = new Map()))
    let panel = panels.get(present)
    if (!panel) {
      const others = this.order.filter((dialect, i) => dialect !== fixed && (present & (1 << i)) !== 0)
      panels.set(present, (panel = new Panel(fixed ? [fixed, ...others] : others)))
    }
    return panel
  }

  private present(view: View): number {
    const { scope, resource, events } = view.source
    let present = this.byNamespace.get(`scope:${scope.name}`) ?? 0
    const service = resource['service.name']
    if (typeof service === 'string') present |= this.byNamespace.get(`service:${service}`) ?? 0
    if (service === scope.name) present |= this.byNamespace.get('scope:service') ?? 0
    if (events.some(({ name }) => name.startsWith('gen_ai.'))) present |= this.byNamespace.get('event:gen_ai') ?? 0
    let last = ''
    for (const key of view.keys) {
      const { namespace } = attributeName(key)
      if (namespace === last) continue
      last = namespace
      present |= this.byNamespace.get(namespace) ?? 0
    }
    return present
  }
}
