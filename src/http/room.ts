/** Bodies take memory from their first byte until they are answered; together no more than a limit. */
import { LedgerError } from '../domain/errors.ts'

export class Room {
  private readonly limit: number
  private used = 0

  /** @param limit bytes */
  constructor(limit: number) {
    this.limit = limit
  }

  /**
   * Runs work that takes room as it goes and gives it back at its end.
   * @param work is given `take`, which throws LedgerError `unavailable` when there is no room for so many bytes
   */
  async within<T>(work: (take: (bytes: number) => void) => Promise<T>): Promise<T> {
    let taken = 0
    const take = (bytes: number) => {
      if (this.used + bytes > this.limit) {
        throw new LedgerError('unavailable', 'Too much is being received at once; send it again')
      }
      this.used += bytes
      taken += bytes
    }
    try {
      return await work(take)
    } finally {
      this.used -= taken
    }
  }
}
