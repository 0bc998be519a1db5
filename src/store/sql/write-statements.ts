/** The statements that write steps and what stands beside them. */
import { STEP_COLUMNS } from '../step-row.ts'
import { aliasStatements, type AliasStatements } from './aliases.ts'
import { contentStatements, type ContentStatements } from './contents.ts'
import type { Differences } from './engine.ts'
import { conjunction, naming, walking } from './lists.ts'
import { runSumStatements, type RunSumStatements } from './run-sums.ts'
import {
  changeRows,
  insertRows,
  joined,
  keyed,
  names,
  perRow,
  raw,
  slot,
  sql,
  statement,
  type KeyedStatement,
  type RowsStatement,
  type Sql,
  type Statement,
} from './sql.ts'
import { telemetryWriteStatements, type TelemetryWriteStatements } from './telemetry.ts'

export interface WriteStatements {
  lockSteps: KeyedStatement
  insertStep: RowsStatement
  updateStep: RowsStatement
  removeStep: RowsStatement
  insertTag: RowsStatement
  removeTag: RowsStatement
  placeMessage: RowsStatement
  removeMessage: RowsStatement
  insertTool: RowsStatement
  removeTools: RowsStatement
  /** The ids of a run's steps, without what they hold. */
  runIds: Statement
  /** Locks steps without reading what they hold. */
  lockIds: KeyedStatement
  runSteps: Statement
  pending: Statement
  runs: RunSumStatements
  contents: ContentStatements
  aliases: AliasStatements
  telemetry: TelemetryWriteStatements
}

const COLUMNS = ['project', ...STEP_COLUMNS, 'updated_at', 'traces']
const TAG = ['project', 'tag', 'created_at', 'id']
const MESSAGE = ['project', 'run_id', 'id', 'created_at', 'step_created_at', 'step_id', 'position']
const TOOL = ['project', 'run_id', 'tool']
const NEVER_CHANGED = new Set(['project', 'id', 'created_at'])
/** Large columns that most changes leave as they are: a null leaves them, without sending or writing them again. */
const LARGE = new Set(['messages', 'traces'])

export function writeStatements(d: Differences): WriteStatements {
  const stored = names([...STEP_COLUMNS, 'updated_at', 'traces'])
  const project = sql`project = ${slot('project')}`
  const set = COLUMNS.filter((name) => !NEVER_CHANGED.has(name)).map((name) =>
    LARGE.has(name)
      ? sql`${raw(name)} = coalesce(${slot(name)}, ${raw(`steps.${name}`)})`
      : sql`${raw(name)} = ${slot(name)}`,
  )
  const place = ['created_at', 'position'].map((name) => sql`${raw(name)} = ${raw(`excluded.${name}`)}`)
  const nothing = sql`on conflict do nothing`
  const read = (query: Sql) => statement(query, d)
  return {
    lockSteps: keyed(
      (id) => sql`select ${stored} from steps where ${project} and ${id} order by id ${raw(d.lock)}`,
      'id',
      d,
      d.atOnce.locks,
    ),
    insertStep: insertRows(d, 'steps', COLUMNS, nothing),
    updateStep: changeRows(d, { table: 'steps', keys: ['project', 'id'], set }),
    removeStep: changeRows(d, { table: 'steps', keys: ['project', 'id'] }),
    insertTag: insertRows(d, 'step_tags', TAG, nothing),
    removeTag: changeRows(d, { table: 'step_tags', keys: TAG }),
    placeMessage: insertRows(
      d,
      'run_messages',
      MESSAGE,
      sql`on conflict (project, run_id, id, step_id) do update set ${joined(place)}`,
    ),
    removeMessage: changeRows(d, { table: 'run_messages', keys: ['project', 'run_id', 'id', 'step_id'] }),
    insertTool: insertRows(d, 'run_tools', TOOL, nothing),
    removeTools: perRow(d, sql`delete from run_tools where ${project} and run_id = ${slot('run_id')}`),
    runIds: read(sql`select id from steps where ${project} and run_id = ${slot('run')}`),
    lockIds: keyed(
      (id) => sql`select id from steps where ${project} and ${id} order by id ${raw(d.lock)}`,
      'id',
      d,
      d.atOnce.locks,
    ),
    runSteps: read(
      sql`select ${stored} from steps where ${project} and run_id = ${slot('run')} and (created_at, id) >
        (${slot('created_at')}, ${slot('id')}) order by created_at, id limit 200`,
    ),
    pending: read(
      sql`select s.project, s.id from ${walking(d, 'steps', 's', 'steps_pending')} where
        ${conjunction([sql`s.status = 'pending'`, ...naming(d, 's', 'steps_pending')])}
        and s.updated_at < ${slot('cutoff')} limit ${slot('limit')}`,
    ),
    runs: runSumStatements(d),
    contents: contentStatements(d),
    aliases: aliasStatements(d),
    telemetry: telemetryWriteStatements(d),
  }
}
