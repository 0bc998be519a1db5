/**
 * Load at a given rate, whatever the answers take: what is late is late for everybody, so latencies count from when a
 * request was due, not from when there was a connection for it.
 */
import { setTimeout as sleep } from 'node:timers/promises'

export interface OpenLoop {
  perSecond: number
  seconds: number
  /** @returns what kind of request it was */
  act(): Promise<string>
}

/** Milliseconds of each kind, and how many a second were answered. */
export async function atRate({
  perSecond,
  seconds,
  act,
}: OpenLoop): Promise<{ taken: Map<string, number[]>; rate: number }> {
  // prettier-ignore
  const taken = new Map<string, number[]>()
  const running = new Set<Promise<void>>()
  const start = performance.now()
  const count = Math.round(perSecond * seconds)
  const one = async (due: number) => {
    const kind = await act()
    const all = taken.get(kind) ?? []
    taken.set(kind, all)
    all.push(performance.now() - due)
  }
  for (let i = 0; i < count; i++) {
    const due = start + (i / perSecond) * 1000
    // A timer rings up to a millisecond late; what is due by then is sent together.
    const early = due - performance.now()
    if (early > 0) await sleep(early)
    const done: Promise<void> = one(due).finally(() => running.delete(done))
    running.add(done)
  }
  await Promise.all(running)
  return { taken, rate: (count / (performance.now() - start)) * 1000 }
}
