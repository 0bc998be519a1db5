import { route } from '../../http/route.ts'
import { presentStep } from '../../present.ts'
import { StepSchema } from '../../schema/outputs.ts'

/** Contract, table 1.4, number 7. */
export const setTransaction = route({
  method: 'PATCH',
  path: '/v1/steps/{step_id}/transaction/{transaction_id}',
  name: 'setTransaction',
  tag: 'steps',
  summary: "Set the step's transaction id, `tid`",
  role: 'write',
  pathParams: { step_id: 'step', transaction_id: 'opaque' },
  replies: { 200: StepSchema },
  handle: async ({ ledger, scope, path }) => ({
    json: presentStep(await ledger.setTransaction(scope, path.step_id ?? '', path.transaction_id ?? '')),
  }),
})
