import { stringifyExact } from '../../domain/exact-json.ts'
import { route } from '../../http/route.ts'
import { RunMetricsSchema } from '../../schema/outputs.ts'
import { runOf } from './find.ts'
import { durationNs } from '../../present.ts'

/** Contract, section 7.3. A ledger knows tools by name, so `tools_used` holds names. */
export const retrieveRunMetrics = route({
  method: 'GET',
  path: '/v1/runs/{run_id}/metrics',
  name: 'retrieveRunMetrics',
  tag: 'runs',
  summary: 'Duration, steps and tools of a run',
  role: 'read',
  pathParams: { run_id: 'opaque' },
  replies: { 200: RunMetricsSchema },
  async handle(request) {
    const { ledger, scope } = request
    const run = await runOf(request)
    const metrics = {
      id: run.id,
      agent_id: run.agent_id,
      project_id: scope.projectId,
      run_start_ns: JSON.rawJSON(run.start_ns ?? String(BigInt(run.created_at) * 1000n)),
      run_ns: run.status === 'running' ? null : JSON.rawJSON(durationNs(run)),
      num_steps: run.num_steps,
      tools_used: await ledger.read.getRunTools(scope.project, run.id),
      template_id: null,
      base_template_id: null,
    }
    return { json: stringifyExact(metrics) }
  },
})
