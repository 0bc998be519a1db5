/**
 * What is kept of one span or log record: all that later spans, logs or ancestors may need to finish a step, and nothing
 * else (mapping, section 11.5). JSON-serialisable; numbers beyond 2^53 are raw numbers, so read it with `parseExact`.
 *
 * `context` is small and is needed whenever anything of its group arrives; `content` can be large and is needed only
 * when the step that shows it is written again.
 */
import type { JsonObject } from '../../domain/exact-json.ts'
import type { Failure } from './reading/errors.ts'
import type { Said } from './reading/said.ts'
import type { Usage } from './reading/usage.ts'

/**
 * - `call`: one request to a model, a step. `fallback`: one, unless a call below it tells the same better (Mastra).
 * - `agent`, `tool`, `wrapper`: named by mapping, section 3. `context`: anything else that may name agent, user or run.
 * - `content`: a log record with the messages of a call. `note`: a log record about a whole session.
 */
export type FactsKind = 'call' | 'fallback' | 'agent' | 'tool' | 'wrapper' | 'context' | 'content' | 'note'

export interface Facts {
  readonly context: Context
  readonly content: Content | null
}

export type Writable<T> = { -readonly [K in keyof T]: T[K] }

export interface AgentName {
  readonly id?: string
  readonly name?: string
}

/** What is small, and says everything but the messages. */
export interface Context extends Identity, About {}

export interface Identity {
  /** What is assembled together: the trace id; for agents that tell their work in logs, the session. */
  readonly group: string
  /** Identity in the group; the same again for what is sent twice. */
  readonly key: string
  readonly kind: FactsKind
  readonly dialect: string
  readonly name: string
  readonly traceId: string | null
  readonly spanId: string | null
  readonly parentId: string | null
  /** Nanoseconds since 1970 as decimal text; `endNs` is `'0'` for what has not ended. */
  readonly startNs: string
  readonly endNs: string
  /** Fingerprint of its content, so that versions that differ in nothing else are told apart. */
  readonly print?: string
  /** How much it knows: of two versions of one span, the one that knows more is believed first (11.3). */
  readonly weight: number
}

export interface About {
  readonly service?: string
  /** The span's kind is SERVER or CONSUMER: its name is a route's, not an agent's. */
  readonly isServer?: true

  /** Of a log record: its place in the request it came in, for records of the same moment (9.4). */
  readonly order?: number

  // Who and where (section 8), as said by this span itself.
  readonly agent?: AgentName
  /** A name that stands for an agent where none is known (8.1, rule 4), and the one that only counts on a root. */
  readonly alias?: string
  readonly rootName?: string
  readonly run?: string
  readonly session?: string
  readonly user?: string
  readonly tags?: readonly string[]
  readonly metadata?: JsonObject

  /** Finish reason, in the source's word; on wrappers, too (7.3). */
  readonly finish?: string
  readonly failure?: Failure
  /** A wrapper of one call and the tools it asked for: `step N`, `agent_step` (section 10). */
  readonly isStepWrapper?: true
  /** What it is if nothing tells of an answer (7.1, rule 2); absent = broken off. */
  readonly bare?: 'failed' | 'success'
  /** It tells only how the call of a span beside it went on. */
  readonly isTail?: true
  /** Its content is that of the call below it (Mastra). */
  readonly lends?: true
  readonly tool?: ToolFacts
  readonly call?: CallFacts
  /** Fingerprints of what {@link Content} holds, in the same order. */
  readonly said?: SaidKeys
  /** Of an HTTP request below a call. */
  readonly http?: { readonly origin?: string; readonly status?: number }
  /** Values of a whole session that a log record announced. */
  readonly sessionWide?: { readonly provider?: string; readonly contextWindow?: number }
}

export interface ToolFacts {
  readonly id?: string
  readonly name?: string
  /** Fingerprint of the result, to recognise it in a later request. */
  readonly resultKey?: string
  /** Nobody allowed it to run, or nobody did yet. */
  readonly isDenied?: true
}

export interface CallFacts {
  readonly provider?: string
  readonly model?: string
  readonly servedModel?: string
  readonly endpoint?: string
  readonly responseId?: string
  readonly requestId?: string
  /** Joins log records of one request that share nothing but the moment. */
  readonly momentId?: string
  /** Of a record: it names no span, though one of its run that was open then tells of the same call. */
  readonly isAdrift?: true
  readonly contextWindow?: number
  readonly isStreaming?: boolean
  readonly usage?: Usage
  readonly firstTokenMs?: number
  readonly droppedAttributes?: number
  /** Attributes whose JSON was cut. */
  readonly truncated?: readonly string[]
  /** Per-modality counts, for the details columns. */
  readonly modalities?: { readonly prompt?: JsonObject; readonly completion?: JsonObject }
  readonly scope: string
}

export interface SaidKeys {
  readonly system?: readonly string[]
  /** One text for each message: the fingerprints of its parts, joined by a blank. */
  readonly input?: readonly string[]
  readonly output?: readonly string[]
  /** The tool calls of the answer. */
  readonly calls?: readonly { readonly id: string; readonly name: string; readonly isInvalid?: true }[]
  /** Of a record of one message of a request: the tool calls it makes, the one it answers. */
  readonly asks?: readonly string[]
  readonly answers?: string
}

export interface Content {
  /** System instructions that stand beside the messages. */
  readonly system?: readonly Said[]
  readonly input?: readonly Said[]
  readonly output?: readonly Said[]
  /** Further choices of the answer. */
  readonly others?: readonly Said[]
  /** What else is known of request and answer: parameters, tools; raw usage, costs. */
  readonly request?: JsonObject
  readonly response?: JsonObject
  /** Attributes that nobody asked for. */
  readonly attributes?: JsonObject
  readonly resource?: JsonObject
  /** A tool's result. */
  readonly result?: { readonly text: string; readonly isError: boolean }
}
