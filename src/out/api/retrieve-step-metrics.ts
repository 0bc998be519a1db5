import { LedgerError } from '../../domain/errors.ts'
import { route } from '../../http/route.ts'
import { StepMetricsSchema } from '../../schema/outputs.ts'
import { stepOf } from './find.ts'
import { presentMetrics } from '../../present.ts'

/** Contract, section 8.1. */
export const retrieveStepMetrics = route({
  method: 'GET',
  path: '/v1/steps/{step_id}/metrics',
  name: 'retrieveStepMetrics',
  tag: 'steps',
  summary: 'Times of a step, in nanoseconds',
  role: 'read',
  pathParams: { step_id: 'step' },
  replies: { 200: StepMetricsSchema },
  async handle(request) {
    const step = await stepOf(request)
    if (step.metrics === null) throw new LedgerError('not_found', `No metrics were recorded for step '${step.id}'`)
    return { json: presentMetrics(step, step.metrics) }
  },
})
