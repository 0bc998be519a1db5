/** What became of telemetry, for `doctor`: worth knowing, and no fault of the ledger. */
import { isLoss } from '../domain/ingest.ts'
import type { Finding, IngestCount } from '../store/store.ts'
import { count, counted } from './output.ts'

type Counted = Pick<IngestCount, 'outcome' | 'dialect' | 'count'>

/** `7,012 spans and records; refused or kept in part: 3 truncated_json (vercel), 1 no_span_id (none)` */
export function telemetryFinding(counts: readonly Counted[]): Finding {
  const sumOf = (some: readonly Counted[]) => some.reduce((sum, each) => sum + each.count, 0)
  const received = sumOf(counts.filter(({ outcome }) => outcome === 'received'))
  const lost = Map.groupBy(
    counts.filter(({ outcome }) => isLoss(outcome)),
    ({ outcome, dialect }) => `${outcome} (${dialect})`,
  )
  const named = [...lost].map(([name, same]) => ({ name, sum: sumOf(same) })).toSorted((a, b) => b.sum - a.sum)
  const losses = named.map(({ name, sum }) => `${count(sum)} ${name}`).join(', ')
  const detail = losses === '' ? 'all of it was kept' : `refused or kept in part: ${losses}`
  const arrived = `${counted(received, 'span')} or log records; `
  return { check: 'telemetry', ok: true, detail: received === 0 && losses === '' ? 'none arrived' : arrived + detail }
}
