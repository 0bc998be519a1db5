/**
 * How many bytes a recorded step makes the engine write: into its log, and into each table with its indexes for good.
 *
 * The same steps make the same bytes. The little room around each figure is for other versions of an engine; one more
 * index on steps does not fit in. What leaves it downwards is written down here, so that it stays there.
 */
import { describe, expect, test } from 'vitest'
import type { StepInput } from '../../src/domain/step.ts'
import type { StoreName } from '../support/server.ts'
import { engine } from './counted.ts'
import { bytesWritten, startMeasured, writesCanBeCounted } from './measured.ts'
import { recorded, stepInput, trace, turn } from './steps.ts'

/** Machines may be busy; nothing here depends on how long it takes. */
const PATIENCE_MS = 180_000
const BATCH = 20
const ROOM = { factor: 0.02, bytes: 20 }
/** All that is written while steps are recorded, the log included, as a multiple of the log. */
const MOST_WRITTEN = 1.05

/** What a step takes, in bytes. */
interface Figures {
  /** Written to the log, of which the engine makes the tables later. */
  log: number
  steps: number
  run_messages: number
  contents: number
  /** All tables. */
  all: number
}

interface Load {
  name: string
  count: number
  make: (n: number) => StepInput
  figures: Record<StoreName, Figures>
}

const LOADS: readonly Load[] = [
  {
    name: 'a step with its messages, 1.6 kB of JSON',
    count: 2000,
    make: messagesOnly,
    figures: {
      sqlite: { log: 31_693, steps: 2724, run_messages: 569, contents: 8, all: 3428 },
      postgres: { log: 5129, steps: 3293, run_messages: 1020, contents: 8, all: 4579 },
    },
  },
  {
    name: 'a step with the request that the model got, 13.3 kB of JSON',
    count: 1000,
    make: withRequest,
    figures: {
      sqlite: { log: 34_343, steps: 3383, run_messages: 582, contents: 860, all: 5054 },
      postgres: { log: 7847, steps: 3785, run_messages: 1065, contents: 1786, all: 7070 },
    },
  },
]

/** Twenty runs go on at the same time, of ten agents; a turn of 1,000 bytes a step. */
function messagesOnly(n: number): StepInput {
  const run = Math.floor(n / 400) * 20 + (n % 20)
  return stepInput(n, {
    agent_id: `agent-${run % 10}`,
    run_id: `run-${run}`,
    trace_id: `trace-${run}`,
    model: `model-${run % 5}`,
    model_handle: `provider/model-${run % 5}`,
    provider_name: 'provider',
    tags: n % 3 === 0 ? ['production'] : [],
    messages: turn(n, 1000),
  })
}

/** The request repeats all turns of the run before it. */
function withRequest(n: number): StepInput {
  const place = Math.floor((n % 400) / 20)
  const history = Array.from({ length: place + 1 }, (_, i) => n - (place - i) * 20)
  return { ...messagesOnly(n), provider_trace: trace(history, 1000) }
}

describe.each(LOADS)('$name', ({ count, make, figures }) => {
  test('is written once, and no more', { timeout: PATIENCE_MS }, async () => {
    const ledger = await startMeasured()
    try {
      await ledger.store.write.write('default', [recorded(stepInput(1_000_000))])
      const [before, writtenBefore] = [await ledger.logBytes(), writesCanBeCounted ? bytesWritten() : 0]
      for (let n = 0; n < count; n += BATCH) {
        const inputs = Array.from({ length: BATCH }, (_, i) => make(n + i))
        await ledger.store.write.write('default', inputs.map(recorded))
      }
      const log = (await ledger.logBytes()) - before
      // A statement that SQLite cannot undo by itself (with `returning`, for one) copies pages to a file beside the log.
      if (writesCanBeCounted) expect((bytesWritten() - writtenBefore) / log).toBeLessThan(MOST_WRITTEN)
      const tables = await ledger.tableBytes()
      const all = Object.values(tables).reduce((sum, bytes) => sum + bytes, 0)
      expectAbout({ log, all, ...tables }, figures[engine], count)
    } finally {
      await ledger.destroy()
    }
  })
})

function expectAbout(found: Readonly<Record<string, number>>, figures: Figures, count: number): void {
  const rounded = Object.fromEntries(Object.keys(figures).map((name) => [name, Math.round((found[name] ?? 0) / count)]))
  for (const [name, figure] of Object.entries(figures)) {
    const what = `${name}, of all bytes a step: ${JSON.stringify(rounded)}`
    expect(rounded[name], what).toBeLessThanOrEqual(figure * (1 + ROOM.factor) + ROOM.bytes)
    expect(rounded[name], what).toBeGreaterThanOrEqual(figure * (1 - ROOM.factor) - ROOM.bytes)
  }
}
