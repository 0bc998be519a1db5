/** `stepledger projects create | list` */
import { LedgerError } from '../domain/errors.ts'
import { newId } from '../domain/id.ts'
import { formatMicros, nowMicros } from '../domain/time.ts'
import { DEFAULT_PROJECT, type Project } from '../store/store.ts'
import { UsageError } from './errors.ts'
import { withLedger } from './local-ledger.ts'
import { settingsOf, type LedgerOptions } from './options.ts'
import { colorsOf, note, print, widthOf } from './output.ts'
import { TablePrinter, type Column } from './table.ts'
import { shortTime } from './value-text.ts'

const SLUG = /^[a-z0-9][a-z0-9._-]{0,62}$/

export type ProjectOptions = LedgerOptions & { json?: boolean }

export async function projectsCreateCommand(slug: string, options: ProjectOptions): Promise<void> {
  if (!SLUG.test(slug)) {
    throw new UsageError(
      `SLUG: must be 1 to 63 small letters, digits, '.', '_' or '-', beginning with a letter or digit, got '${slug}'`,
    )
  }
  if (slug === DEFAULT_PROJECT) throw new UsageError(`SLUG: the project '${DEFAULT_PROJECT}' is always there`)
  const project: Project = { id: newId('project'), slug, created_at: nowMicros() }
  await withLedger(settingsOf(options), { create: true }, async ({ access }) => {
    await access.createProject(project)
    // A slug that is taken is left as it is.
    const kept = await access.findProject(slug)
    if (kept?.id !== project.id) throw new LedgerError('unusable', `There is a project '${slug}' already`)
  })
  await print(options.json ? `${JSON.stringify(presented(project))}\n` : `${project.id}\n`)
  note(`Made project ${slug}. Name it with each call: header X-Project: ${slug}, or --project ${slug}`)
}

export async function projectsListCommand(options: ProjectOptions): Promise<void> {
  const projects = await withLedger(settingsOf(options), { create: false }, (ledger) => ledger.access.listProjects())
  if (options.json) return print(`${JSON.stringify(projects.map(presented), null, 2)}\n`)
  if (projects.length === 0) return note(`There is only the project '${DEFAULT_PROJECT}', which is always there.`)
  await print(new TablePrinter(COLUMNS, widthOf(process.stdout), colorsOf(process.stdout)).page(projects))
}

const COLUMNS: readonly Column<Project>[] = [
  { title: 'SLUG', text: ({ slug }) => slug, paint: (cell, colors) => colors.cyan(cell) },
  { title: 'ID', text: ({ id }) => id },
  { title: 'CREATED (UTC)', text: ({ created_at }) => shortTime(formatMicros(created_at)), spare: 1 },
]

function presented(project: Project): object {
  return { ...project, created_at: formatMicros(project.created_at) }
}
