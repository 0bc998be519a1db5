/**
 * How many statements each request makes the engine execute: one number, whatever the ledger and the page hold, or
 * one for each size where a statement takes one row, as on SQLite.
 *
 * A number that became smaller is written down here; one that became larger needs a reason.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStore } from '../../src/store/open.ts'
import { hashKey } from '../../src/http/auth.ts'
import { engine, startCounted, summary, type CountedServer } from './counted.ts'
import { stepId, stepInput, trace, turn } from './steps.ts'
import { traceRequest } from './telemetry.ts'

/** What each request is asked for first, uncounted, as it may open connections and threads. */
const WARM_UP = 3
/** For how many things each request is asked then. */
const SIZES = [5, 50]

/** Numbers of a size's own steps. */
const own = (n: number, kind: number) => n * 1_000_000 + kind * 10_000
const numbers = (count: number, from: number) => Array.from({ length: count }, (_, i) => from + i)

interface Asked {
  method?: string
  path: string
  body?: unknown
}
const get = (path: string): Asked => ({ path })
const post = (path: string, body: unknown): Asked => ({ method: 'POST', path, body })
const patch = (path: string, body?: unknown): Asked => ({ method: 'PATCH', path, body })

/** A run of so many steps, each with messages, a tool and two tags. */
const run = (n: number, kind: number, traced = false) =>
  numbers(n, own(n, kind)).map((id, i) =>
    stepInput(id, {
      run_id: `run-${n}-${kind}`,
      agent_id: `agent-${n}`,
      model: 'gpt-4.1-mini',
      trace_id: `trace-${n}-${i % 2}`,
      tags: ['all', `tag-${kind}-${n}-${i}`],
      messages: turn(id, 200),
      ...(traced && { provider_trace: trace(numbers(i + 1, own(n, kind)), 2000) }),
    }),
  )

type Count = number | readonly [of5: number, of50: number]
/** The request for `n` things, and how many statements that takes: on SQLite, on PostgreSQL. */
type Row = readonly [name: string, ask: (n: number) => Asked, sqlite: Count, postgres: Count]

const step = (n: number, rest = '') => `/v1/steps/${stepId(own(n, 1))}${rest}`
const ofRun = (n: number, rest = '') => `/v1/runs/run-${n}-1${rest}`

/** In this order: some ask again for what was recorded above. One statement of each looks whether there are keys. */
const ROWS: readonly Row[] = [
  ['steps', (n) => get(`/v1/steps/?limit=${n}`), 2, 2],
  ['steps, behind a cursor', (n) => get(`/v1/steps/?limit=${n}&order=asc&after=${stepId(own(WARM_UP, 1))}`), 3, 3],
  ['steps, without messages', (n) => get(`/v1/steps/?limit=${n}&include_messages=false`), 2, 2],
  ['steps of an agent', (n) => get(`/v1/steps/?limit=${n}&agent_id=agent-50`), 2, 2],
  ['steps of an agent with a model', (n) => get(`/v1/steps/?limit=${n}&agent_id=agent-50&model=gpt-4.1-mini`), 6, 4],
  ['steps with a tag', (n) => get(`/v1/steps/?limit=${n}&tags=all`), [7, 52], 3],
  ['steps of two traces', (n) => get(`/v1/steps/?limit=${n}&trace_ids=trace-50-0&trace_ids=trace-50-1`), [7, 52], 3],
  ['a step', (n) => get(step(n)), 2, 2],
  ['a step that is not there', () => get(`/v1/steps/${stepId(999)}`), 3, 3],
  ['metrics of a step', (n) => get(step(n, '/metrics')), 2, 2],
  ['trace of a step', (n) => get(`/v1/steps/${stepId(own(n, 2) + n - 1)}/trace`), [17, 129], [5, 6]],
  ['messages of a step', (n) => get(step(n, `/messages?limit=${n}`)), 3, 3],
  ['runs', (n) => get(`/v1/runs/?limit=${n}`), [7, 52], 3],
  ['runs of an agent', (n) => get(`/v1/runs/?limit=${n}&agent_id=agent-runs`), [7, 52], 3],
  ['active runs', () => get('/v1/runs/active'), 60, 3],
  ['a run', (n) => get(ofRun(n)), 2, 2],
  ['steps of a run', (n) => get(ofRun(n, `/steps?limit=${n}`)), 3, 3],
  ['messages of a run', (n) => get(ofRun(n, `/messages?limit=${2 * n}`)), [11, 56], 5],
  ['usage of a run', (n) => get(ofRun(n, '/usage')), 2, 2],
  ['metrics of a run', (n) => get(ofRun(n, '/metrics')), 3, 3],
  ['trace of a run', (n) => get(ofRun(n, `/trace?limit=${n}`)), 3, 3],
  ['tags', (n) => get(`/v1/tags/?limit=${n}`), [8, 53], [6, 51]],
  ['statistics of telemetry', () => get('/v1/ingest/stats'), 2, 2],
  ['losses of telemetry', () => get('/v1/ingest/rejections'), 2, 2],
  ['record one', (n) => post('/v1/steps/', stepInput(own(n, 3), { agent_id: 'a' })), 5, 5],
  ['record a run', (n) => post('/v1/steps/', run(n, 4)), [35, 305], 9],
  ['record it again', (n) => post('/v1/steps/', run(n, 4)), [8, 53], 4],
  ['record a run with its requests', (n) => post('/v1/steps/', run(n, 5, true)), [59, 553], [12, 13]],
  ['record that again', (n) => post('/v1/steps/', run(n, 5, true)), [8, 53], 4],
  ['correct a step', (n) => patch(step(n), { model: 'o3' }), 6, 6],
  ['feedback', (n) => patch(step(n, '/feedback'), { feedback: 'positive' }), 5, 5],
  ['feedback with a tag', (n) => patch(step(n, '/feedback'), { feedback: 'negative', tags: ['new'] }), 6, 6],
  ['transaction', (n) => patch(step(n, '/transaction/t1')), 5, 5],
  ['delete a run', (n) => ({ method: 'DELETE', path: `/v1/runs/run-${n}-5` }), [101, 954], [21, 23]],
  ['spans', (n) => post('/v1/traces', traceRequest(n, n)), [29, 209], 11],
  ['spans again', (n) => post('/v1/traces', traceRequest(n, n)), 6, 5],
  ['spans of a known trace', (n) => post('/v1/traces', traceRequest(n, n, n)), [32, 212], 12],
  ['metrics of OpenTelemetry', () => post('/v1/metrics', { resourceMetrics: [] }), 1, 1],
  ['health', () => get('/v1/health/'), 1, 1],
]

let server: CountedServer
beforeAll(async () => {
  server = await startCounted()
  for (const n of [WARM_UP, ...SIZES]) {
    await send(post('/v1/steps/', run(n, 1)))
    await send(post('/v1/steps/', run(n, 2, true)))
    const status = { status: 'pending' } as const
    const runs = numbers(n, own(n, 0)).map((id) =>
      stepInput(id, { run_id: `run-${id}`, agent_id: 'agent-runs', ...status }),
    )
    await send(post('/v1/steps/', runs))
  }
})
afterAll(() => server.close())

async function send({ method = 'GET', path, body }: Asked, headers: Record<string, string> = {}): Promise<number> {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { ...headers, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  await response.arrayBuffer()
  return response.status
}

test.each(ROWS)('%s', async (name, ask, sqlite, postgres) => {
  const expected = { sqlite, postgres }[engine]
  await send(ask(WARM_UP))
  for (const [i, n] of SIZES.entries()) {
    let status = 0
    const executed = await server.during(async () => (status = await send(ask(n))))
    expect(status, `${name}, ${n}`).toBeLessThan(name.endsWith('not there') ? 405 : 300)
    const count = typeof expected === 'number' ? expected : expected[i]
    expect(executed.length, `statements for ${n}:\n${summary(executed)}`).toBe(count)
  }
})

/** From the first key on, each request looks for its own; a key of a project also for that. */
test('steps, with a key', async () => {
  const store = await openStore(server.address)
  const created_at = Date.now() * 1000
  await store.write.createProject({ id: 'project-1', slug: 'one', created_at })
  for (const project of [null, 'one']) {
    const key = { id: `key-${project}`, name: 'k', prefix: 'k', role: 'read', project, created_at, revoked_at: null } as const // prettier-ignore
    await store.write.createKey(key, hashKey(`secret-${project}`))
  }
  await store.close()
  const counted = async (key: string) => {
    const executed = await server.during(() => send(get('/v1/steps/?limit=5'), { Authorization: `Bearer ${key}` }))
    return executed.length
  }
  expect(await counted('unknown')).toBe(2)
  expect(await counted('secret-null')).toBe(3)
  expect(await counted('secret-one')).toBe(4)
})
