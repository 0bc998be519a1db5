/** How much is worked on at the same time; the rest waits, in the order in which it came. */
export class Admission {
  private readonly most: number
  private inside = 0
  private readonly waiting: { weight: number; enter: () => void }[] = []

  /** @param most weight that may be inside together; what is heavier goes alone */
  constructor(most: number) {
    this.most = most
  }

  async run<T>(weight: number, work: () => Promise<T>): Promise<T> {
    if (this.waiting.length > 0 || !this.fits(weight)) {
      await new Promise<void>((enter) => this.waiting.push({ weight, enter }))
    } else this.inside += weight
    try {
      return await work()
    } finally {
      this.inside -= weight
      this.admit()
    }
  }

  private fits(weight: number): boolean {
    return this.inside === 0 || this.inside + weight <= this.most
  }

  private admit(): void {
    for (let next = this.waiting[0]; next && this.fits(next.weight); next = this.waiting[0]) {
      this.waiting.shift()
      // Counted here, so that nobody who comes in between takes its place.
      this.inside += next.weight
      next.enter()
    }
  }
}
