/** `stepledger copy` with the real binary, from SQLite to PostgreSQL and back. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import type { Step, StepInput } from '../../src/domain/step.ts'
import { normalise } from '../../src/domain/normalise.ts'
import { LEDGER_FILE, openStore } from '../../src/store/open.ts'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import { STEP_COLUMNS, type StepRow } from '../../src/store/step-row.ts'
import type { StepChange, Store } from '../../src/store/store.ts'
import { jsonObject, step as randomStep } from '../support/arbitrary.ts'
import { freshDatabase } from '../support/postgres.ts'
import { STEPS } from './fixture.ts'
import { temporary } from '../support/temporary.ts'
import { cli, linesFile, MAIN, ok, serve, stepId } from './support.ts'

const FIRST = { order: 'asc', limit: 1000 } as const

/** An empty database that is gone after the file's tests. */
async function database(): Promise<Awaited<ReturnType<typeof freshDatabase>>> {
  const made = await freshDatabase()
  afterAll(() => made.drop())
  return made
}

async function on<T>(ledger: string, work: (store: Store) => Promise<T>): Promise<T> {
  const isUrl = ledger.startsWith('postgres')
  const store = isUrl ? await openStore({ url: ledger }) : await openSqlite(join(ledger, LEDGER_FILE))
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

/** What a step's row says; an engine may add to it what it needs to read it. */
const known = (row: StepRow) => Object.fromEntries(STEP_COLUMNS.map((name) => [name, row[name]]))

/** Everything that can be read of a ledger. */
function everything(ledger: string): Promise<unknown> {
  return on(ledger, async ({ read }) => {
    const projects = await read.listProjects()
    const contents = ['default', ...projects.map(({ slug }) => slug)].map(async (project) => {
      const list = { project, filters: {}, page: FIRST }
      const [rows, runs] = [await read.listSteps(list), await read.listRuns(list)]
      const traces = await Promise.all(rows.map(({ id }) => read.getTraces(project, id)))
      const ofRuns = runs.map(async ({ id }) => [
        (await read.listRunMessages(project, id, FIRST)).map(({ step, index }) => [known(step), index]),
        await read.getRunTools(project, id),
      ])
      return {
        rows: rows.map(known),
        traces,
        runs,
        ofRuns: await Promise.all(ofRuns),
        tags: await read.listTags({ project, page: FIRST }),
      }
    })
    return { projects, keys: await read.listStoredKeys(), contents: await Promise.all(contents) }
  })
}

interface Report {
  equal: boolean
  access: { projects: { copied: number; kept: number }; keys: { copied: number; kept: number } }
  projects: {
    project: string
    created: number
    merged: number
    resumedAfter: string | null
    onlyInTarget: number
    differences: number
    first: string | null
    source: { steps: number; fingerprint: string }
    target: { steps: number; fingerprint: string }
  }[]
}

const copyArgs = (from: string, to: string) => ['copy', '--from', from, '--to', to]
const copied = async (from: string, to: string) => JSON.parse(await ok([...copyArgs(from, to), '--json'])) as Report

const record = (input: StepInput): StepChange => ({ kind: 'record', ...normalise(input, null) })

/** Steps of any kind; their traces hold anything that JSON can. A run's agent is that of its oldest step in a copy. */
function randomChanges(seed: number): StepChange[] {
  const distinct = { minLength: 60, maxLength: 60, selector: ({ id }: Step) => id }
  const [steps = []] = fc.sample(fc.uniqueArray(randomStep(), distinct), { seed, numRuns: 1 })
  const documents = fc.sample(jsonObject, { seed, numRuns: steps.length * 2 })
  return steps.map((step: Step, at) => {
    const text = `${'\0\ud83d😀\u2028'.repeat(600)}${at % 3}`
    const trace = (n: number) => ({
      request_json: { text, any: documents[at * 2] ?? {}, n },
      response_json: documents[at * 2 + 1] ?? {},
    })
    const provider_trace = at % 4 === 0 ? null : at % 4 === 1 ? [trace(1), trace(2)] : [trace(0)]
    const { traces } = normalise({ id: step.id, created_at: '2026-01-29T15:01:19.000001Z', provider_trace }, null)
    return { kind: 'record', step: { ...step, agent_id: step.run_id === null ? step.agent_id : 'one' }, traces }
  })
}

async function randomLedger(dir: string): Promise<void> {
  await ok(['projects', 'create', 'blue', '--data-dir', dir])
  const changes = randomChanges(20260129)
  await on(dir, async ({ write }) => {
    for (let at = 0; at < changes.length; at += 7) {
      // In another order than that of their times, and the same ids in both projects.
      await write.write('default', changes.slice(at, at + 7))
      await write.write('blue', changes.slice(at, at + 5))
    }
    // The project has an id of its own; a step there says something else under the same id.
    const [first] = changes
    if (first?.kind === 'record') await write.write('blue', [{ kind: 'transaction', id: first.step.id, tid: 'blue' }])
  })
}

describe('copy', () => {
  test('from SQLite to PostgreSQL and back keeps everything, and keys still work', async () => {
    const dir = temporary()
    const { url } = await database()
    const [source, back] = [`${dir}/source`, `${dir}/back`]
    await randomLedger(source)
    const key = (await ok(['keys', 'create', 'ci', '--role', 'write', '--data-dir', source])).trim()
    const gone = JSON.parse(await ok(['keys', 'create', 'old', '--role', 'read', '--project', 'blue', '--json', '--data-dir', source])) as { id: string; key: string } // prettier-ignore
    await ok(['keys', 'revoke', gone.id, '--data-dir', source])

    const there = await copied(source, url)
    expect(there).toMatchObject({ equal: true, access: { projects: { copied: 1 }, keys: { copied: 2 } } })
    for (const { created, merged, source: one, target: two } of there.projects) {
      expect(one.steps).toBeGreaterThan(10)
      expect([created, merged, two]).toEqual([one.steps, 0, one])
    }
    const original = await everything(source)
    expect(await everything(url)).toEqual(original)
    expect(await copied(url, back)).toMatchObject({ equal: true, access: { keys: { copied: 2 } } })
    expect(await everything(back)).toEqual(original)

    const { url: served, stop } = await serve(back)
    try {
      const status = async (bearer: string) =>
        (await fetch(`${served}/v1/steps/`, { headers: { authorization: `Bearer ${bearer}`, 'X-Project': 'blue' } }))
          .status
      expect([await status(key), await status(gone.key)]).toEqual([200, 401])
    } finally {
      await stop()
    }
  })

  test('again finds nothing to do, and takes what is new and what was said since', async () => {
    const dir = temporary()
    const [from, to] = [`${dir}/from`, `${dir}/to`]
    await ok(['import', linesFile(dir, 'steps.jsonl', STEPS), '--data-dir', from])
    await copied(from, to)
    expect(await copied(from, to)).toMatchObject({
      equal: true,
      projects: [{ created: 0, merged: 0, resumedAfter: stepId(4) }],
    })
    await on(from, ({ write }) =>
      write.write('default', [
        record({ id: stepId(9), created_at: '2026-01-03T00:00:00Z', agent_id: 'new' }),
        // Older than what was copied already.
        record({ id: stepId(8), created_at: '2026-01-01T00:00:00Z', agent_id: 'late' }),
        { kind: 'feedback', id: stepId(4), feedback: 'negative', addTags: ['seen'] },
        record({ id: stepId(3), status: 'success', completion_tokens: 3 }),
      ]),
    )
    const again = await copied(from, to)
    expect(again).toMatchObject({ equal: true, projects: [{ created: 2, merged: 2 }] })
    expect(await everything(to)).toEqual(await everything(from))
  })

  test('names what the target holds otherwise, changes nothing of it, and fails', async () => {
    const dir = temporary()
    const { url } = await database()
    const from = `${dir}/from`
    await ok(['import', linesFile(dir, 'steps.jsonl', STEPS), '--data-dir', from])
    await copied(from, url)
    await on(url, ({ write }) =>
      write.write('default', [
        { kind: 'correct', id: stepId(2), correction: { model: 'other', tags: ['other'] }, traces: [] },
        { kind: 'feedback', id: stepId(2), feedback: 'positive', addTags: [] },
        { kind: 'correct', id: stepId(4), correction: { origin: 'elsewhere' }, traces: [] },
      ]),
    )
    const { code, stdout, stderr } = await cli(copyArgs(from, url))
    expect(code).toBe(1)
    expect(
      stdout
        .split('\n')
        .slice(1, 3)
        .map((line) => line.split(/ +/).slice(0, 3)),
    ).toEqual([
      // prettier-ignore
      ['default', 'from', '4'],
      ['default', 'to', '4'],
    ])
    expect(stderr).toContain(
      `error: Project default: 2 differences, the first: ${stepId(2)} differs in model, feedback, tags\n`,
    )
    expect(stderr).not.toContain('Every step was read back')
    await on(url, async ({ read }) => {
      expect(await read.getStep('default', stepId(2))).toMatchObject({ model: 'other', feedback: 'positive' })
    })
    // Keys that were taken out of force since do not silently stay valid elsewhere.
    await ok(['keys', 'create', 'ci', '--role', 'write', '--data-dir', from])
    const to = `${dir}/to`
    await copied(from, to)
    const [{ id }] = JSON.parse(await ok(['keys', 'list', '--json', '--data-dir', from])) as [{ id: string }]
    await ok(['keys', 'revoke', id, '--data-dir', from])
    expect(await cli(copyArgs(from, to))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`error: API key ${id} (ci) was revoked, but is in force in the target`),
    })
  })

  test('into a ledger with steps of its own leaves them, and says how many', async () => {
    const dir = temporary()
    const [from, to] = [`${dir}/from`, `${dir}/to`]
    await ok(['import', linesFile(dir, 'one.jsonl', STEPS.slice(0, 3)), '--data-dir', from])
    // The newest step is shared, what comes before it is not.
    await ok(['import', linesFile(dir, 'two.jsonl', STEPS.slice(2)), '--data-dir', to])
    const { code, stderr } = await cli(copyArgs(from, to))
    expect(stderr).toContain('Project default: 1 step only in the target\n')
    expect(code).toBe(0)
    expect((await ok(['export', '--data-dir', to])).trimEnd().split('\n').slice(1)).toEqual(STEPS)
  })

  test.each(['SQLite', 'PostgreSQL'])('killed in the middle goes on where it stopped, into %s', async (engine) => {
    const dir = temporary()
    const from = `${dir}/from`
    const target = engine === 'SQLite' ? `${dir}/to` : (await database()).url
    const total = 6000
    const steps = Array.from({ length: total }, (_, i) =>
      record({
        id: stepId(i),
        run_id: `run-${i % 50}`,
        created_at: new Date(1_769_698_879_000 + i).toISOString(),
        messages: [{ role: 'user', content: `${i} `.repeat(100) }],
        provider_trace: { request_json: { i, text: `${i} `.repeat(300) }, response_json: {} },
      }),
    )
    await on(from, async ({ write }) => {
      for (let at = 0; at < total; at += 500) await write.write('default', steps.slice(at, at + 500))
    })
    const count = async (): Promise<number> => {
      if (engine === 'SQLite' && !existsSync(join(target, LEDGER_FILE))) return 0
      return on(target, async ({ read }) => {
        const runs = await read.listRuns({ project: 'default', filters: {}, page: FIRST })
        return runs.reduce((sum, { num_steps }) => sum + num_steps, 0)
      })
    }
    const child = spawn(process.execPath, [MAIN, ...copyArgs(from, target)], { stdio: 'ignore' })
    const ended = once(child, 'exit')
    // Its first batches are there before it is looked for; migrations of two starters wait for each other.
    while ((await count()) < 400) await sleep(5)
    child.kill('SIGKILL')
    expect((await ended)[1]).toBe('SIGKILL')
    const before = await count()
    expect(before).toBeGreaterThan(0)
    expect(before).toBeLessThan(total)

    const report = await copied(from, target)
    expect(report).toMatchObject({ equal: true, projects: [{ created: total - before, merged: 0 }] })
    expect(report.projects[0]?.resumedAfter).toBe(stepId(before - 1))
    expect(await count()).toBe(total)
    expect(report.projects[0]?.source.steps).toBe(total)
  })

  test('reads addresses from the environment and never shows a password', async () => {
    const dir = temporary()
    const { url } = await database()
    const secret = new URL(url)
    secret.password = 'swordfish'
    await ok(['import', linesFile(dir, 'steps.jsonl', STEPS), '--data-dir', `${dir}/from`])
    const args = ['copy', '--from', 'env:SOURCE', '--to', 'env:TARGET', '--json', '--log-level', 'trace']
    const done = await cli(args, { SOURCE: `${dir}/from`, TARGET: url, DATABASE_URL: 'postgres://elsewhere/x' })
    expect(done.code).toBe(0)
    expect(JSON.parse(done.stdout)).toMatchObject({ from: `${dir}/from`, to: expect.stringMatching(/^postgres:/) })
    const failed = await cli(args, { SOURCE: `${dir}/from`, TARGET: secret.href })
    expect(failed.code).toBe(1)
    for (const { stdout, stderr } of [done, failed]) {
      expect(stdout + stderr).not.toContain('swordfish')
      expect(stdout + stderr).not.toContain(`:${new URL(url).password}@`)
    }
  })
})

test('export and import move a ledger between engines both ways, byte for byte', async () => {
  const dir = temporary()
  const { url } = await database()
  const [here, back] = [`${dir}/here`, `${dir}/back`]
  const ofBlue = ['--project', 'blue']
  await randomLedger(here)
  await ok(['projects', 'create', 'blue', '--database-url', url])
  await ok(['projects', 'create', 'blue', '--data-dir', back])
  for (const project of [[], ofBlue]) {
    const name = `${dir}/${project.length}`
    await ok(['export', `${name}.1`, ...project, '--data-dir', here])
    const counts = await ok(['import', '--json', '--format', 'stepledger', `${name}.1`, ...project], {
      DATABASE_URL: url,
    })
    const steps = (JSON.parse(counts) as { steps: number; created: number }).created
    expect(steps).toBeGreaterThan(10)
    await ok(['export', `${name}.2`, ...project, '--database-url', url])
    await ok(['import', '--format', 'stepledger', `${name}.2`, ...project, '--data-dir', back])
    const [one, two] = [
      await ok(['export', ...project, '--database-url', url]),
      await ok(['export', ...project, '--data-dir', back]),
    ]
    expect(two === one).toBe(true)
    expect(one === (await ok(['export', ...project, '--data-dir', here]))).toBe(project.length === 0)
  }
})

test.concurrent.each<[args: string[], code: number, says: RegExp]>([
  [['copy'], 2, /required option '--from <ledger>' not specified/],
  [['copy', '--from', '/nowhere'], 2, /required option '--to <ledger>' not specified/],
  [['copy', '--from', 'mysql://u:swordfish@h/d', '--to', '/x'], 2, /--from: must be a directory, postgres:/],
  [['copy', '--from', '/x', '--to', 'postgres://u:swordfish@:x:/'], 2, /--to: must be a directory/],
  [['copy', '--from', '', '--to', '/x'], 2, /--from: must be a directory/],
  [['copy', '--from', 'env:NOT_SET', '--to', '/x'], 2, /--from: there is no variable 'NOT_SET'/],
  [['copy', '--from', '/x', '--to', '/x/../x'], 2, /--from and --to name the same ledger: \/x\n/],
  [['copy', '--from', '/nowhere', '--to', '/x'], 1, /There is no ledger in \/nowhere/],
  [
    ['copy', '--from', 'postgres://u:swordfish@127.0.0.1:1/d', '--to', '/x'],
    1,
    /Cannot open the ledger postgres:\/\/u@/,
  ],
])('%j fails', async (args, expected, says) => {
  const { code, stdout, stderr } = await cli(args)
  expect(stderr).toMatch(says)
  expect(stderr).not.toContain('swordfish')
  expect({ code, stdout }).toEqual({ code: expected, stdout: '' })
  expect(existsSync('/x')).toBe(false)
})
