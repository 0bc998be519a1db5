import { z } from 'zod'
import { LedgerError } from '../../domain/errors.ts'
import { STEP_FILTERS, type StepFilters } from '../../domain/step-query.ts'
import { route } from '../../http/route.ts'
import { StepSchema } from '../../schema/outputs.ts'
import { STEP_PAGE } from './pages.ts'
import { presentSteps } from '../../present.ts'

/** Contract, section 2. */
export const listSteps = route({
  method: 'GET',
  path: '/v1/steps/',
  name: 'listSteps',
  tag: 'steps',
  summary: 'List steps, newest first',
  role: 'read',
  query: {
    ...STEP_FILTERS,
    include_messages: { kind: 'flag', help: 'false: leave `messages` empty, for light rows', extension: true },
  },
  page: STEP_PAGE,
  replies: { 200: z.array(StepSchema) },
  async handle({ ledger, scope, query, page }) {
    const { include_messages: messages = true, ...filters } = query
    refuseCrossedDates(filters)
    return presentSteps(await ledger.read.listSteps({ project: scope.project, filters, page, messages }))
  },
})

/** Contract, section 2.9: equal dates are an empty list, crossed ones a mistake. */
function refuseCrossedDates({ start_date, end_date }: StepFilters): void {
  if (start_date !== undefined && end_date !== undefined && start_date > end_date) {
    throw new LedgerError('unusable', 'start_date must not be later than end_date')
  }
}
