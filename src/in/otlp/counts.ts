/** What became of the spans and records of a request, by dialect: for statistics, and so that nothing vanishes silently. */
import { NO_DIALECT, type Loss, type Outcome } from '../../domain/ingest.ts'
import type { IngestCount } from '../../store/store.ts'
import type { FactsKind } from './facts.ts'
import type { Degraded } from './reading/view.ts'
import type { Rejected } from './rejected.ts'

const OUTCOME_OF: Record<FactsKind, Outcome | null> = {
  // Counted as steps when they are.
  call: null,
  fallback: null,
  agent: 'agent',
  tool: 'tool',
  wrapper: 'wrapper',
  context: 'context',
  content: 'context',
  note: 'context',
}

const SAMPLE_LENGTH = 1000

export class Counts {
  private readonly counts = new Map<string, IngestCount>()
  private readonly signal: IngestCount['signal']

  constructor(signal: IngestCount['signal']) {
    this.signal = signal
  }

  add(outcome: Outcome | Loss, dialect: string, count = 1, sample: string | null = null): void {
    if (count === 0) return
    const key = `${dialect}\0${outcome}`
    const known = this.counts.get(key)
    const short = sample === null ? null : sample.slice(0, SAMPLE_LENGTH).toWellFormed()
    if (known) known.count += count
    else this.counts.set(key, { signal: this.signal, dialect, outcome, count, sample: short })
  }

  kind(kind: FactsKind, dialect: string): void {
    const outcome = OUTCOME_OF[kind]
    if (outcome) this.add(outcome, dialect)
  }

  rejected(rejected: readonly Rejected[]): void {
    for (const { reason, count, sample } of rejected) {
      this.add('received', NO_DIALECT, count)
      this.add(reason, NO_DIALECT, count, JSON.stringify(sample))
    }
  }

  degraded(degraded: readonly Degraded[]): void {
    for (const { reason, dialect, sample } of degraded) this.add(reason, dialect || NO_DIALECT, 1, sample)
  }

  list(): IngestCount[] {
    return [...this.counts.values()].map((each) => ({ ...each, sample: each.sample?.replaceAll('\0', '') ?? null }))
  }
}
