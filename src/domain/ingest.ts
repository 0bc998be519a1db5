/** What can become of telemetry: the closed lists by which it is counted, and the words for people. */

/** What is received and counted. Metrics are answered, and are not counted. */
export const SIGNALS = ['traces', 'logs'] as const
export type Signal = (typeof SIGNALS)[number]

/** What is normal. */
export const OUTCOMES = {
  received: 'spans and log records that arrived',
  duplicate: 'sent again: nothing changed',
  step: 'steps that were made',
  updated: 'steps that learned something from what came later',
  folded: 'steps that turned out to be a second view of another one',
  wrapper: 'spans around calls, which are no steps of their own',
  tool: 'tool executions',
  agent: 'agents, which name the steps below them',
  context: 'other spans and records that say something about a step',
  ignored: 'spans and records that say nothing about any step',
} as const
export type Outcome = keyof typeof OUTCOMES
export const OUTCOME_NAMES = Object.keys(OUTCOMES) as Outcome[]

/** Why a span or a log record is refused, in words for the exporter's developer. */
export const REJECT_REASONS = {
  no_trace_id: 'no trace id',
  no_span_id: 'no span id',
  bad_id: 'an id of wrong length or not hexadecimal',
  no_start_time: 'no start time that can be read',
  span_id_reused: 'a span id that another span of this request has',
  too_deep: 'attributes nested too deep',
  malformed: 'fields that cannot be read',
} as const
export type RejectReason = keyof typeof REJECT_REASONS

/** Why what was read is poorer than what was sent. */
export const DEGRADED_REASONS = {
  truncated_json: 'a value that was cut off or is not the JSON it begins as; kept as text',
  dropped_attributes: 'attributes that the SDK left out because of its limit',
  unknown_finish_reason: 'a finish reason that no dialect is known to use',
  unknown_operation: 'a kind of span that no dialect is known to use, with token usage on it',
  unreadable: 'a span that could not be read',
} as const
export type DegradedReason = keyof typeof DEGRADED_REASONS

/** What could be kept in part only, or not at all. */
export const LOSSES = {
  ...REJECT_REASONS,
  ...DEGRADED_REASONS,
  unreadable_request:
    'a whole request whose spans or records could not be read; the exporter was answered 400, or told that it sent another signal',
  invalid_step: 'a step that the ledger does not accept',
  group_too_large: 'a trace or session that holds more than is kept of one',
} as const
export type Loss = keyof typeof LOSSES

export function isLoss(outcome: string): outcome is Loss {
  return Object.hasOwn(LOSSES, outcome)
}

/** For what no dialect knows. */
export const NO_DIALECT = 'none'
