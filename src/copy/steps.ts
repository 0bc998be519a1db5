/** A ledger's steps with everything that belongs to them, read in order, and as another ledger takes them over. */
import { parseExact, type JsonObject } from '../domain/exact-json.ts'
import type { ProviderTrace } from '../domain/step.ts'
import { recordOf } from '../out/export/record.ts'
import { decodeStep, type StepRow } from '../store/step-row.ts'
import type { StepChange, StepReader, TraceRow } from '../store/store.ts'

/** A batch ends at either; a single larger step is a batch of its own. */
const BATCH_STEPS = 200
const BATCH_BYTES = 4 * 1024 * 1024
/** Steps whose traces are asked for at the same time. */
const AT_ONCE = 8

/** A step with all its traces. */
export interface Held {
  row: StepRow
  traces: TraceRow[]
}

/** The steps of a project in batches, oldest first; the next batch is read while one is worked on. */
export function stepsOf(read: StepReader, project: string, after?: string): AsyncGenerator<Held[]> {
  return ahead(batches(read, project, after))
}

async function* batches(read: StepReader, project: string, start: string | undefined): AsyncGenerator<Held[]> {
  for (let after = start; ;) {
    const page = { order: 'asc' as const, limit: BATCH_STEPS, ...(after !== undefined && { after }) }
    const rows = await read.listSteps({ project, filters: {}, page })
    let batch: Held[] = []
    let bytes = 0
    for (let at = 0; at < rows.length; at += AT_ONCE) {
      const some = await Promise.all(rows.slice(at, at + AT_ONCE).map((row) => withTraces(read, project, row)))
      const added = some.reduce((sum, held) => sum + weightOf(held), 0)
      if (batch.length > 0 && bytes + added > BATCH_BYTES) {
        yield batch
        batch = []
        bytes = 0
      }
      batch.push(...some)
      bytes += added
    }
    if (batch.length > 0) yield batch
    after = rows.at(-1)?.id
    if (after === undefined) return
  }
}

async function withTraces(read: StepReader, project: string, row: StepRow): Promise<Held> {
  return { row, traces: await read.getTraces(project, row.id) }
}

/** Undefined when there is no such step. */
export async function stepAt(read: StepReader, project: string, id: string): Promise<Held | undefined> {
  const row = await read.getStep(project, id)
  return row && withTraces(read, project, row)
}

function weightOf({ row, traces }: Held): number {
  return traces.reduce((sum, { request_json: a, response_json: b }) => sum + a.length + b.length, row.messages.length)
}

/** Everything of a step as one text: equal texts, equal steps. */
export const textOf = ({ row, traces }: Held): string => recordOf(row, traces)

export function messagesOf({ row: { messages } }: Held): number {
  let count = messages === '' ? 0 : 1
  for (let at = messages.indexOf('\n'); at >= 0; at = messages.indexOf('\n', at + 1)) count++
  return count
}

/** The change that makes another ledger hold this step. */
export function changeOf({ row, traces }: Held): StepChange {
  return { kind: 'record', step: decodeStep(row), traces: traces.map(traceOf) }
}

function traceOf({ step_id: _step, ...trace }: TraceRow): ProviderTrace {
  const value = (text: string | null) => (text === null ? null : parseExact(text))
  return {
    ...trace,
    agent_tags: value(trace.agent_tags) as string[] | null,
    llm_config: value(trace.llm_config) as JsonObject | null,
    compaction_settings: value(trace.compaction_settings) as JsonObject | null,
    billing_context: value(trace.billing_context) as JsonObject | null,
    request_json: parseExact(trace.request_json),
    response_json: parseExact(trace.response_json),
  }
}

/** The same values, each asked for while the one before it is worked on. */
async function* ahead<T>(source: AsyncGenerator<T>): AsyncGenerator<T> {
  const ask = () => {
    const next = source.next()
    // It is waited for later; until then nobody may call a failure unhandled.
    next.catch(() => {})
    return next
  }
  try {
    for (let next = ask(); ;) {
      const { done, value } = await next
      if (done) return
      next = ask()
      yield value
    }
  } finally {
    await source.return(undefined)
  }
}
