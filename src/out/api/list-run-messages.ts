import { z } from 'zod'
import { route } from '../../http/route.ts'
import { LettaMessageSchema } from '../../schema/outputs.ts'
import { runOf } from './find.ts'
import { answersByTool, lettaPage } from './letta-page.ts'
import { MESSAGE_PAGE } from './pages.ts'

/** Contract, section 7.3. */
export const listRunMessages = route({
  method: 'GET',
  path: '/v1/runs/{run_id}/messages',
  name: 'listRunMessages',
  tag: 'runs',
  summary: 'Letta messages of a run, oldest first',
  role: 'read',
  pathParams: { run_id: 'opaque' },
  page: MESSAGE_PAGE,
  replies: { 200: z.array(LettaMessageSchema) },
  async handle(request) {
    const { ledger, scope, page } = request
    const run = await runOf(request)
    const byTool = await answersByTool(ledger.read, scope.project, run.id)
    return { json: await lettaPage((at) => ledger.read.listRunMessages(scope.project, run.id, at), page, byTool) }
  },
})
