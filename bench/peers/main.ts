/**
 * `npm run bench:peers`: the same work on Stepledger and on others that keep what agents did, in one run on one machine.
 * `--only phoenix` or `--only letta`; `--quick` for ledgers of 10 thousand only and short recordings, `--large` for a million as well.
 * See docs/peers.md.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { oneOf, parse } from '../arguments.ts'
import { Places } from '../places.ts'
import { atEnd, cleanUp } from './cleanup.ts'
import { againstLetta, againstPhoenix } from './compare.ts'
import { measureLedger, type LedgerFigures, type Sizes } from './ledger.ts'
import { measureLetta } from './letta.ts'
import { measurePhoenix } from './phoenix.ts'
import { recordedRequests } from './recorded.ts'
import { print, type Comparison } from './table.ts'
import { programsOf } from './venv.ts'

/** As it comes; measured once. */
let onSqlite: Promise<LedgerFigures> | undefined
const asItComes = () => (onSqlite ??= measureLedger('sqlite', places, sizes, recorded))

const compare = {
  phoenix: async () => {
    const theirs = await measurePhoenix(places.directory, sizes, recorded)
    return againstPhoenix(await asItComes(), theirs)
  },
  letta: async () => {
    const theirs = await measureLetta(places, sizes)
    const ours = await measureLedger('postgres', places, sizes, recorded)
    return againstLetta(ours, await asItComes(), theirs)
  },
}
const PEERS = Object.keys(compare) as (keyof typeof compare)[]

const HELP = `npm run bench:peers [-- --only phoenix|letta --quick --large --recordings PATH…]

  --only       one of them (both)
  --quick      ledgers of 10 thousand and short recordings, to see it work
  --large      a million steps as well
  --recordings files or directories whose bytes on disk are measured (the demo's)

Installs what it compares with into .bench-venv (2 GB, once) and writes reports/bench-peers.json; see docs/peers.md.`

const { values } = parse({
  options: {
    only: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
    quick: { type: 'boolean', default: false },
    large: { type: 'boolean', default: false },
    /** Files or directories, of which the bytes on disk are measured; the demo's when nothing is said. */
    recordings: { type: 'string', multiple: true },
  },
})
if (values.help) {
  console.log(HELP)
  process.exit()
}
const chosen = PEERS.filter((peer) => values.only === undefined || values.only === peer)
if (values.only !== undefined) oneOf('--only', [values.only], PEERS)
const sizes: Sizes = values.quick
  ? { requests: { ours: 10, theirs: 2 }, lists: [10_000] }
  : { requests: { ours: 40, theirs: 10 }, lists: [10_000, 100_000, ...(values.large ? [1_000_000] : [])] }

const recorded = await recordedRequests(values.recordings)
const places = new Places()
atEnd(() => places.remove())
const machine = { processors: cpus().length, processor: cpus()[0]?.model, node: process.version, load: loadavg() }
const comparisons: Comparison[] = []
try {
  // What cannot be installed is said before much is measured.
  for (const peer of chosen) await programsOf(peer)
  for (const peer of chosen) {
    const comparison = await compare[peer]()
    print(comparison)
    comparisons.push(comparison)
    mkdirSync('reports', { recursive: true })
    writeFileSync('reports/bench-peers.json', `${JSON.stringify({ machine, sizes, comparisons }, null, 2)}\n`)
  }
} finally {
  await cleanUp()
}
