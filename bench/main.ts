/**
 * `npm run bench [-- PART…]`: figures as ratios to what this machine could do, measured in the same run. Prints a table for
 * each part, and writes `reports/bench.json`, `reports/bench.md` (the tables) and `reports/bench.svg`.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Ledgers } from './ledgers.ts'
import { describeMachine, machineText, PACED } from './machine.ts'
import type { Part } from './part.ts'
import { PARTS, type PartName } from './parts.ts'
import { drawLists } from './picture.ts'
import { oneOf, parse, refuse, wholeNumber } from './arguments.ts'
import { ENGINES, Places, type Engine } from './places.ts'
import { print, toJson, type Figure } from './report.ts'
import { ROUNDS } from './turns.ts'

/** Every list is measured in a ledger of this size, too. */
const SMALL = 10_000

const HELP = `npm run bench [-- PART… --steps N… --engine sqlite|postgres --rounds N --seed N --keep DIR --recordings PATH… --picture FILE]

  --steps      sizes of the larger ledgers that are listed (100000; from 10000, which is always measured too)
  --engine     sqlite, postgres or both (both)
  --rounds     how often each read is asked for (${ROUNDS}, at least)
  --seed       of the load (7)
  --keep       a directory in which made ledgers stay, to be found by the next run
  --recordings files or directories whose requests \`storage\` weighs (demo/recordings)
  --picture    where the picture of the lists goes (reports/bench.svg)
  BENCH_DIR    where ledgers are made (the system's temporary directory)

Writes reports/bench.json, reports/bench.md and the picture. Everything takes about ten minutes on two idle cores; a busy
machine shows in the ratios, too. Parts:
`

const { values, positionals } = parse({
  allowPositionals: true,
  options: {
    /** Sizes of the larger ledgers. */
    steps: { type: 'string', multiple: true, default: ['100000'] },
    engine: { type: 'string', multiple: true, default: [...ENGINES] },
    rounds: { type: 'string', default: String(ROUNDS) },
    seed: { type: 'string', default: '7' },
    /** Where made ledgers stay, to be found by the next run. */
    keep: { type: 'string' },
    /** Files or directories for `storage`. */
    recordings: { type: 'string', multiple: true, default: ['demo/recordings'] },
    picture: { type: 'string', default: 'reports/bench.svg' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
const parts: Readonly<Record<PartName, Part>> = PARTS
const all = Object.keys(parts) as PartName[]
if (values.help) {
  console.log(HELP)
  for (const name of all) console.log(`  ${name.padEnd(12)}${parts[name].about}${parts[name].onlyNamed ? ' *' : ''}`)
  console.log('\n* only when it is named')
  process.exit()
}
const chosen = positionals.length > 0 ? oneOf('a part', positionals, all) : all.filter((name) => !parts[name].onlyNamed)
const engines = oneOf('--engine', values.engine, ENGINES)
const sizes = [...new Set([SMALL, ...values.steps.map(wholeNumber('--steps', SMALL))])].toSorted((a, b) => a - b)
const rounds = wholeNumber('--rounds', ROUNDS)(values.rounds)
const seed = wholeNumber('--seed', 0)(values.seed)
const missing = values.recordings.find((path) => !existsSync(path))
if (missing !== undefined) refuse(`--recordings: there is no '${missing}'`)

const keep = values.keep === undefined ? undefined : resolve(values.keep)
const places = new Places(keep)
const started = performance.now()
if (PACED !== null) console.warn(PACED)
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void places.remove().finally(() => process.exit(1)))
}
try {
  const ledgers = new Ledgers(places, { seed, keep })
  const figures: (Figure & { part: PartName; engine: Engine })[] = []
  const texts: string[] = []
  const seconds = () => Math.round((performance.now() - started) / 1000)
  /** After each part, so that one that fails costs nothing but itself. */
  const save = async (measured: readonly Engine[]) => {
    const machine = await describeMachine(measured, places)
    const settings = { parts: chosen, engines, sizes, rounds, seed, seconds: seconds() }
    const ledgersOf = sizes.map((steps) => steps.toLocaleString('en')).join(', ')
    const ran = `- ${engines.join(' and ')}; ledgers of ${ledgersOf} steps; ${rounds} rounds of each read; seed ${seed}; ${seconds()} seconds in all`
    mkdirSync('reports', { recursive: true })
    const report = { machine, settings, figures: figures.map((figure) => toJson(figure)) }
    writeFileSync('reports/bench.json', `${JSON.stringify(report, null, 2)}\n`)
    writeFileSync('reports/bench.md', `## A run\n\n${machineText(machine)}\n${ran}\n\n${texts.join('\n')}`)
    if (figures.some(({ part }) => part === 'list')) writeFileSync(values.picture, drawLists(figures, machine))
  }
  for (const [i, engine] of engines.entries()) {
    for (const name of all.filter((part) => chosen.includes(part))) {
      try {
        const { run, show } = parts[name]
        const before = seconds()
        const found = await run({ engine, places, ledgers, sizes, rounds, seed, recordings: values.recordings })
        if (found.length === 0) continue
        figures.push(...found.map((figure) => ({ part: name, engine, ...figure })))
        texts.push(print(`${name}, ${engine} (${seconds() - before} s)`, found, show))
      } catch (error) {
        console.error(`${name}, ${engine}:`, error)
        process.exitCode = 1
      }
      // A server that no part asked for yet is not started to ask it.
      await save(engines.slice(0, i + 1))
    }
  }
  const picture = figures.some(({ part }) => part === 'list') ? `, picture in ${values.picture}` : ''
  console.log(`${seconds()} seconds; figures in reports/bench.json, tables in reports/bench.md${picture}`)
} finally {
  await places.remove()
}
