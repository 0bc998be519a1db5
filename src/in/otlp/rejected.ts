/** What an otherwise good request held and could not be taken (mapping, sections 1.2 and 11.8). */
import type { JsonObject } from '../../domain/exact-json.ts'
import { REJECT_REASONS, type RejectReason } from '../../domain/ingest.ts'

/** All that one request held and that was refused for one reason. */
export interface Rejected {
  readonly reason: RejectReason
  /** How many spans or log records; at least 1. */
  readonly count: number
  /** The first of them in a few short fields: `trace_id`, `span_id`, `name`, `scope`, `error`; texts are cut. */
  readonly sample: JsonObject
}

/** The longest text in a sample. */
const SAMPLE_TEXT = 200

/** Collects refusals by reason, so that a request of nothing but refused spans needs no more room than one of them. */
export class Refusals {
  private readonly found = new Map<RejectReason, { reason: RejectReason; count: number; sample: JsonObject }>()

  /** @param sample empty texts are left out */
  add(reason: RejectReason, sample: () => Readonly<Record<string, string>>): void {
    const same = this.found.get(reason)
    if (same) same.count++
    else this.found.set(reason, { reason, count: 1, sample: shortened(sample()) })
  }

  list(): Rejected[] {
    return [...this.found.values()]
  }
}

function shortened(sample: Readonly<Record<string, string>>): JsonObject {
  const given = Object.entries(sample).filter(([, text]) => text !== '')
  return Object.fromEntries(given.map(([name, text]) => [name, text.slice(0, SAMPLE_TEXT)]))
}

export function countRejected(rejected: readonly Rejected[]): number {
  return rejected.reduce((sum, { count }) => sum + count, 0)
}

/** For `partial_success.error_message`: `refused: 2 with no trace id, 1 with fields that cannot be read`. Null when nothing was refused. */
export function describeRejected(rejected: readonly Rejected[]): string | null {
  if (rejected.length === 0) return null
  const parts = rejected.map(({ reason, count }) => `${count} with ${REJECT_REASONS[reason]}`)
  return `refused: ${parts.join(', ')}`
}
