/**
 * A step's provider traces: one document of all of them, cut into parts, whose skeleton rests in the step's row.
 * A table of their own would repeat the step's key for each, which costs more than the skeleton itself.
 */
import { parseExact, stringifyExact, type JsonObject, type JsonValue } from '../../domain/exact-json.ts'
import { traceIds } from '../../domain/normalise.ts'
import type { ProviderTrace } from '../../domain/step.ts'
import type { TraceRow } from '../store.ts'
import { cutDocument, readDocument, type ContentStatements, type CutDocument } from './contents.ts'
import type { Differences, Executor } from './engine.ts'
import { slot, sql, statement, type Statement } from './sql.ts'

/** What a trace is apart from its step: `{ "0": trace, "1": trace }`, each without what is null or follows. */
type Traces = ProviderTrace[]

interface Of {
  id: string
  created_at: number
}

export interface TraceStatements {
  get: Statement
  contents: ContentStatements
}

export function traceStatements(d: Differences, contents: ContentStatements): TraceStatements {
  const one = sql`project = ${slot('project')} and id = ${slot('id')}`
  return { get: statement(sql`select created_at, traces from steps where ${one}`, d), contents }
}

/** JSON text of traces, without what is null or follows from the step; null when there are none. */
export function encodeTraces(traces: Traces, step: Of): string | null {
  if (traces.length === 0) return null
  const idOf = traceIds(step.id)
  const entries = traces.map((trace, place) => {
    const { id, created_at, ...rest } = trace
    const known = Object.entries(rest).filter(([, value]) => value !== null)
    const own = [
      ...(!isStepsOwn(id, step.id) && id === idOf(trace) ? [] : [['id', id]]),
      ...(created_at === step.created_at ? [] : [['created_at', created_at]]),
    ]
    return [place, Object.fromEntries([...own, ...known])]
  })
  return stringifyExact(Object.fromEntries(entries))
}

/** The way back from {@link encodeTraces}. */
export function decodeTraces(text: string, step: Of): Traces {
  const idOf = traceIds(step.id)
  return Object.values(parseExact(text) as Record<string, JsonObject>).map((stored) => {
    const trace = {
      ...NOTHING_KNOWN,
      created_at: step.created_at,
      ...(stored as unknown as { request_json: JsonValue; response_json: JsonValue }),
    }
    const { id } = stored
    if (isStepsOwn(id, step.id)) return { ...trace, id }
    // Each derived id counts its equals before it, so it is made also where it is not needed.
    const derived = idOf(trace)
    return { ...trace, id: stored.id === undefined ? derived : (stored.id as string) }
  })
}

/** Whether the id is made of the step's: then it never follows from the content, whose hash takes its time. */
function isStepsOwn(id: unknown, stepId: string): id is string {
  return id === `provider_trace${stepId.slice(stepId.indexOf('-'))}`
}

const NOTHING_KNOWN = {
  call_type: null,
  source: null,
  latency_ms: null,
  agent_tags: null,
  llm_config: null,
  compaction_settings: null,
  billing_context: null,
}

export function cutTraces(text: string): CutDocument {
  return cutDocument(text, ['provider_trace'])
}

/** The traces of a step, oldest first. */
export async function readTraces(x: Executor, s: TraceStatements, project: string, id: string): Promise<Traces> {
  let previous: Uint8Array | undefined
  for (;;) {
    const [row] = await x.all<{ created_at: number; traces: Uint8Array | null }>(s.get, { project, id })
    if (!row?.traces) return []
    try {
      const text = await readDocument(x, s.contents, project, row.traces)
      return decodeTraces(text, { id, created_at: row.created_at })
    } catch (error) {
      // Content is read after the skeleton; it may have been replaced in between, but not twice by the same.
      if (previous && Buffer.compare(previous, row.traces) === 0) throw error
      previous = row.traces
    }
  }
}

/**
 * Both sets together, by id and oldest first. One that is there already stays as it is, or is replaced.
 * @param replace whether the given ones win over those with the same id
 */
export function mergeTraces(existing: Traces, given: Traces, replace: boolean): Traces {
  const byId = new Map(existing.map((trace) => [trace.id, trace]))
  for (const trace of given) if (replace || !byId.has(trace.id)) byId.set(trace.id, trace)
  return [...byId.values()].toSorted((a, b) => a.created_at - b.created_at)
}

export function presentTraces(traces: Traces, step_id: string): TraceRow[] {
  const text = (value: unknown) => (value === null ? null : stringifyExact(value))
  return traces.map((trace) => ({
    ...trace,
    step_id,
    agent_tags: text(trace.agent_tags),
    llm_config: text(trace.llm_config),
    compaction_settings: text(trace.compaction_settings),
    billing_context: text(trace.billing_context),
    request_json: stringifyExact(trace.request_json),
    response_json: stringifyExact(trace.response_json),
  }))
}
