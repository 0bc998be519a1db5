/** Every list that can be asked for, as far as it changes the SQL or the plan. */
import { ORDERS, type Page } from '../../../src/domain/page.ts'
import {
  RUN_FILTERS,
  STEP_FILTERS,
  type RunFilterName,
  type RunFilters,
  type StepFilterName,
  type StepFilters,
} from '../../../src/domain/step-query.ts'
import { stepId } from './fill.ts'

/** One value, or several values, for each filter; last one that no step has. */
const VALUES: { [F in StepFilterName]: NonNullable<StepFilters[F]>[] } = {
  start_date: [Date.UTC(2026, 0, 1, 12) * 1000],
  end_date: [Date.UTC(2026, 0, 2) * 1000],
  model: ['model-1', 'nobody'],
  agent_id: ['agent-3', 'nobody'],
  trace_ids: [['trace-7-3'], ['trace-7', 'trace-8', 'trace-9-1'], ['nobody']],
  feedback: ['positive'],
  has_feedback: [true, false],
  tags: [['all'], ['rare'], ['rare', 'tag-1', 'tag-2'], ['nobody']],
  project_id: ['project-1', 'nobody'],
  match_all_tags: [true],
  run_id: ['run-3-4', 'nobody'],
  status: ['success', 'failed', 'pending'],
  stop_reason: ['error', 'tool_rule'],
  provider_name: ['provider-1', 'nobody'],
  model_handle: ['handle-1', 'nobody'],
  error_type: ['Timeout', 'nobody'],
}

const NAMES = Object.keys(STEP_FILTERS) as StepFilterName[]
const ALONE: StepFilters[] = [
  {},
  ...NAMES.flatMap((name) => VALUES[name].map((value) => ({ [name]: value }))),
  { tags: ['rare', 'tag-0'], match_all_tags: true },
  { tags: ['all', 'nobody'], match_all_tags: true },
  { start_date: VALUES.start_date[0] as number, end_date: VALUES.end_date[0] as number },
]
const withAgent = (agent_id: string) =>
  ALONE.filter((filters) => filters.agent_id === undefined).map((filters) => ({ agent_id, ...filters }))

export const STEP_LISTS: StepFilters[] = [...ALONE, ...withAgent('agent-3'), ...withAgent('nobody')]

const RUN_VALUES: { [F in RunFilterName]: NonNullable<RunFilters[F]>[] } = {
  agent_id: ['agent-3', 'nobody'],
  agent_ids: [['agent-3'], ['agent-3', 'agent-4']],
  statuses: [['failed'], ['failed', 'running', 'completed']],
  active: [true, false],
  background: [false],
  stop_reason: ['error'],
  conversation_id: [],
}
const RUNS_ALONE = (Object.keys(RUN_FILTERS) as RunFilterName[]).flatMap((name) =>
  RUN_VALUES[name].map((value): RunFilters => ({ [name]: value })),
)

export const RUN_LISTS: RunFilters[] = [
  {},
  ...RUNS_ALONE,
  ...RUNS_ALONE.map((filters) => ({ agent_id: 'agent-3', ...filters })),
  { stop_reason: 'error', statuses: ['failed'] },
]

/** Both orders with every combination of these two cursors. */
export function pagesBetween(first: string, second: string): Page[] {
  const cursors: Partial<Page>[] = [
    {},
    { after: first },
    { before: first },
    { after: first, before: second },
    { after: second, before: first },
  ]
  return ORDERS.flatMap((order) => cursors.map((cursor) => ({ order, limit: 50, ...cursor })))
}

export const STEP_PAGES = pagesBetween(stepId(500, 50), stepId(3, 64))
export const RUN_PAGES = pagesBetween('run-3-4', 'run-5-50')
