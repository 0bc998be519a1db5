import { z } from 'zod'
import { route } from '../../http/route.ts'

/** Contract, table 1.4, number 16: the run, its steps, and content that nothing else refers to. */
export const deleteRun = route({
  method: 'DELETE',
  path: '/v1/runs/{run_id}',
  name: 'deleteRun',
  tag: 'runs',
  summary: 'Delete a run with its steps',
  role: 'admin',
  pathParams: { run_id: 'opaque' },
  replies: { 200: z.null() },
  async handle({ ledger, scope, path }) {
    await ledger.deleteRun(scope, path.run_id ?? '')
    return { json: 'null' }
  },
})
