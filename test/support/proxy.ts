/** The way between a ledger and its database, in the hands of a test: it can be cut, held up, and swallow everything. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/**
 * What becomes of a transaction's end: `before` = the database never hears of it, `after` = it is done but nobody is
 * told, `hold` = the database waits for it.
 */
type AtCommit = 'pass' | 'before' | 'after' | 'hold'

export interface Proxy {
  /** The database's address by this way. */
  readonly url: string
  /** Asked for each commit that passes; `pass` by default. */
  atCommit: () => AtCommit
  /** After how many bytes, in either direction, a new connection is cut; never by default. */
  cutAfter: () => number
  /** Whether new connections pass, or are accepted and then never hear anything. */
  silent: boolean
  /** Connections that are there hear nothing any more, and never will: as behind a firewall that forgot them. */
  forget(): void
  close(): Promise<void>
}

/** As the driver sends it: a simple query. */
const COMMIT = Buffer.from('commit\0')

export async function startProxy(databaseUrl: string): Promise<Proxy> {
  const target = new URL(databaseUrl)
  const ways = new Set<Way>()
  const server = createServer({ noDelay: true }, (client) => {
    const way = new Way(client, proxy)
    ways.add(way)
    client.once('close', () => ways.delete(way))
    if (!proxy.silent) way.open(Number(target.port || 5432), target.hostname)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(databaseUrl)
  url.hostname = '127.0.0.1'
  url.port = String((server.address() as AddressInfo).port)
  const proxy: Proxy = {
    url: url.href,
    atCommit: () => 'pass',
    cutAfter: () => Infinity,
    silent: false,
    forget() {
      for (const way of ways) way.forget()
    },
    async close() {
      for (const way of ways) way.cut()
      server.close()
      await once(server, 'close')
    },
  }
  return proxy
}

/** One connection through the proxy. */
class Way {
  private readonly client: Socket
  private readonly proxy: Proxy
  private upstream: Socket | undefined
  private left: number
  private hears: 'all' | 'nothing' | 'end' = 'all'

  constructor(client: Socket, proxy: Proxy) {
    this.client = client
    this.proxy = proxy
    this.left = proxy.cutAfter()
    // Without a listener a cut connection would end the test.
    client.on('error', () => undefined)
    // What nobody reads would never tell that the other side has gone.
    client.resume()
    client.once('close', () => this.upstream?.destroy())
  }

  open(port: number, host: string): void {
    const upstream = connect({ port, host, noDelay: true })
    this.upstream = upstream
    upstream.on('error', () => undefined)
    upstream.once('close', () => this.hears !== 'nothing' && this.client.destroy())
    this.client.on('data', (data) => this.toDatabase(data, upstream))
    upstream.on('data', (data) => this.toClient(data))
  }

  forget(): void {
    this.hears = 'nothing'
  }

  cut(): void {
    this.client.destroy()
    this.upstream?.destroy()
  }

  private toDatabase(data: Buffer, upstream: Socket): void {
    if (this.hears === 'nothing') return
    if (!data.includes(COMMIT)) return this.pass(data, upstream)
    switch (this.proxy.atCommit()) {
      case 'pass':
        return this.pass(data, upstream)
      case 'before':
        return this.cut()
      case 'hold':
        return this.forget()
      case 'after':
        this.hears = 'end'
        upstream.write(data)
    }
  }

  private toClient(data: Buffer): void {
    // The database answers a commit when it is done.
    if (this.hears === 'end') this.cut()
    if (this.hears === 'all') this.pass(data, this.client)
  }

  private pass(data: Buffer, to: Socket): void {
    const part = data.subarray(0, Math.max(0, Math.min(data.length, this.left)))
    this.left -= data.length
    to.write(part)
    if (this.left <= 0) this.cut()
  }
}
