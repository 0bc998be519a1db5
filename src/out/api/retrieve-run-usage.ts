import type { Run } from '../../domain/run.ts'
import { route } from '../../http/route.ts'
import { RunUsageSchema } from '../../schema/outputs.ts'
import { runOf } from './find.ts'

/** Contract, section 7.3: sums over all steps of the run. */
export const retrieveRunUsage = route({
  method: 'GET',
  path: '/v1/runs/{run_id}/usage',
  name: 'retrieveRunUsage',
  tag: 'runs',
  summary: 'Tokens of a run',
  role: 'read',
  pathParams: { run_id: 'opaque' },
  replies: { 200: RunUsageSchema },
  handle: async (request) => ({ json: JSON.stringify(usageOf(await runOf(request))) }),
})

function usageOf({ prompt_tokens, completion_tokens, total_tokens, details }: Run): Record<string, unknown> {
  const { reasoning_tokens, ...prompt } = details
  const reported = Object.values(prompt).some((value) => value !== null)
  return {
    completion_tokens,
    prompt_tokens,
    total_tokens,
    prompt_tokens_details: reported ? prompt : null,
    completion_tokens_details: reasoning_tokens === null ? null : { reasoning_tokens },
  }
}
