/** Changes made ready for the database on the thread that received them, so that the one that writes does only that. */
import { stringifyExact } from '../../domain/exact-json.ts'
import type { Step } from '../../domain/step.ts'
import { parseMicros } from '../../domain/time.ts'
import { encodeStep, type StepRow } from '../step-row.ts'
import type { StepChange } from '../store.ts'
import { deltaOf, type RunDelta } from './run-sums.ts'
import { encodeTraces } from './traces.ts'

/** A change made ready for the database, so that a thread that writes does nothing else. */
export type PreparedChange =
  | { kind: 'record'; row: StepRow; index: StepIndex; tracesText: string | null }
  | { kind: 'correct'; id: string; correctionText: string; tracesText: string | null }
  | Exclude<StepChange, { kind: 'record' | 'correct' }>

/** What stands beside a step's row. */
export interface StepIndex {
  tags: string[]
  run: string | null
  messages: { id: string; created_at: number }[]
  tools: string[]
  delta: RunDelta
}

export function prepare(change: StepChange): PreparedChange {
  if (change.kind === 'record') {
    const { step } = change
    const tracesText = encodeTraces(change.traces, step)
    return { kind: 'record', row: encodeStep(step), index: indexOfStep(step), tracesText }
  }
  if (change.kind === 'correct') {
    const { kind, id, correction, traces } = change
    // As text: exact numbers cannot cross to another thread as they are.
    const tracesText = encodeTraces(traces, { id, created_at: Number.NaN })
    return { kind, id, correctionText: stringifyExact(correction), tracesText }
  }
  return change
}

export function indexOfStep(step: Step): StepIndex {
  const tools = step.messages.flatMap((message) => message.tool_calls ?? []).map((call) => call.function.name)
  return {
    tags: step.tags,
    run: step.run_id,
    messages: step.messages.map(({ id, created_at }) => ({
      id,
      created_at: parseMicros(created_at) ?? step.created_at,
    })),
    tools: [...new Set(tools.map(withoutNul))],
    delta: deltaOf(step),
  }
}

/** A tool's name is the model's own text and may hold U+0000, which a text column cannot. */
export const withoutNul = (text: string) => text.replaceAll('\0', '')
