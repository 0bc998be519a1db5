/** Projects and API keys. */
import type { AccessReader, AccessWriter, ApiKey, Project, StoredKey } from '../store.ts'
import type { Differences, Executor } from './engine.ts'
import { slot, sql, statement, type Statement } from './sql.ts'

const KEY = sql`id, name, prefix, role, project, created_at, revoked_at`

function statements(d: Differences) {
  return {
    projects: statement(sql`select id, slug, created_at from projects order by slug`, d),
    project: statement(
      sql`select id, slug, created_at from projects where slug = ${slot('name')} or id = ${slot('name')}`,
      d,
    ),
    keys: statement(sql`select ${KEY} from api_keys order by created_at, id`, d),
    storedKeys: statement(sql`select ${KEY}, hash from api_keys order by created_at, id`, d),
    key: statement(sql`select ${KEY} from api_keys where hash = ${slot('hash')}`, d),
    inForce: statement(sql`select id from api_keys where revoked_at is null limit 1`, d),
    createProject: statement(
      sql`insert into projects (id, slug, created_at)
        values (${slot('id')}, ${slot('slug')}, ${slot('created_at')}) on conflict do nothing`,
      d,
    ),
    createKey: statement(
      sql`insert into api_keys (${KEY}, hash) values (${slot('id')}, ${slot('name')}, ${slot('prefix')},
        ${slot('role')}, ${slot('project')}, ${slot('created_at')}, ${slot('revoked_at')}, ${slot('hash')})`,
      d,
    ),
    revokeKey: statement(
      sql`update api_keys set revoked_at = ${slot('at')} where id = ${slot('id')} and revoked_at is null
        returning id`,
      d,
    ),
  } satisfies Record<string, Statement>
}

export function accessReader(x: Executor, d: Differences): AccessReader {
  const s = statements(d)
  return {
    listProjects: async () => x.all<Project>(s.projects, {}),
    findProject: async (name) => (await x.all<Project>(s.project, { name }))[0],
    listKeys: async () => x.all<ApiKey>(s.keys, {}),
    listStoredKeys: async () => x.all<StoredKey>(s.storedKeys, {}),
    findKey: async (hash) => (await x.all<ApiKey>(s.key, { hash }))[0],
    hasKeys: async () => (await x.all(s.inForce, {})).length > 0,
  }
}

export function accessWriter(x: Executor, d: Differences): AccessWriter {
  const s = statements(d)
  return {
    createProject: async (project) => void (await x.all(s.createProject, { ...project })),
    createKey: async (key, hash) => void (await x.all(s.createKey, { ...key, hash })),
    revokeKey: async (id, at) => (await x.all(s.revokeKey, { id, at })).length > 0,
  }
}
