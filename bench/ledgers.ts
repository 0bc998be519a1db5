/** Ledgers of the sizes that parts read: made when they are first asked for, and kept where that is wanted. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { stringifyExact } from '../src/domain/exact-json.ts'
import type { StoreAddress } from '../src/store/open.ts'
import { fillFromLoad } from './fill.ts'
import { databaseOf, onServer, type Engine, type Places } from './places.ts'
import { showProgress } from './progress.ts'
import { load } from './workload/index.ts'

export interface LedgerOptions {
  seed: number
  /** A directory in which ledgers stay, to be found again by engine, size, seed and what the generator makes. */
  keep?: string | undefined
}

export class Ledgers {
  private readonly known = new Map<string, Promise<StoreAddress>>()
  private readonly places: Places
  private readonly options: LedgerOptions

  constructor(places: Places, options: LedgerOptions) {
    this.places = places
    this.options = options
  }

  /** A ledger with so many steps. Whoever asks only reads it. */
  of(engine: Engine, steps: number): Promise<StoreAddress> {
    const key = `${engine} ${steps}`
    const found = this.known.get(key) ?? this.findOrMake(engine, steps)
    this.known.set(key, found)
    return found
  }

  private async findOrMake(engine: Engine, steps: number): Promise<StoreAddress> {
    const { keep, seed } = this.options
    if (keep === undefined) {
      const address = await this.places.make(engine)
      await this.makeSteps(address, steps)
      return address
    }
    // A name for when it is whole, and one until then.
    const name = `ledger_${steps}_${seed}_${fingerprint(seed)}`
    return engine === 'sqlite' ? this.keptFile(join(keep, name), steps) : this.keptDatabase(name, steps)
  }

  private async keptFile(dataDir: string, steps: number): Promise<StoreAddress> {
    if (existsSync(dataDir)) return { dataDir }
    const making = `${dataDir}.making`
    rmSync(making, { recursive: true, force: true })
    mkdirSync(making, { recursive: true })
    await this.makeSteps({ dataDir: making }, steps)
    renameSync(making, dataDir)
    return { dataDir }
  }

  private async keptDatabase(name: string, steps: number): Promise<StoreAddress> {
    const { url } = await this.places.postgres()
    const found = await onServer(url, `select 1 from pg_database where datname = '${name}'`)
    if (found.length > 0) return { url: databaseOf(url, name) }
    const making = await this.places.make('postgres')
    if (!('url' in making)) throw new Error('not a database')
    await this.makeSteps(making, steps)
    await onServer(url, `alter database ${making.url.split('/').at(-1)} rename to ${name}`)
    return { url: databaseOf(url, name) }
  }

  private async makeSteps(address: StoreAddress, steps: number): Promise<void> {
    const { seed } = this.options
    await showProgress(`a ledger of ${steps.toLocaleString('en')} steps`, steps, (onProgress) =>
      fillFromLoad(address, { steps, seed }, onProgress),
    )
    // What autovacuum would do within a minute or so.
    if ('url' in address) await onServer(address.url, 'vacuum analyze')
  }
}

/** What the generator makes of a seed, in short: another one after its tables or logic changed. */
function fingerprint(seed: number): string {
  const hash = createHash('sha256')
  for (const arrival of load({ seed, steps: 500 })) hash.update(stringifyExact(arrival))
  return hash.digest('hex').slice(0, 8)
}
