import { z } from 'zod'
import { stringifyExact } from '../../domain/exact-json.ts'
import { formatMicros } from '../../domain/time.ts'
import { route } from '../../http/route.ts'
import { SpanSchema } from '../../schema/outputs.ts'
import { decodeMetrics, type StepRow } from '../../store/step-row.ts'
import { runOf } from './find.ts'

const LIMIT = { default: 1000, min: 1, max: 5000, strict: true }

/**
 * Contract, section 8.3. A ledger keeps steps, not spans: each step of the run's trace is told as the `agent_step`
 * span that it was, in time order. A run whose steps name no trace has none.
 */
export const retrieveRunTrace = route({
  method: 'GET',
  path: '/v1/runs/{run_id}/trace',
  name: 'retrieveRunTrace',
  tag: 'runs',
  summary: 'Spans of a run',
  role: 'read',
  pathParams: { run_id: 'opaque' },
  limit: LIMIT,
  replies: { 200: z.array(SpanSchema) },
  async handle(request) {
    const { ledger, scope, limit } = request
    const run = await runOf(request)
    const page = { order: 'asc', limit } as const
    const rows = await ledger.read.listSteps({
      project: scope.project,
      filters: { run_id: run.id },
      page,
      messages: false,
    })
    return { json: stringifyExact(rows.filter((row) => row.trace_id !== null).map(spanOf)) }
  },
})

function spanOf(row: StepRow): Record<string, unknown> {
  const duration = decodeMetrics(row.metrics)?.step_ns
  const status = { success: 'Ok', failed: 'Error' } as const
  return {
    Timestamp: formatMicros(row.created_at),
    TraceId: row.trace_id,
    SpanName: 'agent_step',
    Duration: duration === undefined ? null : JSON.rawJSON(duration),
    StatusCode: status[row.status as keyof typeof status] ?? 'Unset',
    SpanAttributes: { 'step.id': row.id, 'run.id': row.run_id, 'agent.id': row.agent_id, model: row.model },
  }
}
