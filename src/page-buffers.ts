/**
 * Buffers for pages, each used again once the system has taken its page. A new one for each page would be memory outside of
 * V8's heap that only its collector frees: with some 10 MB of that it begins to mark the whole heap, again and again.
 */

/** Bytes handed out to be sent. */
export interface PageBytes {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** To be called when the bytes have been sent, and not before: others take their place. Without that nothing is lost. */
  readonly sent?: () => void
}

/** Of the smallest buffer; most pages fit. */
const SMALLEST = 512 * 1024
/** What is kept of buffers that nobody uses, in bytes. */
const MOST_KEPT = 16 * 1024 * 1024

export class PageBuffers {
  private readonly free: Buffer<ArrayBuffer>[] = []
  private kept = 0

  /** One of at least so many bytes; what is in it is left from others. */
  take(bytes: number): Buffer<ArrayBuffer> {
    const last = this.free.pop()
    if (last) this.kept -= last.length
    if (last && last.length >= bytes) return last
    // Powers of two, so that pages that grow a little find room in what others left.
    return Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(Math.max(bytes, SMALLEST))))
  }

  giveBack(buffer: Buffer<ArrayBuffer>): void {
    if (this.kept + buffer.length > MOST_KEPT) return
    this.free.push(buffer)
    this.kept += buffer.length
  }
}
