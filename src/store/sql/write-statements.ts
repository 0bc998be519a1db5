/** The statements that write steps and what stands beside them. */
import { STEP_COLUMNS } from '../step-row.ts'
import { contentStatements } from './contents.ts'
import type { Differences } from './engine.ts'
import { runSumStatements, type RunSumStatements } from './run-sums.ts'
import { joined, names, raw, slot, slots, sql, statement, type Sql, type Statement } from './sql.ts'
import { traceStatements, type TraceStatements } from './traces.ts'

export interface WriteStatements {
  insertStep: Statement
  updateStep: Statement
  lockStep: Statement
  insertTag: Statement
  removeTags: Statement
  placeMessage: Statement
  removeMessages: Statement
  insertTool: Statement
  removeTools: Statement
  runSteps: Statement
  removeStep: Statement
  pending: Statement
  runs: RunSumStatements
  traces: TraceStatements
  setTraces: Statement
}

export function writeStatements(d: Differences): WriteStatements {
  const columns = ['project', ...STEP_COLUMNS, 'updated_at']
  const inserted = [...columns, 'traces']
  const stored = names(STEP_COLUMNS)
  const project = sql`project = ${slot('project')}`
  const updated = columns.filter((name) => name !== 'project' && name !== 'id' && name !== 'created_at')
  const message = ['project', 'run_id', 'id', 'created_at', 'step_created_at', 'step_id', 'position']
  const place = ['created_at', 'position'].map((name) => sql`${raw(name)} = ${raw(`excluded.${name}`)}`)
  const write = (query: Sql) => statement(query, d)
  return {
    insertStep: write(sql`insert into steps (${names(inserted)}) values (${slots(inserted)}) on conflict do nothing`),
    updateStep: write(
      sql`update steps set ${joined(updated.map((name) => sql`${raw(name)} = ${slot(name)}`))}
        where ${project} and id = ${slot('id')}`,
    ),
    lockStep: write(sql`select ${stored} from steps where ${project} and id = ${slot('id')}`),
    insertTag: write(
      sql`insert into step_tags (project, tag, created_at, id)
        values (${slot('project')}, ${slot('tag')}, ${slot('created_at')}, ${slot('id')}) on conflict do nothing`,
    ),
    removeTags: write(
      sql`delete from step_tags where ${project} and tag = ${slot('tag')}
        and created_at = ${slot('created_at')} and id = ${slot('id')}`,
    ),
    placeMessage: write(
      sql`insert into run_messages (${names(message)}) values (${slots(message)})
        on conflict (project, run_id, id, step_id) do update set ${joined(place)}`,
    ),
    removeMessages: write(
      sql`delete from run_messages where ${project} and run_id = ${slot('run')} and id = ${slot('id')}
        and step_id = ${slot('step_id')}`,
    ),
    insertTool: write(
      sql`insert into run_tools (project, run_id, tool)
        values (${slot('project')}, ${slot('run')}, ${slot('tool')}) on conflict do nothing`,
    ),
    removeTools: write(sql`delete from run_tools where ${project} and run_id = ${slot('run')}`),
    runSteps: write(
      sql`select ${stored} from steps where ${project} and run_id = ${slot('run')} and (created_at, id) >
        (${slot('created_at')}, ${slot('id')}) order by created_at, id limit 200`,
    ),
    removeStep: write(sql`delete from steps where ${project} and id = ${slot('id')}`),
    pending: write(
      sql`select project, id from steps where status = 'pending'
        and updated_at < ${slot('cutoff')} limit ${slot('limit')}`,
    ),
    runs: runSumStatements(d),
    traces: traceStatements(d, contentStatements(d)),
    setTraces: write(sql`update steps set traces = ${slot('traces')} where ${project} and id = ${slot('id')}`),
  }
}
