/**
 * `npm run bench [-- PART…]`: figures as ratios to what this machine could do, measured in the same run.
 * Parts: record, page, filters, storage, start. `--steps N` sets the size of the large ledger (default 1,000,000).
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { SingleBar } from 'cli-progress'
import { fillLedger } from './fill.ts'
import { benchFilters, benchPage } from './list.ts'
import { benchRecord } from './record.ts'
import { print, type Figure } from './report.ts'
import { temporaryDirectory } from './server.ts'
import { benchStart } from './start.ts'
import { benchStorage } from './storage.ts'

const SMALL = 10_000
const PARTS = ['record', 'page', 'filters', 'storage', 'start'] as const
type Part = (typeof PARTS)[number]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    steps: { type: 'string', default: '1000000' },
    /** Files or directories for `storage`. */
    recordings: { type: 'string', multiple: true, default: ['demo/recordings'] },
  },
})
const chosen = (positionals.length > 0 ? positionals : PARTS) as readonly Part[]
const unknown = chosen.filter((part) => !PARTS.includes(part))
if (unknown.length > 0) throw new Error(`unknown part ${unknown.join(', ')}; there are ${PARTS.join(', ')}`)

const directory = temporaryDirectory()
try {
  const figures: Figure[] = []
  const ledgers = new Map<number, string>()
  const part = async (name: Part, run: () => Promise<Figure[]>) => {
    if (!chosen.includes(name)) return
    const found = await run()
    print(name, found)
    figures.push(...found)
  }
  await part('start', () => benchStart())
  await part('storage', () => benchStorage(values.recordings))
  await part('record', () => benchRecord())
  await part('page', async () => benchPage(await ledgerOf(SMALL, ledgers)))
  await part('filters', async () =>
    benchFilters(await ledgerOf(SMALL, ledgers), await ledgerOf(Number(values.steps), ledgers)),
  )
  mkdirSync('reports', { recursive: true })
  writeFileSync(
    'reports/bench.json',
    `${JSON.stringify(
      figures.map((figure) => ({ ...figure, latencies: undefined })),
      null,
      2,
    )}\n`,
  )
} finally {
  directory.remove()
}

/** A ledger with so many steps, made once. */
async function ledgerOf(steps: number, made: Map<number, string>): Promise<string> {
  const known = made.get(steps)
  if (known !== undefined) return known
  const path = `${directory.path}/${steps}`
  const bar = new SingleBar({ format: 'making {total} steps {bar} {percentage}% {eta_formatted} left' })
  bar.start(steps, 0)
  await fillLedger(path, steps, (done) => bar.update(done))
  bar.stop()
  made.set(steps, path)
  return path
}
