import { z } from 'zod'
import { route } from '../../http/route.ts'
import { LettaMessageSchema } from '../../schema/outputs.ts'
import { stepOf } from './find.ts'
import { answersByTool, lettaPage, stepMessages } from './letta-page.ts'
import { MESSAGE_PAGE } from './pages.ts'

/** Contract, section 4.3. */
export const listStepMessages = route({
  method: 'GET',
  path: '/v1/steps/{step_id}/messages',
  name: 'listStepMessages',
  tag: 'steps',
  summary: 'Letta messages of a step, oldest first',
  role: 'read',
  pathParams: { step_id: 'step' },
  page: MESSAGE_PAGE,
  replies: { 200: z.array(LettaMessageSchema) },
  async handle(request) {
    const step = await stepOf(request)
    const byTool = await answersByTool(request.ledger.read, request.scope.project, step.run_id)
    return { json: await lettaPage(stepMessages(step), request.page, byTool) }
  },
})
