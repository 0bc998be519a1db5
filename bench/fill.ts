/** Ledgers of a given size, through the real write path. */
import { normalise } from '../src/domain/normalise.ts'
import { checkStepInput } from '../src/schema/step-input.ts'
import { openStore, type StoreAddress } from '../src/store/open.ts'
import { DEFAULT_PROJECT } from '../src/store/store.ts'
import { workload } from './workload.ts'

const BATCH = 500

/** Makes a ledger with `count` steps. @param onProgress is told how many there are */
export async function fillLedger(
  address: StoreAddress,
  count: number,
  onProgress: (done: number) => void,
): Promise<void> {
  const store = await openStore(address)
  const steps = workload({ seed: 7, agents: 2000, from: 1.77e15 })
  let previous: Promise<unknown> = Promise.resolve()
  for (let done = 0; done < count; done += BATCH) {
    const changes = Array.from({ length: Math.min(BATCH, count - done) }, () => {
      const input = { ...checkStepInput(steps.next().value, []), project_id: `project-${done % 3}` }
      return { kind: 'record' as const, ...normalise(input, null) }
    })
    // One batch is being written while the next one is made.
    await previous
    previous = store.write.write(DEFAULT_PROJECT, changes)
    onProgress(done + changes.length)
  }
  await previous
  await store.close()
}
