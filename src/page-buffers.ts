/**
 * Buffers for what is sent, each used again once the system has taken it. A new one for each page would be memory outside of
 * V8's heap that only its collector frees: with some 8 MB of that it begins to mark the whole heap, again and again.
 */

export interface BytesToSend {
  readonly bytes: Uint8Array<ArrayBuffer>
  /**
   * To be called when the bytes have been sent, and not before, because others take their place. If nobody calls it, the
   * buffer is freed like any other.
   */
  readonly sent?: () => void
}

/** Of the smallest buffer; a page of 50 fits, even when each of its characters may take three bytes. */
export const SMALLEST_BUFFER = 1024 * 1024
/** What is kept of buffers that nobody uses, in bytes. */
const MOST_KEPT = 16 * 1024 * 1024

export class PageBuffers {
  /** The smallest first. */
  private readonly free: Buffer<ArrayBuffer>[] = []
  private kept = 0

  /** One of at least so many bytes; what is in it is left from others. */
  take(bytes: number): Buffer<ArrayBuffer> {
    const found = this.free.findIndex(({ length }) => length >= bytes)
    const [buffer] = found < 0 ? [] : this.free.splice(found, 1)
    if (buffer) {
      this.kept -= buffer.length
      return buffer
    }
    // Powers of two, so that pages that grow a little find room in what others left.
    return Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(Math.max(bytes, SMALLEST_BUFFER))))
  }

  giveBack(buffer: Buffer<ArrayBuffer>): void {
    const place = this.free.findIndex(({ length }) => length >= buffer.length)
    this.free.splice(place < 0 ? this.free.length : place, 0, buffer)
    this.kept += buffer.length
    // Large ones are seldom needed, and would take the place of many.
    while (this.kept > MOST_KEPT) this.kept -= this.free.pop()?.length ?? 0
  }
}
