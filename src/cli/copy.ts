/** `stepledger copy --from LEDGER --to LEDGER` */
import { variableNamed } from '../config/load.ts'
import type { Settings } from '../config/settings.ts'
import { copyLedger, type CopyReport, type ProjectReport } from '../copy/copy.ts'
import type { Tally } from '../copy/check.ts'
import { addressOf } from '../open-ledger.ts'
import { describeAddress } from '../store/open.ts'
import { EXIT, UsageError, type ExitCode } from './errors.ts'
import { withLedger } from './local-ledger.ts'
import { settingsOf } from './options.ts'
import { colorsOf, complain, count, counted, note, plain, print, widthOf } from './output.ts'
import { copyBar } from './progress.ts'
import { TablePrinter, type Column } from './table.ts'

export interface CopyOptions {
  from: string
  to: string
  logLevel?: string
  json?: boolean
}

/** Copies, tells what each side holds then, and fails when they differ. */
export async function copyCommand(options: CopyOptions): Promise<ExitCode> {
  const [from, to] = [ledgerAt('--from', options.from, options), ledgerAt('--to', options.to, options)]
  const isSame = (['data-dir', 'database-url'] as const).every((name) => from.settings[name] === to.settings[name])
  if (isSame) throw new UsageError(`--from and --to name the same ledger: ${from.place}`)
  const report = await copyBetween(from.settings, to.settings)
  if (options.json) await print(`${JSON.stringify({ from: from.place, to: to.place, ...report }, null, 2)}\n`)
  else await tell(report)
  complainOf(report)
  return report.equal ? EXIT.ok : EXIT.failed
}

function copyBetween(from: Settings, to: Settings): Promise<CopyReport> {
  // The source first: a mistyped one must not leave an empty target behind.
  return withLedger(from, { create: false }, (source) =>
    withLedger(to, { create: true }, async (target) => {
      const bar = copyBar()
      try {
        return await copyLedger(source, target, bar.update)
      } finally {
        bar.stop()
      }
    }),
  )
}

/** A ledger as a flag names it, with all settings but its place as they are elsewhere. */
function ledgerAt(flag: string, text: string, { logLevel }: CopyOptions): { settings: Settings; place: string } {
  const named = /^env:(.*)$/s.exec(text)?.[1]
  const given = named === undefined ? text : variableNamed(named)
  if (given === undefined) throw new UsageError(`${flag}: there is no variable '${named}' in the environment`)
  if (named === undefined && variableNamed(given) !== undefined) {
    throw new UsageError(`${flag}: ${given} is a variable of the environment; for what it holds write env:${given}`)
  }
  const isUrl = /^\w+:\/\//.test(given)
  // What is wrong with an address is not repeated: it may hold a password.
  if (given === '' || (isUrl && !(/^postgres(ql)?:/.test(given) && URL.canParse(given)))) {
    throw new UsageError(`${flag}: must be a directory, postgres://user@host:5432/database, or env:NAME`)
  }
  const settings = settingsOf({
    [isUrl ? 'databaseUrl' : 'dataDir']: given,
    ...(logLevel !== undefined && { logLevel }),
  })
  return { settings, place: describeAddress(addressOf(settings)) }
}

interface Line extends Tally {
  project: string
  side: string
}

const COLUMNS: readonly Column<Line>[] = [
  { title: 'PROJECT', text: ({ project }) => project, paint: (cell, colors) => colors.cyan(cell) },
  { title: 'LEDGER', text: ({ side }) => side },
  { title: 'STEPS', text: ({ steps }) => count(steps), align: 'right' },
  { title: 'RUNS', text: ({ runs }) => count(runs), align: 'right' },
  { title: 'TAGS', text: ({ tags }) => count(tags), align: 'right' },
  { title: 'MESSAGES', text: ({ messages }) => count(messages), align: 'right' },
  { title: 'CONTENT', text: ({ fingerprint }) => fingerprint },
]

async function tell({ projects, access, equal }: CopyReport): Promise<void> {
  const lines = projects.flatMap(({ project, source, target }) => [
    { project, side: 'from', ...source },
    { project, side: 'to', ...target },
  ])
  await print(new TablePrinter(COLUMNS, widthOf(process.stdout), colorsOf(process.stdout)).page(lines))
  for (const { project, resumedAfter, onlyInTarget } of projects) {
    if (resumedAfter !== null) note(`Project ${project}: went on after ${resumedAfter}, which both had`)
    if (onlyInTarget > 0) note(`Project ${project}: ${counted(onlyInTarget, 'step')} only in the target`)
  }
  const sum = (key: 'created' | 'merged') => projects.reduce((all, project) => all + project[key], 0)
  note(
    `Copied ${counted(sum('created'), 'new step')}, ${count(sum('merged'))} merged; ` +
      `${counted(access.projects.copied, 'new project')}, ${counted(access.keys.copied, 'new API key')}`,
  )
  if (equal) note('Every step was read back from both sides: the target holds all that the source holds')
}

function complainOf({ projects, access }: CopyReport): void {
  for (const difference of access.differences) complain(plain(`API key ${difference}`))
  const differing = projects.filter(({ differences }) => differences > 0)
  for (const project of differing) complain(plain(sentenceOf(project)))
  if (differing.length > 0) note('If something was written meanwhile, stop it and start the same copy again.')
}

function sentenceOf({ project, differences, first }: ProjectReport): string {
  return differences === 1
    ? `Project ${project}: ${first}`
    : `Project ${project}: ${counted(differences, 'difference')}, the first: ${first}`
}
