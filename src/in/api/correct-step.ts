import { route } from '../../http/route.ts'
import { presentStep } from '../../present.ts'
import { StepSchema } from '../../schema/outputs.ts'
import { StepInputSchema } from '../../schema/step-input.ts'

/** Ours: completes or corrects a step. Keys that are given replace what is there, null clears. */
export const correctStep = route({
  method: 'PATCH',
  path: '/v1/steps/{step_id}',
  name: 'correctStep',
  tag: 'steps',
  summary: 'Complete or correct a step',
  role: 'write',
  pathParams: { step_id: 'step' },
  body: { schema: StepInputSchema, required: true },
  replies: { 200: StepSchema },
  handle: async ({ ledger, scope, path, body }) => ({
    json: presentStep(await ledger.correct(scope, path.step_id ?? '', body)),
  }),
})
