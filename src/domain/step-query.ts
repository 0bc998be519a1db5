/**
 * The filters of lists, each said once. The query parameters, the OpenAPI document, the command line's flags and
 * the types below follow from these tables; `store/sql` gives each its SQL.
 */
import type { Page } from './page.ts'
import { RUN_STATUSES } from './run.ts'
import { FEEDBACKS, STATUSES, STOP_REASONS, type StopReason } from './step.ts'
import type { Micros } from './time.ts'

/** How a parameter is read (contract, section 2.3). */
export type ParamKind = 'id' | 'ids' | 'date' | 'flag' | 'word'

export interface ParamSpec {
  readonly kind: ParamKind
  readonly help: string
  /** With `word` and `ids`: the only values accepted. */
  readonly values?: readonly string[]
  /** With `date`: an upper bound, so what lies between two microseconds counts as the later one. */
  readonly upper?: true
  /** Not in the documented API; ours. */
  readonly extension?: true
  readonly deprecated?: true
}

const STOP_REASON_NAMES = Object.keys(STOP_REASONS) as StopReason[]

export const STEP_FILTERS = {
  start_date: { kind: 'date', help: 'Only steps created after this time (exclusive)' },
  end_date: { kind: 'date', upper: true, help: 'Only steps created before this time (exclusive)' },
  model: { kind: 'id', help: "Only steps of this model, exactly as in the step's `model`" },
  agent_id: { kind: 'id', help: 'Only steps of this agent' },
  trace_ids: { kind: 'ids', help: 'Only steps of one of these traces' },
  feedback: { kind: 'word', values: FEEDBACKS, help: 'Only steps with this feedback' },
  has_feedback: { kind: 'flag', help: 'Only steps with feedback (true) or without (false)' },
  tags: { kind: 'ids', help: 'Only steps that carry at least one of these tags' },
  project_id: { kind: 'id', help: 'Only steps with this project id' },
  match_all_tags: { kind: 'flag', help: 'With tags: only steps that carry all of them', extension: true },
  run_id: { kind: 'id', help: 'Only steps of this run', extension: true },
  status: { kind: 'word', values: STATUSES, help: 'Only steps with this status', extension: true },
  stop_reason: { kind: 'word', values: STOP_REASON_NAMES, help: 'Only steps that ended so', extension: true },
  provider_name: { kind: 'id', help: 'Only steps of this provider', extension: true },
  model_handle: { kind: 'id', help: 'Only steps of this model handle', extension: true },
  error_type: { kind: 'id', help: 'Only steps that failed with this type of error', extension: true },
} as const satisfies Record<string, ParamSpec>

export const RUN_FILTERS = {
  agent_id: { kind: 'id', help: 'Only runs of this agent; wins over agent_ids' },
  agent_ids: { kind: 'ids', help: 'Only runs of one of these agents', deprecated: true },
  statuses: { kind: 'ids', values: RUN_STATUSES, help: 'Only runs with one of these statuses' },
  active: { kind: 'flag', help: 'Without statuses: only runs that are created or running' },
  background: { kind: 'flag', help: 'Only background runs (true) or others (false); no run of a ledger says which' },
  stop_reason: { kind: 'word', values: STOP_REASON_NAMES, help: 'Only runs that ended so' },
  conversation_id: { kind: 'id', help: 'Only runs of this conversation; no run of a ledger says which' },
} as const satisfies Record<string, ParamSpec>

interface ParamValues {
  id: string
  ids: string[]
  date: Micros
  flag: boolean
  word: string
}

export type ParamValue<S extends ParamSpec> = S['values'] extends readonly (infer W)[]
  ? S['kind'] extends 'ids'
    ? W[]
    : W
  : ParamValues[S['kind']]

export type StepFilterName = keyof typeof STEP_FILTERS
export type StepFilters = { -readonly [F in StepFilterName]?: ParamValue<(typeof STEP_FILTERS)[F]> }
export type RunFilterName = keyof typeof RUN_FILTERS
export type RunFilters = { -readonly [F in RunFilterName]?: ParamValue<(typeof RUN_FILTERS)[F]> }

/** A list of steps; `project` is the tenant, from the caller's key and never from a parameter. */
export interface StepQuery {
  project: string
  filters: StepFilters
  page: Page
  /** false: the rows come without their messages. */
  messages?: boolean
}

export interface RunQuery {
  project: string
  filters: RunFilters
  page: Page
}
