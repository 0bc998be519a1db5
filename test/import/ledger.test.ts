/** Recordings in a real ledger: what the server then serves equals the manifest, and a second import changes nothing. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Letta from '@letta-ai/letta-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeLedger, type Ledger } from '../../src/ledger.ts'
import { importFiles } from '../../src/in/import/importer.ts'
import { checkStepInput } from '../../src/schema/step-input.ts'
import { openStore } from '../../src/store/open.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { temporary } from '../support/temporary.ts'

interface Entry {
  format: string
  runs: number
  steps: number
  user_simulator_steps?: number
  steps_per_model: Record<string, number>
  tokens?: { prompt: number; completion: number }
  tool_calls: number
}

const root = join(import.meta.dirname, '../..')
const recordings = process.env['STEPLEDGER_RECORDINGS'] ?? join(root, '../shared/data/trajectories')
const manifest = join(recordings, 'manifest.json')
const demo = join(root, 'demo/recordings')

function entriesOf(folder: string, text: string): [string, Entry][] {
  const parsed = JSON.parse(text) as { files: Record<string, Entry> } | Record<string, Entry>
  const files = ('files' in parsed ? parsed.files : parsed) as Record<string, Entry>
  return Object.entries(files)
    .filter(([, entry]) => entry.format !== 'vcr-cassette')
    .map(([name, entry]) => [join(folder, name), entry])
}

if (!existsSync(manifest)) console.warn(`no ${manifest}: only demo/ is imported; set STEPLEDGER_RECORDINGS`)
const cases = [
  ...(existsSync(manifest) ? entriesOf(recordings, readFileSync(manifest, 'utf8')) : []),
  ...entriesOf(demo, readFileSync(join(demo, 'counts.json'), 'utf8')),
]

const scope = (project: string) => ({ project, projectId: null })

async function importInto(ledger: Ledger, path: string, project: string) {
  return importFiles([path], {
    check: (input) => checkStepInput(input, []),
    async record(steps) {
      const outcomes = await ledger.record(scope(project), steps, [], true)
      const created = outcomes.filter((outcome) => outcome.created).length
      return { created, merged: outcomes.length - created }
    },
  })
}

let dir: string
let ledger: Ledger
beforeAll(async () => {
  dir = temporary()
  ledger = makeLedger(await openStore({ dataDir: dir }))
})
afterAll(() => ledger.close())

/** Each file in a project of its own, so that sums are its own. */
test.each(cases.map(([path, entry], i) => ({ name: path.split('/').slice(-2).join('/'), path, entry, i })))(
  '$name in a ledger has the counts of the manifest, however often it is imported',
  { timeout: 60_000 },
  async ({ path, entry, i }) => {
    const project = `file-${i}`
    const first = await importInto(ledger, path, project)
    const total = entry.steps + (entry.user_simulator_steps ?? 0)
    expect(first).toMatchObject({ failed: 0, created: total, merged: 0 })
    const before = await summary(project)
    expect(before.agent).toEqual({
      runs: entry.runs,
      steps: entry.steps,
      models: entry.steps_per_model,
      toolCalls: entry.tool_calls,
      ...(entry.tokens && { prompt: entry.tokens.prompt, completion: entry.tokens.completion }),
    })
    expect(await importInto(ledger, path, project)).toMatchObject({ failed: 0, created: 0, merged: total })
    expect(await summary(project)).toEqual(before)

    /** What the ledger's lists and its runs' own sums say; the simulated customer's runs apart. */
    async function summary(of: string) {
      const page = { order: 'asc', limit: 1000 } as const
      const all = []
      for (let after: string | undefined; ;) {
        const rows = await ledger.read.listSteps({
          project: of,
          filters: {},
          page: { ...page, ...(after && { after }) },
        })
        if (rows.length === 0) break
        all.push(...rows)
        after = rows.at(-1)?.id
      }
      const runs = await ledger.read.listRuns({ project: of, filters: {}, page })
      const isUser = (run: string | null) => run?.endsWith(':user') ?? false
      const steps = all.filter((row) => !isUser(row.run_id))
      const own = runs.filter((run) => !isUser(run.id))
      expect(own.reduce((sum, run) => sum + run.num_steps, 0)).toBe(steps.length)
      const models: Record<string, number> = {}
      for (const { model } of steps) models[model ?? 'unknown'] = (models[model ?? 'unknown'] ?? 0) + 1
      const sum = (name: 'prompt_tokens' | 'completion_tokens') => own.reduce((total, run) => total + run[name], 0)
      const calls = steps.flatMap((row) => (row.messages === '' ? [] : row.messages.split('\n')))
      const toolCalls = calls.reduce(
        (n, line) => n + ((JSON.parse(line) as { tool_calls?: unknown[] }).tool_calls?.length ?? 0),
        0,
      )
      return {
        agent: {
          runs: own.length,
          steps: steps.length,
          models,
          toolCalls,
          ...(entry.tokens && { prompt: sum('prompt_tokens'), completion: sum('completion_tokens') }),
        },
        everything: all,
        runs,
      }
    }
  },
)

test('the demo, imported, is read with the official SDK', async () => {
  const server: TestServer = await startTestServer()
  try {
    const report = await importInto(server.ledger, demo, 'default')
    const client = new Letta({ baseURL: server.url, apiKey: 'none' })
    const seen = new Set<string>()
    for await (const step of client.steps.list({ limit: 100 })) seen.add(step.id)
    expect(seen.size).toBe(report.steps)
    for await (const run of client.runs.list({ limit: 100 })) {
      for await (const message of client.runs.messages.list(run.id)) expect(message.message_type).toMatch(/_message$/)
    }
  } finally {
    await server.close()
  }
})
