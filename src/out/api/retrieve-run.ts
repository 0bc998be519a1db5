import { route } from '../../http/route.ts'
import { RunSchema } from '../../schema/outputs.ts'
import { runOf } from './find.ts'
import { presentRun } from '../../present.ts'

/** Contract, section 7.1. */
export const retrieveRun = route({
  method: 'GET',
  path: '/v1/runs/{run_id}',
  name: 'retrieveRun',
  tag: 'runs',
  summary: 'One run',
  role: 'read',
  pathParams: { run_id: 'opaque' },
  replies: { 200: RunSchema },
  handle: async (request) => ({ json: presentRun(await runOf(request)) }),
})
