/** The limit that PostgreSQL's own load generator reaches on the same server. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onServer } from './places.ts'
import type { StoreAddress } from '../src/store/open.ts'

/** Of a step that is recorded: what is written beside its own row, on average. */
export interface StepRows {
  readonly tags: number
  readonly messages: number
}

const STEP = (body: string) => `insert into like_steps (project, id, created_at, agent_id, run_id, provider_name, model,
  model_handle, prompt_tokens, completion_tokens, total_tokens, stop_reason, status, trace_id, project_id, tags,
  updated_at, messages) values ('default', 'step-' || gen_random_uuid(),
  extract(epoch from clock_timestamp()) * 1000000, 'agent-' || (random() * 2000)::int,
  'run-' || (random() * 10000)::int, 'openai', 'gpt-4.1-mini', 'openai/gpt-4.1-mini', 1000, 100, 1100, 'end_turn',
  'success', 'trace-' || (random() * 10000)::int, 'project-1', '[]', 1, ${body});`
const TAG = `insert into like_step_tags (project, tag, created_at, id) values ('default', 'tag-' || (random() * 20)::int,
  extract(epoch from clock_timestamp()) * 1000000, 'step-' || gen_random_uuid());`
const MESSAGE = `insert into like_run_messages (project, run_id, id, created_at, step_created_at, step_id, position)
  values ('default', 'run-' || (random() * 10000)::int, 'message-' || gen_random_uuid(), 1, 1,
  'step-' || gen_random_uuid(), 0);`
const RUN = `insert into like_runs (project, id, created_at, ended_at, num_steps, pending_steps, last_created_at,
  last_step_id, prompt_tokens, completion_tokens, total_tokens) values ('default', 'run-' || (random() * 10000)::int,
  1, 1, 1, 0, 1, 'step', 1000, 100, 1100) on conflict (project, id) do update set
  num_steps = like_runs.num_steps + 1, prompt_tokens = like_runs.prompt_tokens + 1000;`

const like = (table: string) => `create table if not exists like_${table} (like ${table} including all)`
const times = (count: number, statement: string) => Array.from({ length: Math.round(count) }, () => statement)

/**
 * What it writes for a step: its text alone; a row of a copy of our table with all its indexes; and every row that the
 * step is to us, with the run that it belongs to.
 */
const LOADS = {
  plain: {
    create: ['create table if not exists plain (id bigserial primary key, body text not null)'],
    step: (body: string) => [`insert into plain (body) values (${body});`],
  },
  'like steps': { create: [like('steps')], step: (body: string) => [STEP(body)] },
  'every row': {
    create: ['steps', 'step_tags', 'run_messages', 'runs'].map(like),
    step: (body: string, rows: StepRows) => [
      STEP(body),
      ...times(rows.tags, TAG),
      ...times(rows.messages, MESSAGE),
      RUN,
    ],
  },
} as const

interface Load {
  connections: number
  /** Steps in a transaction. */
  batch: number
  /** Of a step's text; it compresses about as text does. */
  bytes: number
  seconds: number
  rows: StepRows
}

export function hasPgbench(): boolean {
  return spawnSync('pgbench', ['--version']).status === 0
}

/** Steps per second. */
export async function pgbench(address: StoreAddress, kind: keyof typeof LOADS, load: Load): Promise<number> {
  if (!('url' in address)) throw new Error('pgbench needs a database')
  await onServer(address.url, ...LOADS[kind].create)
  const dir = mkdtempSync(join(tmpdir(), 'stepledger-pgbench-'))
  try {
    // Random hexadecimal digits, twice: a row of this size that compresses to a bit more than half, as messages do.
    const digits = `repeat(encode(sha256(random()::text::bytea), 'hex'), ${Math.ceil(load.bytes / 64)})`
    const body = `left(${digits}, ${load.bytes})`
    const steps = Array.from({ length: load.batch }, () => LOADS[kind].step(body, load.rows)).flat()
    const script = join(dir, 'rows.sql')
    // A statement is a line.
    const lines = ['begin;', ...steps.map((statement) => statement.replaceAll(/\s+/g, ' ')), 'commit;']
    writeFileSync(script, lines.join('\n'))
    const { connections, seconds } = load
    const flags = ['-n', '-f', script, '-c', `${connections}`, '-j', '2', '-T', `${seconds}`, '-M', 'prepared']
    const { stdout, stderr, status } = spawnSync('pgbench', [...flags, address.url], { encoding: 'utf8' })
    const perSecond = /tps = ([\d.]+)/.exec(stdout)?.[1]
    if (status !== 0 || perSecond === undefined) throw new Error(`pgbench failed: ${stderr}`)
    return Math.round(Number(perSecond) * load.batch)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
