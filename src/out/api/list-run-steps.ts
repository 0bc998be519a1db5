import { z } from 'zod'
import { route } from '../../http/route.ts'
import { StepSchema } from '../../schema/outputs.ts'
import { runOf } from './find.ts'
import { RUN_STEP_PAGE } from './pages.ts'
import { presentSteps } from '../../present.ts'

/** Contract, section 7.3: an unknown run is 404, not an empty list. */
export const listRunSteps = route({
  method: 'GET',
  path: '/v1/runs/{run_id}/steps',
  name: 'listRunSteps',
  tag: 'runs',
  summary: 'Steps of a run, newest first',
  role: 'read',
  pathParams: { run_id: 'opaque' },
  page: RUN_STEP_PAGE,
  replies: { 200: z.array(StepSchema) },
  async handle(request) {
    const { ledger, scope, page } = request
    const run = await runOf(request)
    return presentSteps(await ledger.read.listSteps({ project: scope.project, filters: { run_id: run.id }, page }))
  },
})
