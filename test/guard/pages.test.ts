/**
 * How many pages of the database a list reads: as many in a ledger of 20,000 steps as in one of 500.
 *
 * Each kind of step is as frequent in both, so that a page of the list holds steps of the same kind and size. The
 * figures have some room for other versions of an engine; what leaves it downwards is written down here.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Page } from '../../src/domain/page.ts'
import type { StepInput } from '../../src/domain/step.ts'
import type { RunFilters, StepFilterName, StepFilters } from '../../src/domain/step-query.ts'
import { DEFAULT_PROJECT as project, type StepReader } from '../../src/store/store.ts'
import { engine } from './counted.ts'
import { pagesCanBeCounted, startMeasured, type MeasuredLedger } from './measured.ts'
import { BEGIN, recorded, stepId, stepInput, turn } from './steps.ts'

/** Machines may be busy; nothing here depends on how long it takes. */
const PATIENCE_MS = 180_000
const SIZES = [500, 20_000] as const
const LIMIT = 50
/** A larger ledger's trees are a level higher: a page more for each look-up, of which a list does one or one a step. */
const LEVELS = { factor: 1.35, pages: 5 }
const ROOM = { factor: 0.15, pages: 3 }

/**
 * Half of the steps are of one long run, the others of short ones. The first 50 are like no other: whoever walks all
 * steps to find them reads far.
 */
function input(n: number): StepInput {
  const oneOf = (kinds: number, every: number) => (n < LIMIT ? 'first' : Math.floor(n / every) % kinds)
  const kind = oneOf(5, 1)
  return stepInput(n, {
    agent_id: `agent-${kind}`,
    model: `model-${oneOf(5, 5)}`,
    model_handle: `handle-${oneOf(5, 2)}`,
    provider_name: `provider-${oneOf(5, 3)}`,
    project_id: `project-${oneOf(5, 4)}`,
    run_id: n % 2 === 0 ? LONG : `run-${Math.floor(n / 100)}`,
    trace_id: `trace-${Math.floor(n / LIMIT)}`,
    tags: ['all', `tag-${kind}`],
    messages: turn(n, 400),
    ...(kind === 'first' && { status: 'failed', stop_reason: 'error', error_type: 'Timeout', feedback: 'positive' }),
    ...(kind === 2 && { feedback: 'negative' }),
  })
}

const LONG = 'long'
const timeOf = (n: number) => (BEGIN + n * 1000) * 1000

interface Case {
  name: string
  /** Reads a ledger of so many steps; resolves with how many things were found. */
  read: (reader: StepReader, steps: number) => Promise<number>
  found: number
  /** Pages at 20,000 steps. */
  figures: Figures
  /** How many more of them there may be than at 500. */
  more?: number
}

type Figures = readonly [sqlite: number, postgres: number]
type Given = (steps: number) => StepFilters

/** Where two indexes could be walked, entries of both are counted: up to 1,000, on pages of their own. */
const COUNTED = 50

function steps(name: string, filters: Given, figures: Figures, own: Partial<Page> & { more?: number } = {}): Case {
  const { more = 0, ...page } = own
  const whole: Page = { order: 'desc', limit: LIMIT, ...page }
  const read = async (reader: StepReader, count: number) =>
    (await reader.listSteps({ project, filters: filters(count), page: whole })).length
  return { name: `steps: ${name}`, read, found: whole.limit, figures, more }
}

function runs(name: string, filters: RunFilters, figures: Figures): Case {
  const page: Page = { order: 'desc', limit: 2 }
  const read = async (reader: StepReader) => (await reader.listRuns({ project, filters, page })).length
  return { name: `runs: ${name}`, read, found: page.limit, figures }
}

/** Does not compile without a list for each filter. */
const FILTERS: Record<StepFilterName, readonly [Given, Figures]> = {
  start_date: [(count) => ({ start_date: timeOf(count - 200) }), [13, 11]],
  end_date: [(count) => ({ end_date: timeOf(count - 200) }), [13, 11]],
  model: [() => ({ model: 'model-first' }), [13, 12]],
  agent_id: [() => ({ agent_id: 'agent-first' }), [13, 12]],
  trace_ids: [() => ({ trace_ids: ['trace-0'] }), [13, 11]],
  feedback: [() => ({ feedback: 'positive' }), [12, 11]],
  has_feedback: [() => ({ has_feedback: true }), [40, 38]],
  tags: [() => ({ tags: ['tag-first'] }), [16, 16]],
  project_id: [() => ({ project_id: 'project-first' }), [13, 12]],
  match_all_tags: [() => ({ tags: ['tag-first', 'all'], match_all_tags: true }), [18, 216]],
  run_id: [() => ({ run_id: 'run-0' }), [21, 19]],
  status: [() => ({ status: 'failed' }), [11, 9]],
  stop_reason: [() => ({ stop_reason: 'error' }), [13, 12]],
  provider_name: [() => ({ provider_name: 'provider-first' }), [13, 12]],
  model_handle: [() => ({ model_handle: 'handle-first' }), [13, 12]],
  error_type: [() => ({ error_type: 'Timeout' }), [11, 9]],
}

const CASES: readonly Case[] = [
  steps('all', () => ({}), [13, 11]),
  ...Object.entries(FILTERS).map(([name, [filters, figures]]) => steps(name, filters, figures)),
  { ...steps('of nobody', () => ({ agent_id: 'nobody' }), [3, 3]), found: 0 },
  steps('a busy agent', () => ({ agent_id: 'agent-3' }), [42, 39]),
  steps('status success', () => ({ status: 'success' }), [13, 11]),
  steps('has_feedback false', () => ({ has_feedback: false }), [15, 13]),
  steps('two traces', () => ({ trace_ids: ['trace-2', 'trace-3'] }), [18, 21]),
  steps('two tags', () => ({ tags: ['tag-2', 'tag-3'] }), [29, 30]),
  steps('oldest first', () => ({}), [13, 10], { order: 'asc' }),
  steps('behind a cursor', () => ({}), [17, 14], { after: stepId(250) }),
  steps('before a cursor', () => ({ agent_id: 'agent-3' }), [40, 29], { before: stepId(250), limit: 30 }),
  steps('agent_id and model', () => ({ agent_id: 'agent-3', model: 'model-3' }), [63, 84], {
    limit: 10,
    more: COUNTED,
  }),
  steps('agent_id and tags', () => ({ agent_id: 'agent-3', tags: ['tag-3'] }), [39, 58], { limit: 10, more: COUNTED }),
  steps('of the long run', () => ({ run_id: LONG }), [20, 19]),
  runs('all', {}, [6, 4]),
  runs('agent_id', { agent_id: 'agent-1' }, [6, 5]),
  runs('status', { statuses: ['completed'] }, [6, 5]),
  {
    name: 'the long run',
    read: async (reader) => ((await reader.getRun(project, LONG)) ? 1 : 0),
    found: 1,
    figures: [4, 2],
  },
  ...(['asc', 'desc'] as const).map((order): Case => ({
    name: `messages of the long run, ${order}`,
    read: async (reader) => (await reader.listRunMessages(project, LONG, { order, limit: LIMIT })).length,
    found: LIMIT,
    figures: [71, 216],
    // Each message is looked up by its id, which lies anywhere.
    more: LIMIT,
  })),
  {
    name: 'a step',
    read: async (reader) => ((await reader.getStep(project, stepId(250))) ? 1 : 0),
    found: 1,
    figures: [6, 4],
  },
  {
    name: 'tags',
    read: async (reader) => (await reader.listTags({ project, page: { order: 'asc', limit: 6 } })).length,
    found: 6,
    figures: [13, 25],
  },
]

describe.skipIf(!pagesCanBeCounted)('pages', () => {
  const ledgers = new Map<number, MeasuredLedger>()
  beforeAll(async () => {
    for (const size of SIZES) ledgers.set(size, await filled(size))
  }, PATIENCE_MS)
  afterAll(async () => {
    for (const ledger of ledgers.values()) await ledger.destroy()
  })

  test.each(CASES)('$name', async ({ read, found, figures: [sqlite, postgres], more = 0 }) => {
    const counts: number[] = []
    for (const [size, ledger] of ledgers) {
      let rows = -1
      counts.push(await ledger.pagesRead(async (reader) => (rows = await read(reader, size))))
      expect(rows).toBe(found)
    }
    const [small = 0, large = 0] = counts
    const what = `${small} pages at ${SIZES[0]} steps, ${large} at ${SIZES[1]}`
    expect(large, what).toBeLessThanOrEqual(small * LEVELS.factor + LEVELS.pages + more)
    const figure = { sqlite, postgres }[engine]
    expect(large, what).toBeLessThanOrEqual(figure * (1 + ROOM.factor) + ROOM.pages)
    expect(large, what).toBeGreaterThanOrEqual(figure * (1 - ROOM.factor) - ROOM.pages)
  })
})

async function filled(steps: number): Promise<MeasuredLedger> {
  const ledger = await startMeasured()
  for (let n = 0; n < steps; n += 500) {
    const changes = Array.from({ length: 500 }, (_, i) => recorded(input(n + i)))
    await ledger.store.write.write(project, changes)
  }
  await ledger.settle()
  return ledger
}
