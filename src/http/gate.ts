interface Sending {
  readonly destroyed: boolean
  once(event: 'close', listener: () => void): unknown
}

/** Counts requests in flight, and lets a closing server finish them while it refuses new ones. */
export class Gate {
  private inFlight = 0
  private emptied: (() => void) | undefined
  /** Once true, new work is refused. */
  closing = false

  /**
   * Runs work that a closing server finishes.
   * @param sending Node's response: the work is in flight until the system has taken all of the answer, because Node counts
   *   a connection as idle before that, and would cut the answer off.
   */
  async pass<T>(work: () => Promise<T>, sending?: Sending): Promise<T> {
    this.inFlight++
    const end = () => {
      this.inFlight--
      if (this.inFlight === 0) this.emptied?.()
    }
    const isOpen = sending !== undefined && !sending.destroyed
    if (isOpen) sending.once('close', end)
    try {
      return await work()
    } finally {
      if (!isOpen) end()
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
