/** One writes while the next one is read, however heavy they are. */
const AT_LEAST = 2

/** How much is worked on at the same time; the rest waits, in the order in which it came. */
export class Admission {
  private readonly most: number
  private inside = 0
  private count = 0
  private readonly waiting: { weight: number; enter: () => void }[] = []

  /** @param most weight that may be inside together, if they are more than two */
  constructor(most: number) {
    this.most = most
  }

  async run<T>(weight: number, work: () => Promise<T>): Promise<T> {
    if (this.waiting.length > 0 || !this.fits(weight)) {
      await new Promise<void>((enter) => this.waiting.push({ weight, enter }))
    } else this.enter(weight)
    try {
      return await work()
    } finally {
      this.inside -= weight
      this.count--
      this.admit()
    }
  }

  private enter(weight: number): void {
    this.inside += weight
    this.count++
  }

  private fits(weight: number): boolean {
    return this.count < AT_LEAST || this.inside + weight <= this.most
  }

  private admit(): void {
    for (let next = this.waiting[0]; next && this.fits(next.weight); next = this.waiting[0]) {
      this.waiting.shift()
      // Counted here, so that nobody who comes in between takes its place.
      this.enter(next.weight)
      next.enter()
    }
  }
}
