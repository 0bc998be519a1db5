/**
 * `npm run bench [-- PART…]`: figures as ratios to what this machine could do, measured in the same run. Prints a table for
 * each part, and writes `reports/bench.json`, `reports/bench.md` (the tables) and `reports/bench.svg`.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Ledgers } from './ledgers.ts'
import { describeMachine, machineText } from './machine.ts'
import type { Part } from './part.ts'
import { PARTS, type PartName } from './parts.ts'
import { drawLists } from './picture.ts'
import { ENGINES, Places, type Engine } from './places.ts'
import { print, toJson, type Figure } from './report.ts'

/** Every list is measured in a ledger of this size, too. */
const SMALL = 10_000

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Sizes of the larger ledgers. */
    steps: { type: 'string', multiple: true, default: ['100000'] },
    engine: { type: 'string', multiple: true, default: [...ENGINES] },
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
const chosen = positionals.length > 0 ? (positionals as PartName[]) : all.filter((name) => !parts[name].onlyNamed)
const engines = values.engine as Engine[]
const sizes = [...new Set([SMALL, ...values.steps.map(Number)])].toSorted((a, b) => a - b)

if (values.help) {
  console.log('npm run bench [-- PART… --steps N… --engine sqlite|postgres --seed N --keep DIR --picture FILE]\n')
  for (const name of all) console.log(`${name.padEnd(12)}${parts[name].about}${parts[name].onlyNamed ? ' *' : ''}`)
  console.log('\n* only when it is named')
  process.exit()
}
const known: readonly string[] = [...all, ...ENGINES]
const unknown = [...chosen, ...engines].filter((word) => !known.includes(word))
if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(', ')}; there are ${known.join(', ')}`)
if (!sizes.every((steps) => Number.isSafeInteger(steps) && steps >= SMALL)) {
  throw new Error(`--steps is a whole number from ${SMALL}`)
}

const keep = values.keep === undefined ? undefined : resolve(values.keep)
const places = new Places(keep)
const started = performance.now()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void places.remove().finally(() => process.exit(1)))
}
try {
  const seed = Number(values.seed)
  const ledgers = new Ledgers(places, { seed, keep })
  const figures: (Figure & { part: PartName; engine: Engine })[] = []
  const texts: string[] = []
  const seconds = () => Math.round((performance.now() - started) / 1000)
  /** After each part, so that one that fails costs nothing but itself. */
  const save = async (measured: readonly Engine[]) => {
    const machine = await describeMachine(measured, places)
    const settings = { parts: chosen, engines, sizes, seed, seconds: seconds() }
    const ledgersOf = sizes.map((steps) => steps.toLocaleString('en')).join(', ')
    const ran = `- ${engines.join(' and ')}; ledgers of ${ledgersOf} steps; seed ${seed}; ${seconds()} seconds in all`
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
        const found = await run({ engine, places, ledgers, sizes, seed, recordings: values.recordings })
        if (found.length === 0) continue
        figures.push(...found.map((figure) => ({ part: name, engine, ...figure })))
        texts.push(print(`${name}, ${engine}`, found, show))
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
