/** `stepledger runs list` */
import type { JsonObject } from '../domain/exact-json.ts'
import { RUN_FILTERS } from '../domain/step-query.ts'
import { RUN_PAGE } from '../out/api/pages.ts'
import { printList, type ListCommandOptions } from './list.ts'
import type { FilterOptions } from './options.ts'
import { listQuery } from './query.ts'
import type { Column } from './table.ts'
import { duration, paintStatus, shortTime, textOf } from './value-text.ts'

export async function runsListCommand(options: ListCommandOptions & FilterOptions): Promise<void> {
  const query = listQuery(RUN_FILTERS, options, RUN_PAGE)
  await printList({ noun: 'run', path: '/v1/runs/', query, columns: COLUMNS }, options)
}

const text = (name: string) => (run: JsonObject) => textOf(run[name])

const COLUMNS: readonly Column[] = [
  {
    title: 'TIME (UTC)',
    text: (run) => shortTime(run.created_at),
    paint: (cell, colors) => colors.dim(cell),
    spare: 3,
  },
  { title: 'ID', text: text('id') },
  { title: 'AGENT', text: text('agent_id'), min: 12, max: 40, spare: 2, paint: (cell, colors) => colors.cyan(cell) },
  { title: 'STATUS', text: text('status'), paint: paintStatus },
  { title: 'STOP REASON', text: text('stop_reason'), spare: 4 },
  { title: 'DURATION', text: (run) => duration(run.total_duration_ns), align: 'right', spare: 5 },
]
