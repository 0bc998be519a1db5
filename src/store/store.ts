/**
 * The contract of a store. Reading and writing are different types: who only reads gets a reader.
 * Every call names the project (tenant) it may touch; what another project owns does not exist for it.
 */
import type { Signal } from '../domain/ingest.ts'
import type { StepCorrection } from '../domain/merge.ts'
import type { Page } from '../domain/page.ts'
import type { Run } from '../domain/run.ts'
import type { Feedback, ProviderTrace, Step } from '../domain/step.ts'
import type { RunQuery, StepQuery } from '../domain/step-query.ts'
import type { StepRow } from './step-row.ts'

/** A provider trace as it is read from a store; objects as JSON text. */
export interface TraceRow {
  id: string
  step_id: string
  created_at: number
  call_type: string | null
  source: string | null
  latency_ms: number | null
  agent_tags: string | null
  llm_config: string | null
  compaction_settings: string | null
  billing_context: string | null
  request_json: string
  response_json: string
}

/** What a trace's row holds as JSON text already. */
export const TRACE_DOCUMENTS = [
  'agent_tags',
  'llm_config',
  'compaction_settings',
  'billing_context',
  'request_json',
  'response_json',
] as const

/** A page of a run's internal messages: each with the step that holds it. */
export interface RunMessage {
  step: StepRow
  /** Position in the step's messages. */
  index: number
}

export type Role = 'read' | 'write' | 'admin'

export interface Project {
  id: string
  slug: string
  created_at: number
}

export interface ApiKey {
  id: string
  name: string
  /** First characters of the key, to tell keys apart. */
  prefix: string
  role: Role
  /** Slug of the one project the key may touch; null = the whole ledger. */
  project: string | null
  created_at: number
  revoked_at: number | null
}

/** A key as it rests, for another ledger that shall know it too. */
export interface StoredKey extends ApiKey {
  hash: string
}

export interface TagQuery {
  project: string
  /** Part of the tag, case-insensitive. */
  name?: string
  page: Page
}

/** Reads. Lists throw LedgerError `not_found` for a cursor that does not exist in the project. */
export interface StepReader {
  listSteps(query: StepQuery): Promise<StepRow[]>
  /** A step by its id, or by the id of one that was folded into it. */
  getStep(project: string, id: string): Promise<StepRow | undefined>
  /** All traces of a step, oldest first. */
  getTraces(project: string, stepId: string): Promise<TraceRow[]>
  listRuns(query: RunQuery): Promise<Run[]>
  getRun(project: string, id: string): Promise<Run | undefined>
  /** Names of the tools that the run's steps called, sorted. */
  getRunTools(project: string, runId: string): Promise<string[]>
  /** Pages by internal message id over all steps of a run, oldest or newest first. */
  listRunMessages(project: string, runId: string, page: Page): Promise<RunMessage[]>
  listTags(query: TagQuery): Promise<string[]>
  /** The kept parts of these groups without their contents, by group and part. */
  getTelemetry(project: string, groups: readonly string[]): Promise<TelemetryPart[]>
  /** What parts of a group hold, by part; one that is gone, or holds nothing, is missing. */
  getTelemetryContent(project: string, group: string, parts: readonly number[]): Promise<Map<number, Uint8Array>>
  /** What became of the telemetry of a project, by signal, dialect and outcome. */
  listIngestCounts(project: string): Promise<IngestTotal[]>
}

export interface AccessReader {
  listProjects(): Promise<Project[]>
  /** By slug or id. */
  findProject(nameOrId: string): Promise<Project | undefined>
  listKeys(): Promise<ApiKey[]>
  /** The same with their hashes. */
  listStoredKeys(): Promise<StoredKey[]>
  /** The key with this hash, revoked ones included. */
  findKey(hash: string): Promise<ApiKey | undefined>
  /** Whether any key is in force. */
  hasKeys(): Promise<boolean>
}

/** One change of one step. */
export type StepChange =
  | { kind: 'record'; step: Step; traces: ProviderTrace[] }
  | { kind: 'correct'; id: string; correction: StepCorrection; traces: ProviderTrace[] }
  | { kind: 'feedback'; id: string; feedback?: Feedback | null; addTags: string[] }
  | { kind: 'transaction'; id: string; tid: string }
  | DeriveChange
  | ForgetChange

/**
 * What telemetry says of a step now, and what it said before (mapping, section 11.5): see `rederive`; without a before,
 * `mergeSteps`. A step that is not there is made as it is; with a before it was deleted since, and stays away.
 */
export interface DeriveChange {
  kind: 'derive'
  before: Step | null
  step: Step
  /** They take the place of those with the same ids. */
  traces: ProviderTrace[]
}

/**
 * The step turned out to be part of another one (mapping, section 11.6): it goes, and its id means the other one. What
 * people made of it goes to the other one, where that is there by then: feedback and `tid` where it has none, and the
 * tags that telemetry did not give. A step that is not there is no error.
 */
export interface ForgetChange {
  kind: 'forget'
  id: string
  /** What telemetry said of it. */
  before: Step | null
  /** The other one; null = it is just gone. */
  into: string | null
}

/** Some telemetry of a group (a trace, a session), kept to finish its steps when more of the group arrives. */
export interface TelemetryPart {
  group: string
  /** From 1, in the order of arrival. */
  part: number
  /** Compressed already. */
  contexts: Uint8Array
}

/** A part as it is written. */
export interface NewTelemetryPart extends TelemetryPart {
  contexts: Buffer
  /** Compressed already; null = there is nothing beside the contexts. */
  content: Buffer | null
}

/** How often something became of telemetry: all three names are of closed lists. */
export interface IngestCount {
  signal: Signal
  dialect: string
  outcome: string
  count: number
  /** What one of them was, short; null = nothing to show. */
  sample: string | null
}

/** All counts of one signal, dialect and outcome; the sample is a recent one. */
export interface IngestTotal extends IngestCount {
  /** Microseconds since 1970. */
  last_at: number
}

/** What a request of telemetry leaves beside steps. */
export interface TelemetryWrite {
  parts: NewTelemetryPart[]
  counts: IngestCount[]
}

/** A change made ready by the store that will write it, which alone knows what else it holds. */
export interface ReadyChange {
  readonly kind: string
}

export interface StepMade {
  created: boolean
}

export interface StepOutcome extends StepMade {
  row: StepRow
}

/** Writes. A promise that resolves means that the change is on disk. */
export interface StepWriter {
  /**
   * Applies all changes or none of them. Answers for each change, in their order.
   * @throws LedgerError `not_found` for a change of a step that does not exist, `invalid` for a refused correction
   */
  write(project: string, changes: StepChange[]): Promise<StepOutcome[]>
  /** The change in the form in which it is written, which takes less memory; what it was made of can go. */
  ready(change: StepChange): ReadyChange
  /**
   * The same with telemetry that is kept with the changes. Answers for each change but `forget`, whether it made a step:
   * nobody reads the rows, and they are large.
   * @throws LedgerError also `conflict` when a part is not the next one of its group: somebody added to the group since
   *   it was read
   */
  derive(project: string, changes: ReadyChange[], telemetry: TelemetryWrite): Promise<StepMade[]>
  /** Ends steps that are pending since before `cutoff` (microseconds) as abandoned; at most `limit`. Returns how many. */
  abandonPending(cutoff: number, limit: number): Promise<number>
  /** Deletes a run with its steps, and content that nothing else refers to. False when there is no such run. */
  deleteRun(project: string, runId: string): Promise<boolean>
  /**
   * Deletes telemetry parts that were received before `cutoff` (microseconds), then the oldest, until all that are left
   * hold at most `maxBytes`; in all projects, some at a time. Returns how many.
   */
  forgetTelemetry(cutoff: number, maxBytes: number): Promise<number>
}

export interface AccessWriter {
  createProject(project: Project): Promise<void>
  /** As it is said, a revoked one included. */
  createKey(key: ApiKey, hash: string): Promise<void>
  /** False when there is no such key in force. */
  revokeKey(id: string, at: number): Promise<boolean>
}

/** What `doctor` reports: each check with what was found and, when it is bad, what to do. */
export interface Finding {
  check: string
  ok: boolean
  detail: string
  remedy?: string
}

export interface Store {
  readonly read: StepReader & AccessReader
  readonly write: StepWriter & AccessWriter
  /** Resolves when the store answers. */
  ping(): Promise<void>
  diagnose(): Promise<Finding[]>
  /** Finishes what was accepted, then lets go of files and connections. */
  close(): Promise<void>
}

/** What every engine lets be set. */
export interface StoreOptions {
  /** How many bytes of steps may wait to be written; more is refused as `unavailable`. */
  readonly maxWaitingBytes: number
}

export const STORE_DEFAULTS: StoreOptions = { maxWaitingBytes: 256 * 1024 * 1024 }

export const DEFAULT_PROJECT = 'default'
