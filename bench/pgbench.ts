/** The limit that PostgreSQL's own load generator reaches on the same server. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onServer } from './places.ts'
import type { StoreAddress } from '../src/store/open.ts'

/** The tables that it writes: text alone, or a copy of our table of steps with all its indexes, and none of the rest. */
const TABLES = {
  plain: {
    create: 'create table if not exists plain (id bigserial primary key, body text not null)',
    insert: (body: string) => `insert into plain (body) values (${body});`,
  },
  'like steps': {
    create: 'create table if not exists like_steps (like steps including all)',
    insert: (body: string) =>
      `insert into like_steps (project, id, created_at, agent_id, run_id, provider_name, model, model_handle,
        prompt_tokens, completion_tokens, total_tokens, stop_reason, status, trace_id, project_id, tags, updated_at, messages)
        values ('default', 'step-' || gen_random_uuid(), extract(epoch from clock_timestamp()) * 1000000,
        'agent-' || (random() * 2000)::int, 'run-' || (random() * 10000)::int, 'openai', 'gpt-4.1-mini',
        'openai/gpt-4.1-mini', 1000, 100, 1100, 'end_turn', 'success', 'trace-' || (random() * 10000)::int, 'project-1',
        '[]', 1, ${body});`.replaceAll(/\s+/g, ' '),
  },
} as const

interface Load {
  connections: number
  /** Rows in a transaction. */
  batch: number
  /** Of a row's text; it compresses about as text does. */
  bytes: number
  seconds: number
}

export function hasPgbench(): boolean {
  return spawnSync('pgbench', ['--version']).status === 0
}

/** Rows per second. */
export async function pgbench(address: StoreAddress, table: keyof typeof TABLES, load: Load): Promise<number> {
  if (!('url' in address)) throw new Error('pgbench needs a database')
  await onServer(address.url, TABLES[table].create)
  const dir = mkdtempSync(join(tmpdir(), 'stepledger-pgbench-'))
  try {
    // Random hexadecimal digits, twice: a row of this size that compresses to a bit more than half, as messages do.
    const digits = `repeat(encode(sha256(random()::text::bytea), 'hex'), ${Math.ceil(load.bytes / 64)})`
    const rows = Array.from({ length: load.batch }, () => TABLES[table].insert(`left(${digits}, ${load.bytes})`))
    const script = join(dir, 'rows.sql')
    writeFileSync(script, ['begin;', ...rows, 'commit;'].join('\n'))
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
