/** What `doctor` looks at in a ledger file. */
import { statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { SCHEMA_VERSION } from '../sql/migrations/index.ts'
import type { Finding } from '../store.ts'
import type { Connection } from './connection.ts'
import { versionOf } from './migrate.ts'

const LITTLE_SPACE = 1 << 30

export function diagnose(connection: Connection, file: string): Finding[] {
  return [
    schema(connection),
    integrity(connection),
    durability(connection),
    runSums(connection),
    access(file),
    space(file),
  ]
}

function schema(connection: Connection): Finding {
  const version = versionOf(connection)
  return { check: 'schema', ok: version === SCHEMA_VERSION, detail: `version ${version}` }
}

function integrity(connection: Connection): Finding {
  const [row] = connection.pragma('quick_check(1)') as { quick_check: string }[]
  const result = row?.quick_check ?? 'no answer'
  return {
    check: 'integrity',
    ok: result === 'ok',
    detail: result,
    remedy: 'Stop the server, restore the last backup, or rescue what can be read: sqlite3 ledger.db .recover',
  }
}

function durability(connection: Connection): Finding {
  const mode = connection.pragma('journal_mode', { simple: true }) as string
  const sync = connection.pragma('synchronous', { simple: true }) as number
  return { check: 'durability', ok: mode === 'wal' && sync >= 2, detail: `journal ${mode}, synchronous ${sync}` }
}

/** Runs whose step count is not that of their steps. */
function runSums(connection: Connection): Finding {
  const row = connection
    .prepare(
      `select count(*) as bad from runs as r where num_steps <>
        (select count(*) from steps as s where s.project = r.project and s.run_id = r.id)`,
    )
    .get() as { bad: number }
  return {
    check: 'runs',
    ok: row.bad === 0,
    detail: row.bad === 0 ? 'counts agree with the steps' : `${row.bad} runs disagree with their steps`,
    remedy: 'Export the ledger and import it into a new data directory: that counts all runs anew',
  }
}

function access(file: string): Finding {
  const shared = (statSync(file).mode & 0o077) !== 0 && (statSync(dirname(file)).mode & 0o077) !== 0
  return {
    check: 'permissions',
    ok: !shared,
    detail: shared ? 'other users of this machine can read the ledger' : 'only its owner can read the ledger',
    remedy: `chmod 700 ${dirname(file)}`,
  }
}

function space(file: string): Finding {
  const { bavail, bsize } = statfsSync(dirname(file))
  const free = bavail * bsize
  return {
    check: 'disk space',
    ok: free > LITTLE_SPACE,
    detail: `${(free / 2 ** 30).toFixed(1)} GiB free`,
    remedy: 'Free some space, or move the data directory: --data-dir',
  }
}
