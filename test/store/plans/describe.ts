/**
 * No list reads more than it shows: at 100,000 steps no list query scans or sorts a table, and no writer's query does.
 *
 * The SQL is the one that is really run: the executor is wrapped, and each statement that it runs is explained with the
 * values it was run with.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { normalise } from '../../../src/domain/normalise.ts'
import { prepare } from '../../../src/store/sql/prepare.ts'
import { sqlReader, type Reader } from '../../../src/store/sql/reader.ts'
import { forgetTelemetry } from '../../../src/store/sql/telemetry.ts'
import { abandonPending, deleteRun } from '../../../src/store/sql/upkeep.ts'
import { applyRequests } from '../../../src/store/sql/write.ts'
import { writeStatements } from '../../../src/store/sql/write-statements.ts'
import type { StepChange, TelemetryWrite } from '../../../src/store/store.ts'
import type { Executed, PlanEngine, PlanLedger } from './engine.ts'
import { fill, PROJECT, stepId, STEPS } from './fill.ts'
import { pagesBetween, RUN_LISTS, RUN_PAGES, STEP_LISTS, STEP_PAGES } from './queries.ts'

const NOW = Date.UTC(2026, 5, 1) * 1000

/** @param selfTests what proves that the engine's check can fail */
export function describePlans(engine: PlanEngine, selfTests: (opened: () => PlanLedger) => void): void {
  let ledger: PlanLedger
  let reader: Reader
  /** What each test ran, the first time. */
  const ran = new Map<string, Executed[]>()

  beforeAll(async () => {
    ledger = await engine.open()
    await fill(ledger)
    reader = sqlReader(ledger.executor, ledger.differences)
  })
  afterAll(() => ledger.destroy())

  async function expectBounded(key: string, run: () => Promise<unknown>): Promise<void> {
    if (!ran.has(key)) {
      ledger.executed()
      await run()
      ran.set(key, ledger.executed())
    }
    const executed = ran.get(key) ?? []
    expect((await ledger.faults(executed)).join('\n\n')).toBe('')
  }

  test(`${engine.name}: there are so many steps`, async () => {
    expect(await ledger.count('steps')).toBe(STEPS)
    expect(await ledger.count('step_tags')).toBeGreaterThan(2 * STEPS)
    expect(await ledger.count('run_messages')).toBe(STEPS)
    expect(await ledger.count('runs')).toBe(STEPS / 20)
  })

  describe.each(engine.knowledge)(`${engine.name}, %s`, (knowledge) => {
    beforeAll(() => ledger.learn(knowledge))

    test.each(STEP_LISTS)('steps %j', (filters) =>
      expectBounded(`steps ${JSON.stringify(filters)}`, async () => {
        for (const page of STEP_PAGES) await reader.listSteps({ project: PROJECT, filters, page })
      }),
    )

    test.each(RUN_LISTS)('runs %j', (filters) =>
      expectBounded(`runs ${JSON.stringify(filters)}`, async () => {
        for (const page of RUN_PAGES) await reader.listRuns({ project: PROJECT, filters, page })
      }),
    )

    test('messages of a run', () =>
      expectBounded('messages', async () => {
        const [first, , third] = await reader.listRunMessages(PROJECT, 'run-3-4', { order: 'asc', limit: 3 })
        const id = (found: typeof first) =>
          (JSON.parse((found?.step.messages ?? '').split('\n')[found?.index ?? 0] ?? '') as { id: string }).id
        for (const page of pagesBetween(id(first), id(third))) await reader.listRunMessages(PROJECT, 'run-3-4', page)
      }))

    test('tags', () =>
      expectBounded('tags', async () => {
        for (const page of pagesBetween('rare', 'tag-3')) {
          await reader.listTags({ project: PROJECT, page })
          await reader.listTags({ project: PROJECT, name: 'AG', page })
        }
      }))

    test('single things', () =>
      expectBounded('single', async () => {
        await reader.getStep(PROJECT, stepId(500, 50))
        await reader.getStep(PROJECT, `gone-${stepId(500, 50)}`)
        await reader.getTelemetry(PROJECT, [`group-${stepId(500, 50)}`, 'group-none'])
        await reader.getTelemetryContent(PROJECT, `group-${stepId(500, 50)}`, [1, 2])
        await reader.getTraces(PROJECT, stepId(500, 50))
        await reader.getRun(PROJECT, 'run-3-4')
        await reader.getRunTools(PROJECT, 'run-3-4')
        await reader.findKey('nothing')
      }))

    test('what a writer runs', () =>
      expectBounded('writer', async () => {
        const statements = writeStatements(ledger.differences)
        await ledger.run('begin')
        for (const changes of [RECORDED, CHANGED]) {
          const request = { project: PROJECT, changes: changes.map(prepare), telemetry: TELEMETRY(changes) }
          await applyRequests(ledger.executor, statements, [request], NOW)
        }
        await forgetTelemetry(ledger.executor, statements.telemetry, Date.UTC(2026, 0, 1) * 1000 + 1, 2 ** 40)
        await abandonPending(ledger.executor, statements, NOW + 1, 5, NOW)
        await deleteRun(ledger.executor, statements, PROJECT, 'run-2-7')
        await deleteRun(ledger.executor, statements, PROJECT, 'run-new')
        await ledger.run('rollback')
      }))
  })

  describe(`${engine.name}: the check itself can fail`, () => selfTests(() => ledger))
}

const RECORDED = [0, 1].map((n): StepChange => {
  const step = { id: stepId(n, 999), run_id: 'run-new', tags: ['new', 'all'], messages: [TOOL_CALL()] }
  const request_json = { messages: [{ role: 'user', content: 'long enough to be a part of its own '.repeat(100) }] }
  return { kind: 'record', ...normalise({ ...step, provider_trace: { request_json, response_json: {} } }, null) }
})

function TOOL_CALL() {
  const call = { id: 'call-1', type: 'function' as const, function: { name: 'search', arguments: '{}' } }
  return { role: 'assistant' as const, content: null, tool_calls: [call] }
}

const CHANGED: StepChange[] = [
  ...RECORDED,
  { kind: 'feedback', id: stepId(500, 50), feedback: 'negative', addTags: ['seen'] },
  { kind: 'transaction', id: stepId(501, 50), tid: 'transaction-1' },
  { kind: 'forget', id: stepId(502, 50), before: null, into: stepId(503, 50) },
  { kind: 'forget', id: stepId(504, 50), before: null, into: null },
]

function TELEMETRY(changes: readonly StepChange[]): TelemetryWrite {
  const parts = [1, 2].map((part) => ({
    group: `group-${changes.length}`,
    part,
    contexts: Buffer.from('[]'),
    content: null,
  }))
  return { parts, counts: [{ signal: 'traces', dialect: 'genai', outcome: 'step', count: 1, sample: null }] }
}
