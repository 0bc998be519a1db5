/** A ledger large enough for its plans to matter. */
import { normalise } from '../../../src/domain/normalise.ts'
import { STEP_COLUMNS } from '../../../src/store/step-row.ts'
import { writeStatements } from '../../../src/store/sql/write-statements.ts'
import type { PlanLedger } from './engine.ts'

export const STEPS = 100_000
export const PROJECT = 'default'
const SEED = 1_000

/** The id of a step: the n-th of the real ones, in the copy of this number; copies count from 1. */
export function stepId(n: number, copy: number): string {
  const place = copy === 0 ? '00000000' : String(COPY_IDS + copy)
  return `step-${place}-0000-4000-8000-${String(n).padStart(12, '0')}`
}

/** Eight digits whatever the copy, so that ids have one length. */
const COPY_IDS = 10_000_000

function seed(i: number) {
  return {
    id: stepId(i, 0),
    created_at: new Date(Date.UTC(2026, 0, 1) + i * 1000).toISOString(),
    agent_id: `agent-${i % 20}`,
    run_id: `run-${Math.floor(i / 20)}`,
    trace_id: `trace-${Math.floor(i / 5)}`,
    model: `model-${i % 5}`,
    model_handle: `handle-${i % 7}`,
    provider_name: `provider-${i % 3}`,
    project_id: `project-${i % 4}`,
    status: i % 50 === 0 ? ('failed' as const) : i % 333 === 0 ? ('pending' as const) : ('success' as const),
    stop_reason: i % 50 === 0 ? ('error' as const) : ('end_turn' as const),
    ...(i % 50 === 0 && { error_type: 'Timeout' }),
    ...(i % 40 === 0 && { feedback: i % 80 === 0 ? ('positive' as const) : ('negative' as const) }),
    tags: ['all', `tag-${i % 10}`, ...(i % 100 === 0 ? ['rare'] : [])],
    messages: [{ role: 'user' as const, content: 'hello' }],
    provider_trace: { request_json: { prompt: `${i} `.repeat(500) }, response_json: {} },
  }
}

/** What of the real steps is like no other: all other filters tell them apart in vain. */
export const ALIKE = `agent_id = 'agent-1' and model = 'model-1' and model_handle = 'handle-1'
  and provider_name = 'provider-1' and project_id = 'project-1'`

/** A thousand real steps, then copies of them with ids, times, runs and traces of their own. */
export async function fill(ledger: PlanLedger): Promise<void> {
  const changes = Array.from({ length: SEED }, (_, i) => ({ kind: 'record' as const, ...normalise(seed(i), null) }))
  await ledger.store.write.write(PROJECT, changes)
  await ledger.store.close()

  const later = (column: string) => [column, `${column} + n * 1000000000`] as const
  const renamed = (column: string) => [column, `${column} || '-' || n`] as const
  const ofCopy = (column: string) =>
    [column, `substr(${column}, 1, 5) || (${COPY_IDS} + n) || substr(${column}, 14)`] as const
  const copy = (table: string, columns: readonly string[], ...own: (readonly [string, string])[]) => {
    const special = new Map(own)
    const values = columns.map((name) => special.get(name) ?? name)
    return ledger.run(
      `with recursive numbers(n) as
          (select cast(1 as bigint) union all select n + 1 from numbers where n < ${STEPS / SEED - 1})
        insert into ${table} (${columns.join(', ')}) select ${values.join(', ')} from ${table} cross join numbers`,
    )
  }
  const { insertTag, placeMessage, runs } = writeStatements(ledger.differences)
  const columns = ['project', ...STEP_COLUMNS, 'updated_at', 'traces']
  await copy('steps', columns, ofCopy('id'), later('created_at'), renamed('run_id'), renamed('trace_id'))
  await copy('step_tags', insertTag.columns, later('created_at'), ofCopy('id'))
  const place = [renamed('run_id'), later('created_at'), later('step_created_at'), ofCopy('step_id')]
  await copy('run_messages', placeMessage.columns, ...place)
  await copy('runs', runs.add.columns, renamed('id'), later('created_at'))
  await ledger.run(`insert into step_aliases (project, id, step_id) select project, 'gone-' || id, id from steps`)
  const part = `project, 'group-' || id, 1, created_at, 2, '[]'`
  await ledger.run(
    `insert into telemetry_parts (project, group_id, part, received_at, size, contexts) select ${part} from steps`,
  )
}
