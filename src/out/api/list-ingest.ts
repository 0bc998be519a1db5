import { z } from 'zod'
import { isLoss, LOSSES, NO_DIALECT, OUTCOME_NAMES, OUTCOMES, SIGNALS, type Outcome } from '../../domain/ingest.ts'
import { formatMicros } from '../../domain/time.ts'
import { route } from '../../http/route.ts'
import type { IngestTotal } from '../../store/store.ts'

const CountsSchema = z.object(
  Object.fromEntries(OUTCOME_NAMES.map((name) => [name, z.int().describe(OUTCOMES[name])])) as Record<
    Outcome,
    z.ZodInt
  >,
)
const Dialect = z.string().describe(`How the telemetry is spelled; ${NO_DIALECT} = no dialect knows it`)
const LastAt = z.string().meta({ format: 'date-time' })

const StatsSchema = z
  .array(
    CountsSchema.extend({
      signal: z.enum(SIGNALS),
      last_at: LastAt.nullable().describe('When anything of it arrived last; null = nothing ever did'),
      dialects: z.array(CountsSchema.extend({ dialect: Dialect })),
    }),
  )
  .meta({ id: 'IngestStats' })

/** Ours: what became of telemetry since the ledger was made (mapping, section 11). */
export const listIngestStats = route({
  method: 'GET',
  path: '/v1/ingest/stats',
  name: 'listIngestStats',
  tag: 'otlp',
  summary: 'What became of the telemetry that arrived, by signal and dialect',
  role: 'read',
  replies: { 200: StatsSchema },
  async handle({ ledger, scope }) {
    const totals = await ledger.read.listIngestCounts(scope.project)
    const stats = SIGNALS.map((signal) => {
      const own = totals.filter((total) => total.signal === signal)
      const dialects = Map.groupBy(
        own.filter(({ outcome }) => Object.hasOwn(OUTCOMES, outcome)),
        ({ dialect }) => dialect,
      )
      return {
        signal,
        ...sums(own),
        last_at: own.length === 0 ? null : formatMicros(Math.max(...own.map(({ last_at }) => last_at))),
        dialects: [...dialects].map(([dialect, counts]) => ({ dialect, ...sums(counts) })),
      }
    })
    return { json: JSON.stringify(stats) }
  },
})

function sums(totals: readonly IngestTotal[]): Record<Outcome, number> {
  const sum = (name: Outcome) => totals.reduce((all, { outcome, count }) => (outcome === name ? all + count : all), 0)
  return Object.fromEntries(OUTCOME_NAMES.map((name) => [name, sum(name)])) as Record<Outcome, number>
}

const RejectionsSchema = z
  .array(
    z.object({
      reason: z.enum(Object.keys(LOSSES)),
      explanation: z.string(),
      signal: z.enum(SIGNALS),
      dialect: Dialect,
      count: z.int(),
      last_at: LastAt,
      sample: z.string().nullable().describe('What a recent one looked like, cut short'),
    }),
  )
  .meta({ id: 'IngestRejections' })

/** Ours: what could not be kept, or only in part, so that nothing vanishes silently. */
export const listIngestRejections = route({
  method: 'GET',
  path: '/v1/ingest/rejections',
  name: 'listIngestRejections',
  tag: 'otlp',
  summary: 'What was refused or kept in part only, and why; latest first',
  role: 'read',
  replies: { 200: RejectionsSchema },
  async handle({ ledger, scope }) {
    const totals = await ledger.read.listIngestCounts(scope.project)
    const rejections = totals
      .toSorted((a, b) => b.last_at - a.last_at)
      .flatMap(({ outcome, signal, dialect, count, last_at, sample }) => {
        if (!isLoss(outcome)) return []
        return { reason: outcome, explanation: LOSSES[outcome], signal, dialect, count, last_at: formatMicros(last_at), sample } // prettier-ignore
      })
    return { json: JSON.stringify(rejections) }
  },
})
