import { LedgerError } from '../../domain/errors.ts'
import { route } from '../../http/route.ts'
import { presentStep } from '../../present.ts'
import { issuesOf } from '../../schema/issues.ts'
import { FeedbackBody, StepSchema } from '../../schema/outputs.ts'

/** Contract, section 1.5: an absent `feedback` leaves it, null clears it; tags are added. */
export const rateStep = route({
  method: 'PATCH',
  path: '/v1/steps/{step_id}/feedback',
  name: 'rateStep',
  tag: 'steps',
  summary: 'Set or clear the feedback of a step, add tags',
  role: 'write',
  pathParams: { step_id: 'step' },
  body: { schema: FeedbackBody, required: true },
  replies: { 200: StepSchema },
  async handle({ ledger, scope, path, body }) {
    const checked = FeedbackBody.safeParse(body)
    if (!checked.success) {
      const issues = issuesOf(checked.error, body, ['body'])
      throw new LedgerError('invalid', 'the feedback is not valid', { issues })
    }
    const { feedback, tags } = checked.data
    return { json: presentStep(await ledger.rate(scope, path.step_id ?? '', feedback, tags ?? [])) }
  },
})
