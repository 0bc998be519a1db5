/** What a path names, or the 404 that says it is not there. */
import { notFound } from '../../domain/errors.ts'
import type { Run } from '../../domain/run.ts'
import type { ApiRequest } from '../../http/route.ts'
import type { StepRow } from '../../store/step-row.ts'

type Named = Pick<ApiRequest, 'ledger' | 'scope' | 'path'>

export async function stepOf({ ledger, scope, path }: Named): Promise<StepRow> {
  const id = path.step_id ?? ''
  const row = await ledger.read.getStep(scope.project, id)
  if (!row) throw notFound('Step', id)
  return row
}

export async function runOf({ ledger, scope, path }: Named): Promise<Run> {
  const id = path.run_id ?? ''
  const run = await ledger.read.getRun(scope.project, id)
  if (!run) throw notFound('Run', id)
  return run
}
