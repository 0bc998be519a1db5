/** The groups that went on lately, so that the next part of a trace need not be read back first. */
import type { StepReader } from '../../../store/store.ts'
import { Group } from './group.ts'
import { decodeContexts } from './part.ts'

/** Bytes of kept text that may stay in memory. */
const MOST_BYTES = 32 * 1024 * 1024
/** Objects take about this many times their text. */
const OBJECT_FACTOR = 4

export class Groups {
  private readonly recent = new Map<string, Group>()
  private weight = 0
  /** For each group the last of those that wait for it. */
  private readonly turns = new Map<string, Promise<void>>()
  private readonly reader: Pick<StepReader, 'getTelemetry'>

  constructor(reader: Pick<StepReader, 'getTelemetry'>) {
    this.reader = reader
  }

  /** Does work on groups that nobody else in this process works on; asked for in one order, so that no two wait in a ring. */
  async alone<T>(project: string, names: readonly string[], work: () => Promise<T>): Promise<T> {
    const releases: (() => void)[] = []
    try {
      for (const key of names.map((name) => keyOf(project, name)).toSorted()) {
        const previous = this.turns.get(key)
        const { promise, resolve } = Promise.withResolvers<void>()
        this.turns.set(key, promise)
        releases.push(() => {
          if (this.turns.get(key) === promise) this.turns.delete(key)
          resolve()
        })
        await previous
      }
      return await work()
    } finally {
      for (const release of releases) release()
    }
  }

  /** The groups as this process knows them, or as they are in the ledger. */
  async load(project: string, names: readonly string[]): Promise<Map<string, Group>> {
    const found = new Map<string, Group>()
    const unknown: string[] = []
    for (const name of names) {
      const recent = this.recent.get(keyOf(project, name))
      if (recent) found.set(name, recent)
      else unknown.push(name)
    }
    if (unknown.length === 0) return found
    const parts = Map.groupBy(await this.reader.getTelemetry(project, unknown), ({ group }) => group)
    for (const name of unknown) {
      const own = (parts.get(name) ?? []).toSorted((a, b) => a.part - b.part)
      const decoded = own.map(({ part, contexts }) => ({ part, ...decodeContexts(contexts) }))
      found.set(name, Group.of(project, name, decoded))
    }
    return found
  }

  /** Keeps what was written; the groups that were used least lately make room. */
  remember(groups: Iterable<Group>): void {
    for (const group of groups) {
      const key = keyOf(group.project, group.name)
      this.forget(key)
      this.recent.set(key, group)
      this.weight += group.weight * OBJECT_FACTOR
    }
    for (const [key] of this.recent) {
      // The one that was written last stays, however large: the next request is likely to add to it.
      if (this.weight <= MOST_BYTES || this.recent.size === 1) break
      this.forget(key)
    }
  }

  /** Somebody else wrote them, or what was kept of them is gone. */
  forgetAll(project: string, names: readonly string[]): void {
    for (const name of names) this.forget(keyOf(project, name))
  }

  private forget(key: string): void {
    const known = this.recent.get(key)
    if (!known) return
    this.recent.delete(key)
    this.weight -= known.weight * OBJECT_FACTOR
  }
}

const keyOf = (project: string, name: string) => `${project}\0${name}`
