/** Steps, their runs, messages, tags, traces and content; projects and keys. */
import type { Differences } from '../engine.ts'
import { saidBy } from '../lists.ts'

export function ledger(d: Differences): string[] {
  const { textType: text, bigintType: bigint, sumType: sum, bytesType: bytes, clusteredTable: clustered } = d
  // See `naming`: true of every row.
  const said = (index: string, opening: string) => {
    const condition = saidBy(d, index)
    return condition === '' ? '' : `${opening} ${condition}`
  }
  return [
    `CREATE TABLE steps (
      project ${text} NOT NULL,
      id ${text} NOT NULL,
      created_at ${bigint} NOT NULL,
      agent_id ${text}, run_id ${text}, origin ${text},
      provider_id ${text}, provider_name ${text}, provider_category ${text},
      model ${text}, model_handle ${text}, model_endpoint ${text},
      context_window_limit ${bigint},
      prompt_tokens ${bigint}, completion_tokens ${bigint}, total_tokens ${bigint},
      cached_input_tokens ${bigint}, cache_write_tokens ${bigint}, reasoning_tokens ${bigint},
      prompt_tokens_details ${text}, completion_tokens_details ${text},
      stop_reason ${text}, status ${text}, error_type ${text}, error_data ${text},
      tid ${text}, trace_id ${text}, request_id ${text},
      feedback ${text}, project_id ${text},
      tags ${text} NOT NULL, metrics ${text},
      updated_at ${bigint} NOT NULL,
      messages ${text} NOT NULL,
      traces ${bytes}
    )`,
    `CREATE UNIQUE INDEX steps_id ON steps (project, id)`,
    // Each filter has an index that yields its steps in list order: a page reads no more rows than it shows.
    `CREATE INDEX steps_created ON steps (project, created_at, id)${said('steps_created', ' WHERE')}`,
    ...[
      ['agent', 'agent_id'],
      ['run', 'run_id'],
      ['model', 'model'],
      ['trace', 'trace_id'],
      ['project', 'project_id'],
      ['feedback', 'feedback'],
      ['stop_reason', 'stop_reason'],
      ['provider', 'provider_name'],
      ['model_handle', 'model_handle'],
      ['error', 'error_type'],
    ].map(
      ([name, column]) =>
        `CREATE INDEX steps_${name} ON steps (project, ${column}, created_at, id)
          WHERE ${column} IS NOT NULL${said(`steps_${name}`, ' AND')}`,
    ),
    // Nearly every step is a success: those are found by walking all, the others by this.
    `CREATE INDEX steps_status ON steps (project, status, created_at, id) WHERE status <> 'success'`,
    `CREATE INDEX steps_pending ON steps (updated_at, project, id) WHERE status = 'pending'${said('steps_pending', ' AND')}`,
    `CREATE INDEX steps_rated ON steps (project, created_at, id) WHERE feedback IS NOT NULL${said('steps_rated', ' AND')}`,

    `CREATE TABLE step_tags (
      project ${text} NOT NULL, tag ${text} NOT NULL, created_at ${bigint} NOT NULL, id ${text} NOT NULL,
      PRIMARY KEY (project, tag, created_at, id)
    )${clustered}`,

    `CREATE TABLE run_messages (
      project ${text} NOT NULL, run_id ${text} NOT NULL, id ${text} NOT NULL, created_at ${bigint} NOT NULL,
      step_created_at ${bigint} NOT NULL, step_id ${text} NOT NULL, position ${bigint} NOT NULL,
      PRIMARY KEY (project, run_id, id, step_id)
    )${clustered}`,
    `CREATE INDEX run_messages_order
      ON run_messages (project, run_id, created_at, step_created_at, step_id, position)${said('run_messages_order', ' WHERE')}`,

    `CREATE TABLE run_tools (
      project ${text} NOT NULL, run_id ${text} NOT NULL, tool ${text} NOT NULL,
      PRIMARY KEY (project, run_id, tool)
    )${clustered}`,

    `CREATE TABLE runs (
      project ${text} NOT NULL,
      id ${text} NOT NULL,
      agent_id ${text},
      created_at ${bigint} NOT NULL, ended_at ${bigint} NOT NULL, start_ns ${bigint},
      num_steps ${bigint} NOT NULL, pending_steps ${bigint} NOT NULL,
      last_created_at ${bigint} NOT NULL, last_step_id ${text} NOT NULL,
      last_status ${text}, last_stop_reason ${text},
      prompt_tokens ${sum} NOT NULL, completion_tokens ${sum} NOT NULL, total_tokens ${sum} NOT NULL,
      cached_tokens ${sum}, cache_read_tokens ${sum}, cache_creation_tokens ${sum}, reasoning_tokens ${sum},
      status ${text} GENERATED ALWAYS AS (CASE
        WHEN pending_steps > 0 THEN 'running'
        WHEN last_stop_reason IN ('end_turn', 'max_steps', 'tool_rule', 'requires_approval') THEN 'completed'
        WHEN last_stop_reason = 'cancelled' THEN 'cancelled'
        WHEN last_stop_reason IS NOT NULL THEN 'failed'
        WHEN last_status IN ('failed', 'cancelled') THEN last_status
        ELSE 'completed' END) STORED,
      stop_reason ${text} GENERATED ALWAYS AS (CASE WHEN pending_steps > 0 THEN NULL ELSE last_stop_reason END) STORED,
      PRIMARY KEY (project, id)
    )${d.changingTable}`,
    `CREATE INDEX runs_created ON runs (project, created_at, id)${said('runs_created', ' WHERE')}`,
    `CREATE INDEX runs_agent ON runs (project, agent_id, created_at, id)`,
    `CREATE INDEX runs_status ON runs (project, status, created_at, id)`,
    `CREATE INDEX runs_stop_reason ON runs (project, stop_reason, created_at, id)`,

    `CREATE TABLE contents (
      project ${text} NOT NULL, hash ${bytes} NOT NULL, refs ${bigint} NOT NULL, data ${bytes} NOT NULL
    )${d.changingTable}`,
    d.compressedColumn('contents', 'data'),
    d.compressedColumn('steps', 'traces'),
    d.largeColumn('steps', 'messages'),
    `CREATE UNIQUE INDEX contents_hash ON contents (project, hash)`,

    `CREATE TABLE projects (id ${text} NOT NULL PRIMARY KEY, slug ${text} NOT NULL UNIQUE, created_at ${bigint} NOT NULL)`,
    `CREATE TABLE api_keys (
      id ${text} NOT NULL PRIMARY KEY, hash ${text} NOT NULL UNIQUE, name ${text} NOT NULL, prefix ${text} NOT NULL,
      role ${text} NOT NULL, project ${text}, created_at ${bigint} NOT NULL, revoked_at ${bigint}
    )`,
  ].filter((statement) => statement !== '')
}
