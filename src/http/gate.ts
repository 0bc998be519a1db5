/** Counts requests in flight, and lets a closing server finish them while it refuses new ones. */
export class Gate {
  private inFlight = 0
  private emptied: (() => void) | undefined
  /** Once true, new work is refused. */
  closing = false

  /** Runs work that a closing server finishes. */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    this.inFlight++
    try {
      return await work()
    } finally {
      this.inFlight--
      if (this.inFlight === 0) this.emptied?.()
    }
  }

  /** Resolves when nothing is in flight any more, or after `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.closing = true
    if (this.inFlight === 0) return
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.emptied = resolve
      timer = setTimeout(resolve, graceMs)
    })
    clearTimeout(timer)
  }
}
