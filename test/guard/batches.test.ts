/** What a batch costs: on PostgreSQL as many statements whatever its size, on SQLite as many for each row. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StepInput } from '../../src/domain/step.ts'
import { engine, startCounted, summary, type CountedServer } from './counted.ts'
import { startMeasured } from './measured.ts'
import { recorded, stepInput, turn } from './steps.ts'

const SIZES = [1, 10, 100]

/** Whose steps these are of, and where they go. */
const KINDS: readonly {
  name: string
  own: (n: number, batch: string) => Partial<StepInput>
  /** Statements of a batch, and of each step. */
  sqlite: readonly [batch: number, step: number]
  postgres: number
}[] = [
  { name: 'steps alone', own: () => ({ agent_id: 'a' }), sqlite: [3, 2], postgres: 5 },
  { name: 'with two tags', own: (n) => ({ tags: ['all', `tag-${n % 10}`] }), sqlite: [3, 4], postgres: 6 },
  { name: 'of one run', own: (_, batch) => ({ run_id: batch }), sqlite: [4, 2], postgres: 6 },
  { name: 'each of its own run', own: (n) => ({ run_id: `run-${n}` }), sqlite: [3, 3], postgres: 6 },
  {
    name: 'of one run, with two messages and a tool',
    own: (n, batch) => ({ run_id: batch, messages: turn(n, 200) }),
    sqlite: [5, 4],
    postgres: 8,
  },
]

describe('statements of a batch', () => {
  let server: CountedServer
  beforeAll(async () => {
    server = await startCounted()
    await record([stepInput(0, { tags: ['all'], run_id: 'first', messages: turn(0, 200) })])
  })
  afterAll(() => server.close())

  async function record(inputs: readonly StepInput[]): Promise<void> {
    const response = await fetch(`${server.url}/v1/steps/`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(inputs),
    })
    expect(response.status).toBe(201)
    await response.arrayBuffer()
  }

  test.each(KINDS)('$name', async ({ name, own, ...counts }) => {
    const [batch, step] = engine === 'sqlite' ? counts.sqlite : [counts.postgres, 0]
    for (const size of SIZES) {
      const from = 1_000_000 * (1 + KINDS.findIndex((kind) => kind.name === name)) + 1_000 * size
      const inputs = Array.from({ length: size }, (_, i) => stepInput(from + i, own(from + i, `${name} ${size}`)))
      const executed = await server.during(() => record(inputs))
      expect(executed.length, `statements for ${size}:\n${summary(executed)}`).toBe(batch + step * size)
    }
  })
})

/** On PostgreSQL the second goes alone too; what comes while they are written goes together. */
test('requests that come at once share a commit', async () => {
  const ledger = await startMeasured()
  try {
    await ledger.store.write.write('default', [recorded(stepInput(0))])
    const before = await ledger.commits()
    const batches = [Array.from({ length: 1000 }, (_, i) => 1 + i), ...Array.from({ length: 50 }, (_, i) => [2000 + i])]
    await Promise.all(
      batches.map((ids) => ledger.store.write.write('default', ids.map((id) => recorded(stepInput(id))))), // prettier-ignore
    )
    expect((await ledger.commits()) - before).toBe({ sqlite: 2, postgres: 3 }[engine])
  } finally {
    await ledger.destroy()
  }
})
