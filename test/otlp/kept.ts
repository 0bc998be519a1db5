/** What a ledger keeps of the telemetry it was sent, in memory: the facts of each group, each version of a span once. */
import { parseExact } from '../../src/domain/exact-json.ts'
import { assemble, type AssembledStep } from '../../src/in/otlp/assemble/index.ts'
import type { Facts } from '../../src/in/otlp/facts.ts'
import { place } from '../../src/in/otlp/reduce.ts'
import { placeLog } from '../../src/in/otlp/reduce-log.ts'
import type { LogRecord, Span } from '../../src/in/otlp/signal.ts'

export interface Arrival {
  spans: readonly Span[]
  logs: readonly LogRecord[]
}

export class Kept {
  private readonly texts = new Map<string, Set<string>>()
  /** What was written last of each step. */
  readonly written = new Map<string, AssembledStep>()

  /** One request; what it changes is assembled from what is kept, as from a database. */
  receive({ spans, logs }: Arrival): void {
    const facts = [
      ...spans.map((span) => place(span).read().facts),
      ...logs.map((log, i) => placeLog(log, i).read().facts),
    ]
    const touched = new Set<string>()
    for (const each of facts) {
      if (!each) continue
      const { group } = each.context
      const texts = this.texts.get(group) ?? new Set()
      texts.add(JSON.stringify(each))
      this.texts.set(group, texts)
      touched.add(group)
    }
    for (const group of touched) {
      for (const step of assemble(this.read(group), 'tenant')) {
        for (const id of step.folded) this.written.delete(id)
        // As the ledger does it: a step that says the same as before is not written again.
        if (this.written.get(step.id)?.fingerprint !== step.fingerprint) this.written.set(step.id, step)
      }
    }
  }

  *groups(): Generator<Facts[]> {
    for (const group of this.texts.keys()) yield this.read(group)
  }

  /** What is in the ledger in the end, in the order of time. */
  steps(): AssembledStep[] {
    return [...this.written.values()].sort((a, b) => {
      const [x, y] = [`${a.input.created_at} ${a.id}`, `${b.input.created_at} ${b.id}`]
      return x < y ? -1 : x > y ? 1 : 0
    })
  }

  private read(group: string): Facts[] {
    return [...(this.texts.get(group) ?? [])].map((text) => parseExact(text) as unknown as Facts)
  }
}
