/** Ledgers of a given size, through the real write path: checked, made normal, written durably; resends and all. */
import { normalise } from '../src/domain/normalise.ts'
import { checkStepInput } from '../src/schema/step-input.ts'
import { openStore, type StoreAddress } from '../src/store/open.ts'
import { DEFAULT_PROJECT, type StepChange } from '../src/store/store.ts'
import { load, type Arrival } from './workload/index.ts'

/** What one transaction takes. */
const BATCH = 500

/** @param onProgress is told how many steps arrived, resends not counted */
export async function fillLedger(
  address: StoreAddress,
  arrivals: Iterable<Arrival>,
  onProgress: (steps: number) => void,
): Promise<void> {
  const store = await openStore(address)
  let previous: Promise<unknown> = Promise.resolve()
  let changes: StepChange[] = []
  let steps = 0
  const send = async () => {
    // One batch is being written while the next one is made.
    await previous
    previous = store.write.write(DEFAULT_PROJECT, changes)
    changes = []
    onProgress(steps)
  }
  try {
    for (const arrival of arrivals) {
      if (arrival.kind === 'step' && !arrival.again) steps++
      changes.push(changeOf(arrival))
      if (changes.length === BATCH) await send()
    }
    await send()
    await previous
  } finally {
    await store.close()
  }
}

/** A new ledger of so many steps. */
export function fillFromLoad(
  address: StoreAddress,
  { steps, seed }: { steps: number; seed: number },
  onProgress: (steps: number) => void,
): Promise<void> {
  return fillLedger(address, load({ seed, steps }), onProgress)
}

function changeOf(arrival: Arrival): StepChange {
  if (arrival.kind === 'step') return { kind: 'record', ...normalise(checkStepInput(arrival.step, []), null) }
  const { id, feedback, tags } = arrival
  return { kind: 'feedback', id, feedback, addTags: tags }
}
