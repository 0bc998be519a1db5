import { route } from '../../http/route.ts'
import { ProviderTraceSchema } from '../../schema/outputs.ts'
import { stepOf } from './find.ts'
import { presentTrace } from '../../present.ts'

const shared = {
  method: 'GET',
  tag: 'steps',
  role: 'read',
  pathParams: { step_id: 'step' },
  replies: { 200: ProviderTraceSchema },
} as const

/** Contract, section 8.2: the latest trace of the agent's own call, else the latest of any kind, else null. */
export const retrieveStepTrace = route({
  ...shared,
  path: '/v1/steps/{step_id}/trace',
  name: 'retrieveStepTrace',
  summary: "The provider's request and response of a step",
  async handle(request) {
    const step = await stepOf(request)
    const traces = await request.ledger.read.getTraces(request.scope.project, step.id)
    const trace = traces.findLast(({ call_type }) => call_type === 'agent_step') ?? traces.at(-1)
    return { json: trace ? presentTrace(trace, step) : 'null' }
  },
})

/** Contract, table 1.4, number 20. */
export const retrieveTelemetry = route({
  ...shared,
  path: '/v1/telemetry/{step_id}',
  name: 'retrieveTelemetry',
  summary: 'Former path of the trace of a step',
  deprecated: true,
  handle: (request) => retrieveStepTrace.handle(request as never),
})
