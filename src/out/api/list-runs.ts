import { z } from 'zod'
import { RUN_FILTERS } from '../../domain/step-query.ts'
import { route } from '../../http/route.ts'
import { RunSchema } from '../../schema/outputs.ts'
import { RUN_PAGE } from './pages.ts'
import { presentRun } from '../../present.ts'

/** Contract, section 7.2. */
export const listRuns = route({
  method: 'GET',
  path: '/v1/runs/',
  name: 'listRuns',
  tag: 'runs',
  summary: 'List runs, newest first',
  role: 'read',
  query: {
    ...RUN_FILTERS,
    ascending: { kind: 'flag', help: 'true is order=asc', deprecated: true },
  },
  page: RUN_PAGE,
  replies: { 200: z.array(RunSchema) },
  async handle({ ledger, scope, query, page }) {
    const { ascending, ...filters } = query
    const ordered = ascending ? { ...page, order: 'asc' as const } : page
    const runs = await ledger.read.listRuns({ project: scope.project, filters, page: ordered })
    return { json: `[${runs.map(presentRun).join(',')}]` }
  },
})

/** Contract, table 1.4, number 9. */
export const listActiveRuns = route({
  method: 'GET',
  path: '/v1/runs/active',
  name: 'listActiveRuns',
  tag: 'runs',
  summary: 'The newest 100 runs that are created or running',
  deprecated: true,
  role: 'read',
  query: { agent_id: RUN_FILTERS.agent_id, background: RUN_FILTERS.background },
  replies: { 200: z.array(RunSchema) },
  async handle({ ledger, scope, query }) {
    const filters = { ...query, active: true }
    const runs = await ledger.read.listRuns({ project: scope.project, filters, page: { order: 'desc', limit: 100 } })
    return { json: `[${runs.map(presentRun).join(',')}]` }
  },
})
