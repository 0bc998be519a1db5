/**
 * `npm run bench [-- PART…]`: figures as ratios to what this machine could do, measured in the same run.
 * Parts: record, otlp, orphans, page, filters, storage, start. `--steps N` sets the size of the large ledger (default 1,000,000),
 * `--engine sqlite` or `--engine postgres` chooses one.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { SingleBar } from 'cli-progress'
import type { StoreAddress } from '../src/store/open.ts'
import { fillFromLoad } from './fill.ts'
import { benchFilters, benchPage } from './list.ts'
import { benchRecord } from './record.ts'
import { benchOrphans, benchOtlp } from './otlp.ts'
import { ENGINES, onServer, Places, type Engine } from './places.ts'
import { print, type Figure } from './report.ts'
import { benchStart } from './start.ts'
import { benchStorage } from './storage.ts'

const SMALL = 10_000
const PARTS = ['record', 'otlp', 'orphans', 'page', 'filters', 'storage', 'start'] as const
type Part = (typeof PARTS)[number]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    steps: { type: 'string', default: '1000000' },
    engine: { type: 'string', multiple: true, default: [...ENGINES] },
    /** Files or directories for `storage`. */
    recordings: { type: 'string', multiple: true, default: ['demo/recordings'] },
  },
})
const chosen = (positionals.length > 0 ? positionals : PARTS) as readonly Part[]
const engines = values.engine as Engine[]
const known: readonly string[] = [...PARTS, ...ENGINES]
const unknown = [...chosen, ...engines].filter((word) => !known.includes(word))
if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(', ')}; there are ${known.join(', ')}`)

const places = new Places()
try {
  const figures: (Figure & { engine?: Engine })[] = []
  const part = async (name: Part, engine: Engine | undefined, run: () => Promise<Figure[]>) => {
    if (!chosen.includes(name)) return
    const found = await run()
    print(engine ? `${name} on ${engine}` : name, found)
    figures.push(...found.map((figure) => ({ ...figure, ...(engine && { engine }) })))
  }
  await part('start', undefined, () => benchStart())
  await part('storage', undefined, () => benchStorage(values.recordings))
  for (const engine of engines) {
    const ledgers = new Map<number, StoreAddress>()
    await part('record', engine, () => benchRecord(engine, places))
    await part('otlp', engine, () => benchOtlp(engine, places))
    await part('orphans', engine, async () => benchOrphans(await places.make(engine), 1_000_000))
    await part('page', engine, async () => benchPage(await ledgerOf(engine, SMALL, ledgers)))
    await part('filters', engine, async () =>
      benchFilters(await ledgerOf(engine, SMALL, ledgers), await ledgerOf(engine, Number(values.steps), ledgers)),
    )
  }
  mkdirSync('reports', { recursive: true })
  const listed = figures.map((figure) => ({ ...figure, latencies: undefined }))
  writeFileSync('reports/bench.json', `${JSON.stringify(listed, null, 2)}\n`)
} finally {
  await places.remove()
}

/** A ledger with so many steps, made once. */
async function ledgerOf(engine: Engine, steps: number, made: Map<number, StoreAddress>): Promise<StoreAddress> {
  const known = made.get(steps)
  if (known !== undefined) return known
  const address = await places.make(engine)
  const bar = new SingleBar({ format: 'making {total} steps {bar} {percentage}% {eta_formatted} left' })
  bar.start(steps, 0)
  await fillFromLoad(address, { steps, seed: 7 }, (done) => bar.update(done))
  bar.stop()
  // What autovacuum would do within a minute or so.
  if ('url' in address) await onServer(address.url, 'vacuum analyze')
  made.set(steps, address)
  return address
}
