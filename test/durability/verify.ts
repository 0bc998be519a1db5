/** Looks into a ledger after its server was killed: everything that was promised, nothing by halves. */
import { expect } from 'vitest'
import { stringifyExact } from '../../src/domain/exact-json.ts'
import { normalise } from '../../src/domain/normalise.ts'
import type { Step } from '../../src/domain/step.ts'
import { checkStepInput } from '../../src/schema/step-input.ts'
import { openStore, type StoreAddress } from '../../src/store/open.ts'
import { decodeStep } from '../../src/store/step-row.ts'
import type { Store } from '../../src/store/store.ts'
import { expectedSteps, type Batch } from './workload.ts'

const PROJECT = 'default'

export interface Verified {
  acknowledged: number
  /** Steps of batches whose answer never came and that are there all the same. */
  kept: number
}

/**
 * @param recorded one list of batches for each recorder, in the order in which they were sent
 * @param durable whether the database writes to disk; a server for tests that never crash need not
 */
export async function verify(
  place: StoreAddress,
  recorded: readonly (readonly Batch[])[],
  { durable } = { durable: true },
): Promise<Verified> {
  const store = await openStore(place)
  try {
    const there = await allSteps(store)
    const stored = recorded.map((batches) => batches.filter((batch) => isThere(batch, there)))
    const expected = new Map(stored.flatMap((batches) => [...expectedSteps(batches)]))
    expect([...there.keys()].filter((id) => !expected.has(id))).toEqual([])
    for (const [id, step] of expected) expect(there.get(id)).toEqual(step)
    await expectRuns(store, [...there.values()])
    await expectTraces(store, stored.flat())
    const findings = await store.diagnose()
    const needed = new Set(['schema', 'integrity', 'runs', ...(durable ? ['durability'] : [])])
    expect(findings.filter(({ check, ok }) => !ok && needed.has(check))).toEqual([])
    return { acknowledged: recorded.flat().filter((batch) => batch.acknowledged).length, kept: there.size }
  } finally {
    await store.close()
  }
}

async function allSteps(store: Store): Promise<Map<string, Step>> {
  const steps = new Map<string, Step>()
  let after: string | undefined
  for (;;) {
    const page = { order: 'asc' as const, limit: 1000, ...(after !== undefined && { after }) }
    const rows = await store.read.listSteps({ project: PROJECT, filters: {}, page })
    for (const row of rows) {
      expect(steps.has(row.id)).toBe(false)
      steps.set(row.id, decodeStep(row))
    }
    after = rows.at(-1)?.id
    if (after === undefined) return steps
  }
}

/** Whether a batch was written: of the steps that it was the first to send, all are there or none. */
function isThere(batch: Batch, there: ReadonlyMap<string, Step>): boolean {
  const own = batch.inputs.slice(0, batch.own).map(({ id }) => there.has(id as string))
  expect(new Set(own).size, 'a batch is written wholly or not at all').toBe(1)
  if (batch.acknowledged) expect(own[0], 'an acknowledged batch is there').toBe(true)
  return own[0] === true
}

async function expectRuns(store: Store, steps: readonly Step[]): Promise<void> {
  for (const [id, own] of Map.groupBy(steps, (step) => step.run_id as string)) {
    const sum = (name: 'prompt_tokens' | 'completion_tokens' | 'total_tokens') =>
      own.reduce((total, step) => total + (step[name] ?? 0), 0)
    expect(await store.read.getRun(PROJECT, id)).toMatchObject({
      num_steps: own.length,
      prompt_tokens: sum('prompt_tokens'),
      completion_tokens: sum('completion_tokens'),
      total_tokens: sum('total_tokens'),
      status: own.some((step) => step.status === 'pending') ? 'running' : 'completed',
    })
  }
}

async function expectTraces(store: Store, batches: readonly Batch[]): Promise<void> {
  for (const input of new Set(batches.flatMap(({ inputs }) => inputs))) {
    if (input.provider_trace == null) continue
    const { traces } = normalise(checkStepInput(input, []), null)
    const [found, ...more] = await store.read.getTraces(PROJECT, input.id as string)
    expect(more).toEqual([])
    expect(found?.request_json).toBe(stringifyExact(traces[0]?.request_json))
    expect(found?.response_json).toBe(stringifyExact(traces[0]?.response_json))
  }
}
