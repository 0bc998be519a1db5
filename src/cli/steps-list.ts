/** `stepledger steps list` */
import type { JsonObject } from '../domain/exact-json.ts'
import { STEP_FILTERS } from '../domain/step-query.ts'
import { STEP_PAGE } from '../out/api/pages.ts'
import { answerOf } from './message-text.ts'
import { printList, type ListCommandOptions } from './list.ts'
import type { FilterOptions } from './options.ts'
import { count, type Colors } from './output.ts'
import { listQuery } from './query.ts'
import type { Column } from './table.ts'
import { paintStatus, shortTime, textOf } from './value-text.ts'

export type StepsListOptions = ListCommandOptions & FilterOptions & { messages?: boolean }

export async function stepsListCommand(options: StepsListOptions): Promise<void> {
  const query = listQuery(STEP_FILTERS, options, STEP_PAGE)
  const isLight = options.messages === false
  if (isLight) query.set('include_messages', 'false')
  const columns = isLight ? COLUMNS.filter(({ title }) => title !== 'ANSWER') : COLUMNS
  await printList({ noun: 'step', path: '/v1/steps/', query, columns }, options)
}

const text = (name: string) => (step: JsonObject) => textOf(step[name])
const tokens = (name: string) => (step: JsonObject) => (typeof step[name] === 'number' ? count(step[name]) : '')

const COLUMNS: readonly Column[] = [
  {
    title: 'TIME (UTC)',
    text: (step) => shortTime(step.created_at),
    paint: (cell, colors) => colors.dim(cell),
    spare: 3,
  },
  { title: 'ID', text: text('id') },
  { title: 'AGENT', text: text('agent_id'), min: 12, max: 24, spare: 4, paint: (cell, colors) => colors.cyan(cell) },
  { title: 'MODEL', text: text('model'), min: 10, max: 24, spare: 5 },
  { title: 'STATUS', text: statusOf, paint: paintStatus },
  { title: 'IN', text: tokens('prompt_tokens'), align: 'right', spare: 6 },
  { title: 'OUT', text: tokens('completion_tokens'), align: 'right', spare: 6 },
  { title: 'FEEDBACK', text: text('feedback'), paint: paintFeedback, spare: 7 },
  {
    title: 'TAGS',
    text: ({ tags }) => (Array.isArray(tags) ? tags.map(textOf).join(' ') : ''),
    min: 8,
    max: 24,
    spare: 8,
  },
  { title: 'ANSWER', text: answerOf, min: 12, max: 120, spare: 2 },
]

/** The status, and why the step ended where that says more. */
function statusOf({ status, stop_reason, error_type }: JsonObject): string {
  const reason = error_type ?? (stop_reason === 'end_turn' ? null : stop_reason)
  return [status, reason].map(textOf).join(' ').trim()
}

function paintFeedback(cell: string, colors: Colors): string {
  return cell === 'positive' ? colors.green(cell) : colors.red(cell)
}
