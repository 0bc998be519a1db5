/**
 * Times single requests over one connection and keeps nothing of the answers: what a client makes of them would make it
 * collect garbage, and its pauses would be told as the server's.
 */
import { connect, type Socket } from 'node:net'

export interface Timed {
  /** From sending until the last byte has come. */
  ms: number
  /** Of the answer's body. */
  bytes: number
  /** Status line and headers. */
  head: string
}

const HEAD_END = '\r\n\r\n'
/** Ours have some hundred bytes. */
const MOST_HEAD = 2048

export class Stopwatch {
  private readonly buffer = Buffer.allocUnsafeSlow(256 * 1024)
  private socket: Promise<Socket> | undefined
  private waiting: { onBytes(bytes: Buffer): void; onError(error: Error): void } | undefined

  /** @throws Error when the answer is not 200, or does not say its length */
  async get(url: string): Promise<Timed> {
    const { host, hostname, port, pathname, search } = new URL(url)
    this.socket ??= this.open(hostname, Number(port))
    const socket = await this.socket
    const request = `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}${HEAD_END}`
    return new Promise((resolve, reject) => {
      const start = performance.now()
      let head = ''
      let [received, expected]: [number, number | undefined] = [0, undefined]
      const onBytes = (bytes: Buffer) => {
        received += bytes.length
        if (expected === undefined) {
          // Of the body nothing is made: texts of its size would be more garbage than all else.
          head += bytes.toString('latin1', 0, MOST_HEAD)
          const end = head.indexOf(HEAD_END)
          if (end < 0 && head.length < MOST_HEAD) return
          head = head.slice(0, end)
          expected = end + HEAD_END.length + lengthIn(head)
        }
        if (received < expected) return
        const ms = performance.now() - start
        this.waiting = undefined
        if (head.startsWith('HTTP/1.1 200 ')) resolve({ ms, bytes: lengthIn(head), head })
        else reject(new Error(`${url}: ${head}`))
      }
      this.waiting = { onBytes, onError: reject }
      socket.write(request)
    })
  }

  close(): void {
    void this.socket?.then((socket) => socket.destroy())
  }

  private open(host: string, port: number): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const callback = (length: number, buffer: Uint8Array) => {
        this.waiting?.onBytes(Buffer.from(buffer.buffer, buffer.byteOffset, length))
        return true
      }
      const socket = connect({ host, port, noDelay: true, onread: { buffer: this.buffer, callback } })
      const failed = (error: Error) => {
        // Servers close what is idle for long: the next request opens another one.
        this.socket = undefined
        reject(error)
        this.waiting?.onError(error)
        this.waiting = undefined
      }
      socket.once('connect', () => resolve(socket))
      socket.once('error', failed)
      socket.once('close', () => failed(new Error(`${host}:${port} closed the connection`)))
    })
  }
}

/** The value of a header, which is asked for in lower case. */
export function headerIn(head: string, name: string): string | undefined {
  const line = head.split('\r\n').find((each) => each.toLowerCase().startsWith(`${name}:`))
  return line?.slice(name.length + 1).trim()
}

function lengthIn(head: string): number {
  const length = Number(headerIn(head, 'content-length') ?? Number.NaN)
  if (Number.isNaN(length)) throw new Error(`an answer of unknown length: ${head}`)
  return length
}
