/** The way to the database fails while the database is well: cut in the middle of a commit, or silent. */
import { Agent } from 'node:http'
import { describe, expect, test, vi, type TestContext } from 'vitest'
import { freshDatabase } from '../support/postgres.ts'
import { startProxy } from '../support/proxy.ts'
import { expectConsistent } from './consistency.ts'
import { Load, ready } from './load.ts'
import { serve } from './process.ts'
import { verify } from './verify.ts'
import { post, send, stepId } from './workload.ts'

const RECOVERY_MS = 10_000
/** Short time-outs, in seconds, and what they come to: a statement may take 2 s longer than its own (connection.ts). */
const SHORT = ['--database-connect-timeout', '1', '--database-statement-timeout', '1']
const TIME_OUTS_MS = 1_000 + 1_000 + 2_000

/** Less than any time-out: nobody waited for one. */
const SOON_MS = 2_000

const agent = new Agent({ keepAlive: true })

/** A database, a proxy before it, and a server that knows only the proxy. */
async function setUp({ onTestFinished }: TestContext, ...flags: string[]) {
  const database = await freshDatabase()
  const proxy = await startProxy(database.url)
  const server = await serve(proxy, ...flags)
  onTestFinished(async () => {
    await server.end('SIGKILL')
    await proxy.close()
    await database.drop()
  })
  return { database, proxy, server }
}

const step = (id: string, run = 'run') => JSON.stringify({ id, run_id: run, prompt_tokens: 1 })

test.for(['before', 'after'] as const)(
  'a commit whose connection is cut %s it is done is refused, and good when it is sent again',
  { timeout: 30_000 },
  async (moment, context) => {
    const { database, proxy, server } = await setUp(context)
    proxy.atCommit = () => {
      proxy.atCommit = () => 'pass'
      return moment
    }
    const id = stepId()
    const refused = await post(server.url, step(id), agent)
    expect(refused.status).toBe(503)
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    // What was cut off before the commit is undone when the database notices.
    const there = await database.query('select id from steps')
    expect(there).toEqual(moment === 'after' ? [{ id }] : [])
    await ready(server.url, RECOVERY_MS)
    const again = await post(server.url, step(id), agent)
    expect(again.status).toBe(moment === 'after' ? 200 : 201)
    expect(await database.query('select num_steps::int, prompt_tokens::int from runs')).toEqual([
      { num_steps: 1, prompt_tokens: 1 },
    ])
  },
)

test(
  'connections cut again and again, at commits and anywhere, lose and repeat nothing',
  { timeout: 40_000 },
  async (context) => {
    const { database, proxy, server } = await setUp(context)
    let commits = 0
    proxy.atCommit = () => {
      commits++
      if (commits % 12 === 0) return 'after'
      return commits % 12 === 6 ? 'before' : 'pass'
    }
    proxy.cutAfter = () => 2_000 + Math.random() * 200_000
    const load = new Load([server.url], { writers: 6, readers: 2 })
    await load.answered(60, ({ status }) => status === 503, 20_000)
    await load.answered(60, ({ status }) => status < 300, 20_000)
    proxy.atCommit = () => 'pass'
    proxy.cutAfter = () => Infinity
    await ready(server.url, RECOVERY_MS)
    await load.end()
    expect(commits).toBeGreaterThan(24)
    expect(new Set(load.answers.map(({ status }) => status))).toEqual(new Set([200, 201, 503]))
    expect(await server.end('SIGTERM')).toBe(0)
    await verify(database, load.batches, { durable: false })
    await expectConsistent(database.query)
  },
)

// These wait for time-outs most of the time, so they wait together.
describe.concurrent('silence', () => {
  test(
    'a way that swallows everything ends requests in time, then at once, until it is passable',
    { timeout: 40_000 },
    async (context) => {
      const { database, proxy, server } = await setUp(context, ...SHORT)
      const load = new Load([server.url], { writers: 12, readers: 8 })
      await load.answered(30, ({ status }) => status < 300, RECOVERY_MS)
      const began = performance.now()
      proxy.silent = true
      proxy.forget()
      await load.answered(1, ({ status }) => status === 503, RECOVERY_MS)
      const known = performance.now()
      await load.answered(200, ({ status }) => status === 503, 20_000)
      proxy.silent = false
      const passable = performance.now()
      await ready(server.url, RECOVERY_MS)
      await load.answered(30, ({ status }) => status < 300, RECOVERY_MS)
      await load.end()
      const waited = (from: number, to = Infinity) =>
    load.since(from).filter(({ at }) => at < to).map(({ ms }) => ms) // prettier-ignore
      expect(Math.max(...load.answers.map(({ ms }) => ms))).toBeLessThan(TIME_OUTS_MS + 1_000)
      expect(waited(began, known).length).toBeGreaterThan(0)
      // While it is known nobody waits, and once it is passable no connection that is dead is given to anybody.
      expect(Math.max(...waited(known, passable))).toBeLessThan(SOON_MS)
      expect(Math.max(...waited(passable))).toBeLessThan(SOON_MS)
      expect(await server.end('SIGTERM')).toBe(0)
      await verify(database, load.batches, { durable: false })
      await expectConsistent(database.query)
    },
  )

  test(
    'connections that died while nobody used them are not given to anybody',
    { timeout: 30_000 },
    async (context) => {
      const { proxy, server } = await setUp(context, ...SHORT)
      const read = () => send('GET', `${server.url}/v1/steps/?limit=1`, '', agent)
      // More than the pool has connections, so that it opens them all.
      await Promise.all(Array.from({ length: 40 }, read))
      proxy.silent = true
      proxy.forget()
      expect((await read()).status).toBe(503)
      proxy.silent = false
      const passable = performance.now()
      await ready(server.url, RECOVERY_MS)
      const answers = await Promise.all(Array.from({ length: 40 }, read))
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
      // What is still silent would cost each of them its time-outs.
      expect(performance.now() - passable).toBeLessThan(TIME_OUTS_MS)
    },
  )

  test(
    'a process that stops in the middle of a commit does not hold up the others for ever',
    { timeout: 40_000 },
    async (context) => {
      const { database, proxy, server: stopped } = await setUp(context)
      const other = await serve(database)
      context.onTestFinished(() => void other.end('SIGKILL'))
      const reached = Promise.withResolvers<void>()
      proxy.atCommit = () => {
        reached.resolve()
        return 'hold'
      }
      const id = stepId()
      const lost = post(stopped.url, step(id), agent).catch(() => undefined)
      await reached.promise
      const inTransaction = `select 1 from pg_stat_activity where datname = current_database() and state = 'idle in transaction'`
      await vi.waitFor(async () => expect(await database.query(inTransaction)).toHaveLength(1), 5_000)
      stopped.child.kill('SIGSTOP')
      // It waits for the one that holds the step and its run, until the database puts an end to that.
      const answer = await post(other.url, step(id), agent)
      expect(answer.status).toBe(201)
      // Others begin and end transactions all the time.
      await vi.waitFor(async () => expect(await database.query(inTransaction)).toEqual([]), 5_000)
      stopped.child.kill('SIGCONT')
      proxy.atCommit = () => 'pass'
      await stopped.end('SIGKILL')
      await lost
      expect(await database.query('select num_steps::int from runs')).toEqual([{ num_steps: 1 }])
      expect(await other.end('SIGTERM')).toBe(0)
    },
  )
})
