/** Group commit: while one group is being written, the requests that arrive wait and then go together. */
import { prepare } from '../sql/prepare.ts'
import type { StepChange, StepOutcome } from '../store.ts'
import { fromFailure, type ThreadClient } from './threads.ts'
import type { WriteRequest, WriteResult } from './write-thread.ts'

/** Steps in one commit; bounds how long others wait for it. */
const GROUP_STEPS = 2_000

interface Waiting extends WriteRequest {
  resolve(outcomes: StepOutcome[]): void
  reject(error: Error): void
}

export class GroupCommit {
  private readonly thread: ThreadClient
  private waiting: Waiting[] = []
  private writing = false
  private drained: Promise<void> = Promise.resolve()

  constructor(thread: ThreadClient) {
    this.thread = thread
  }

  /** Resolves when the changes are on disk. */
  write(project: string, changes: StepChange[]): Promise<StepOutcome[]> {
    if (changes.length === 0) return Promise.resolve([])
    const prepared = changes.map(prepare)
    return new Promise((resolve, reject) => {
      this.waiting.push({ project, changes: prepared, resolve, reject })
      if (!this.writing) this.drained = this.drain()
    })
  }

  /** Resolves when everything that was accepted has been written. */
  async finished(): Promise<void> {
    while (this.writing) await this.drained
  }

  private async drain(): Promise<void> {
    this.writing = true
    while (this.waiting.length > 0) {
      const group = this.takeGroup()
      try {
        const requests = group.map(({ project, changes }) => ({ project, changes }))
        const results = await this.thread.call<WriteResult[]>('writeGroup', [requests])
        for (const [i, result] of results.entries()) {
          if ('error' in result) group[i]?.reject(fromFailure(result.error))
          else group[i]?.resolve(result.outcomes)
        }
      } catch (error) {
        for (const { reject } of group) reject(error as Error)
      }
    }
    this.writing = false
  }

  private takeGroup(): Waiting[] {
    let steps = 0
    let count = 0
    for (const { changes } of this.waiting) {
      if (count > 0 && steps + changes.length > GROUP_STEPS) break
      steps += changes.length
      count++
    }
    return this.waiting.splice(0, count)
  }
}
