/** What a dialect is: how its spans are told apart, and where it writes each thing (mapping, sections 3 and 5 to 10). */
import type { JsonObject } from '../../../domain/exact-json.ts'
import type { AgentName, FactsKind, ToolFacts } from '../facts.ts'
import type { Failure } from '../reading/errors.ts'
import type { Said } from '../reading/said.ts'
import type { Usage } from '../reading/usage.ts'
import type { View } from '../reading/view.ts'

/** A row of section 3's table; `ignore` = a span that is neither a step nor of use to one. */
export type SpanKind = Extract<FactsKind, 'call' | 'fallback' | 'agent' | 'tool' | 'wrapper'> | 'ignore'

/**
 * One dialect. All readers are pure and answer undefined for what the attributes do not say; the dialect that section 3
 * fixes for a span is asked first, then every other one whose attributes are on it.
 */
export interface Dialect {
  readonly name: string
  /** First words of the attribute names it writes (up to the first dot); the readers are asked only where one occurs. `scope:X` and
   *  `service:X` are the scope and the service X, `scope:service` a scope called like the service, `event:gen_ai` events of that namespace. */
  readonly namespaces: readonly string[]
  /** The span's row of the table; undefined when its marker is not there. */
  kind?(view: View): SpanKind | undefined

  // Section 5.1
  provider?(view: View): string | undefined
  model?(view: View): string | undefined
  servedModel?(view: View): string | undefined
  endpoint?(view: View): string | undefined
  responseId?(view: View): string | undefined
  requestId?(view: View): string | undefined
  isStreaming?(view: View): boolean | undefined

  // Section 4
  /** Of a record of how a streamed call went on behind its request's span: how long that took, in milliseconds. */
  tailMs?(view: View): number | undefined

  // Sections 5.3 and 6
  usage?(view: View): Usage | undefined
  /** Whether its prompt count leaves out the cached parts (6.2). */
  countsApart?(view: View): boolean
  /** Milliseconds from the start to the first token (section 10). */
  firstTokenMs?(view: View): number | undefined

  // Section 7
  finish?(view: View): string | undefined
  /** A failure it tells beside status code, `error.type` and exception events; `{}` = failed, nothing else known. */
  failure?(view: View): Failure | undefined
  /** Whether a call that tells nothing of an answer failed; else it counts as broken off (7.1, rule 2). */
  failsBare?(view: View): boolean
  /** Whether an error status without any error beside it is another span's, which the exporter copies. */
  borrowsStatus?(view: View): boolean
  /** Whether its exporter says that the call went well, so that one that tells nothing else was not broken off. */
  endedWell?(view: View): boolean

  // Section 8
  agent?(view: View): AgentName | undefined
  /** The agent's name where the span is known to be an agent's. */
  agentSpanName?(view: View): string | undefined
  /** Rule 4: what may stand for an agent's name, on any span and on the root. */
  alias?(view: View): string | undefined
  rootName?(view: View): string | undefined
  run?(view: View): string | undefined
  session?(view: View): string | undefined
  user?(view: View): string | undefined
  tags?(view: View): string[] | undefined
  metadata?(view: View): JsonObject | undefined

  // Section 9
  system?(view: View): Said[] | undefined
  input?(view: View): Said[] | undefined
  /** Every choice of the answer, the step's own first. */
  output?(view: View): Said[] | undefined
  /** Parameters and tools of the request; what else the answer holds. */
  request?(view: View): JsonObject | undefined
  response?(view: View): JsonObject | undefined

  // Section 10
  tool?(view: View): ToolRead | undefined
  isStepWrapper?(view: View): boolean
  /** The span's messages are those of the call below it. */
  lends?(view: View): boolean
  /** What is assembled together with it, where that is more than its trace (section 13). */
  group?(view: View): string | undefined
}

export interface ToolRead extends Omit<ToolFacts, 'resultKey'> {
  readonly result?: string
  readonly isError?: boolean
}
