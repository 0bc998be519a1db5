import { route } from '../../http/route.ts'
import { StepSchema } from '../../schema/outputs.ts'
import { stepOf } from './find.ts'
import { presentStep } from '../../present.ts'

/** Contract, section 3. */
export const retrieveStep = route({
  method: 'GET',
  path: '/v1/steps/{step_id}',
  name: 'retrieveStep',
  tag: 'steps',
  summary: 'One step',
  role: 'read',
  pathParams: { step_id: 'step' },
  replies: { 200: StepSchema },
  handle: async (request) => ({ json: presentStep(await stepOf(request)) }),
})
