/** What will happen, by the time at which it will: a binary heap. */

export interface Due {
  /** Microseconds since 1970. */
  readonly at: number
}

/** At the same time first in, first out. */
export class Queue<T extends Due> {
  private readonly heap: { item: T; order: number }[] = []
  private added = 0

  get size(): number {
    return this.heap.length
  }

  add(item: T): void {
    const entry = { item, order: this.added++ }
    let at = this.heap.push(entry) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (this.isBefore(parent, entry)) break
      this.heap[at] = this.heap[parent] as (typeof this.heap)[0]
      at = parent
    }
    this.heap[at] = entry
  }

  take(): T | undefined {
    const first = this.heap[0]
    const last = this.heap.pop()
    if (first === undefined || last === undefined || this.heap.length === 0) return first?.item
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= this.heap.length) break
      if (child + 1 < this.heap.length && this.isBefore(child + 1, this.heap[child] as typeof last)) child++
      if (!this.isBefore(child, last)) break
      this.heap[at] = this.heap[child] as typeof last
      at = child
    }
    this.heap[at] = last
    return first.item
  }

  private isBefore(at: number, other: { item: T; order: number }): boolean {
    const { item, order } = this.heap[at] as typeof other
    return item.at < other.item.at || (item.at === other.item.at && order < other.order)
  }
}
