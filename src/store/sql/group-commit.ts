/** Group commit: requests that arrive while others are being written go together; here, or with whoever writes them. */
import { LedgerError } from '../../domain/errors.ts'
import type { ReadyChange, StepMade, StepChange, StepOutcome, TelemetryWrite } from '../store.ts'
import {
  prepare,
  prepareTelemetry,
  telemetryWeight,
  weightOf,
  type PreparedChange,
  type WaitingRequest,
  type WriteRequest,
} from './prepare.ts'
import type { WriteResult } from './write.ts'

/** Steps, and parts of telemetry, in one commit; bounds how long others wait for it. */
const GROUP_STEPS = 2_000
/** Bytes of steps in one commit, of more than one request; bounds the memory that it takes. */
const GROUP_BYTES = 32 * 1024 * 1024

interface Waiter {
  readonly weight: number
  resolve(outcomes: StepMade[]): void
  reject(error: Error): void
}

interface Waiting extends Omit<Waiter, 'weight'> {
  readonly request: WaitingRequest
}

/** Commits requests together: each is applied or refused alone. Rejects when the database as a whole fails. */
export type WriteGroup = (requests: WaitingRequest[]) => Promise<WriteResult[]>

export class GroupCommit {
  private readonly writeGroup: WriteGroup
  private readonly maxWaitingBytes: number
  private waiting: Waiting[] = []
  private weight = 0
  private readonly atOnce: number
  /** The groups that are being written. */
  private readonly groups = new Set<Promise<void>>()

  /**
   * @param maxWaitingBytes how much may wait for its turn; more is refused until there is room
   * @param atOnce how many groups may be written at the same time; Infinity = who writes puts requests together itself
   */
  constructor(writeGroup: WriteGroup, maxWaitingBytes: number, atOnce: number) {
    this.writeGroup = writeGroup
    this.maxWaitingBytes = maxWaitingBytes
    this.atOnce = atOnce
  }

  /**
   * Resolves when the changes are on disk.
   * @throws LedgerError `unavailable` when too much is waiting
   */
  async write(project: string, changes: StepChange[]): Promise<StepOutcome[]> {
    // Only requests with telemetry are answered without rows.
    if (changes.length === 0) return []
    this.refuseWhenFull()
    return this.commitSoon(project, changes.map(prepare), undefined) as Promise<StepOutcome[]>
  }

  /** The same for what telemetry says; what is kept of it is written with it. */
  async derive(project: string, changes: ReadyChange[], telemetry: TelemetryWrite): Promise<StepMade[]> {
    const isNothing = changes.length + telemetry.parts.length + telemetry.counts.length === 0
    if (isNothing) return []
    this.refuseWhenFull()
    // Made ready by `prepare`, as every store's changes are that writes with this.
    return this.commitSoon(project, changes as PreparedChange[], prepareTelemetry(telemetry))
  }

  private commitSoon(
    project: string,
    changes: PreparedChange[],
    telemetry: TelemetryWrite | undefined,
  ): Promise<StepMade[]> {
    const kept = telemetry ? telemetryWeight(telemetry) : 0
    const weight = changes.reduce((sum, change) => sum + weightOf(change), kept)
    return new Promise((resolve, reject) => {
      this.weight += weight
      this.waiting.push({ request: { project, changes, telemetry, weight }, resolve, reject })
      this.startGroup()
    })
  }

  /** Resolves when everything that was accepted has been written. */
  async finished(): Promise<void> {
    while (this.groups.size > 0) await Promise.all(this.groups)
  }

  private refuseWhenFull(): void {
    if (this.weight < this.maxWaitingBytes) return
    const mib = Math.round(this.maxWaitingBytes / 2 ** 20)
    throw new LedgerError('unavailable', `More than ${mib} MiB wait to be written (max-waiting-bytes). Try again soon`)
  }

  private startGroup(): void {
    if (this.groups.size >= this.atOnce || this.waiting.length === 0) return
    const group = this.waiting.splice(0, groupLength(this.waiting.map(({ request }) => request)))
    const results = this.writeGroup(group.map(({ request }) => request))
    const waiters = group.map(({ request, resolve, reject }) => ({ weight: request.weight, resolve, reject }))
    const written = this.settle(results, waiters).finally(() => {
      this.groups.delete(written)
      this.startGroup()
    })
    this.groups.add(written)
  }

  /** Does without the requests: what another thread has got need not grow old in this one's memory until it is written. */
  private async settle(written: Promise<WriteResult[]>, waiters: readonly Waiter[]): Promise<void> {
    try {
      for (const [i, result] of (await written).entries()) {
        if ('error' in result) waiters[i]?.reject(result.error)
        else waiters[i]?.resolve(result.outcomes)
      }
    } catch (error) {
      for (const { reject } of waiters) reject(error as Error)
    }
    for (const { weight } of waiters) this.weight -= weight
  }
}

/** How many of these requests, from the first on, go into one commit. */
export function groupLength(waiting: readonly WaitingRequest[]): number {
  let steps = 0
  let bytes = 0
  let count = 0
  for (const { changes, telemetry, weight } of waiting) {
    steps += changes.length + (telemetry?.parts.length ?? 0)
    bytes += weight
    if (count > 0 && (steps > GROUP_STEPS || bytes > GROUP_BYTES)) break
    count++
  }
  return count
}

/**
 * Writes a group in one transaction. When the database refuses it for what one of the requests holds, each is written
 * alone, so that only that one fails; when the database as a whole fails, all fail at once, because trying them one by
 * one would make the last one wait for all the others' time-outs.
 * @param transaction applies requests in a transaction of their own
 */
export async function commitGroup(
  requests: readonly WriteRequest[],
  transaction: (requests: readonly WriteRequest[]) => Promise<WriteResult[]>,
  isDatabaseFailure: (error: Error) => boolean,
): Promise<WriteResult[]> {
  try {
    return await transaction(requests)
  } catch (error) {
    if (isDatabaseFailure(error as Error)) throw error
    if (requests.length === 1) return [{ error: error as Error }]
    const results: WriteResult[] = []
    for (const request of requests) results.push(...(await commitGroup([request], transaction, isDatabaseFailure)))
    return results
  }
}
