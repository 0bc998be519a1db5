/** What stands beside the step rows that a transaction writes: gathered, then written once. */
import type { StepRow } from '../step-row.ts'
import { changeContents, type CutDocument } from './contents.ts'
import type { Executor } from './engine.ts'
import type { StepIndex } from './prepare.ts'
import { PLACEHOLDER, recountRun } from './recount.ts'
import { addDeltas, addToRuns, type RunDelta } from './run-sums.ts'
import type { Values } from './sql.ts'
import type { WriteStatements } from './write-statements.ts'

type Key = Pick<StepRow, 'id' | 'created_at'>

/**
 * Tables are written in one order, and the rows that several steps share (tools, runs, content) in the order of their
 * keys: two writers never wait for each other in a ring.
 */
export class Effects {
  private readonly tags: Values[] = []
  private readonly goneTags: Values[] = []
  private readonly messages: Values[] = []
  private readonly goneMessages: Values[] = []
  private readonly tools = new Map<string, Values>()
  private readonly deltas = new Map<string, RunDelta>()
  /** Runs that lost a step or a reported number: counted anew. */
  private readonly recounted = new Set<string>()
  private readonly kept: CutDocument[] = []
  private readonly released: Uint8Array[] = []
  private readonly project: string

  constructor(project: string) {
    this.project = project
  }

  tag({ id, created_at }: Key, tags: readonly string[]): void {
    for (const tag of tags) this.tags.push({ project: this.project, tag, created_at, id })
  }

  untag({ id, created_at }: Key, tags: readonly string[]): void {
    for (const tag of tags) this.goneTags.push({ project: this.project, tag, created_at, id })
  }

  /** A step's messages and tools in its run. */
  place({ id, created_at }: Key, { run, messages, tools }: StepIndex): void {
    if (run === null) return
    const { project } = this
    const own = new Map(messages.map((message, position) => [message.id, { ...message, position }]))
    for (const message of own.values()) {
      this.messages.push({ ...message, project, run_id: run, step_created_at: created_at, step_id: id })
    }
    for (const tool of tools) this.tools.set(`${run}\0${tool}`, { project, run_id: run, tool })
  }

  displace(step_id: string, run_id: string, messages: readonly { id: string }[]): void {
    for (const { id } of messages) this.goneMessages.push({ project: this.project, run_id, id, step_id })
  }

  /** Everything beside a step's row that goes. */
  remove(step: Key & { traces: Uint8Array | null }, { tags, run, messages }: StepIndex): void {
    this.untag(step, tags)
    if (step.traces) this.release(step.traces)
    if (run === null) return
    this.displace(step.id, run, messages)
    this.recount(run)
  }

  add(run: string, delta: RunDelta): void {
    const known = this.deltas.get(run)
    this.deltas.set(run, known ? addDeltas(known, delta) : delta)
  }

  recount(run: string): void {
    this.recounted.add(run)
  }

  keep(document: CutDocument): void {
    this.kept.push(document)
  }

  release(skeleton: Uint8Array): void {
    this.released.push(skeleton)
  }

  /** Writes what was gathered; the step rows are written already. */
  async flush(x: Executor, s: WriteStatements): Promise<void> {
    const { project } = this
    await x.forRows(s.removeTag, this.goneTags)
    await x.forRows(s.insertTag, this.tags)
    await x.forRows(s.removeMessage, this.goneMessages)
    await x.forRows(s.placeMessage, this.messages)
    for (const run of this.recounted) this.deltas.set(run, PLACEHOLDER)
    await addToRuns(x, s.runs, project, this.deltas)
    // Behind the runs' locks: who counts a run anew deletes its tools, and must neither miss ours nor wait for them.
    const tools = [...this.tools].toSorted(([a], [b]) => (a < b ? -1 : 1))
    await x.forRows(s.insertTool, tools.map(([, row]) => row)) // prettier-ignore
    for (const run of [...this.recounted].toSorted()) await recountRun(x, s, project, run)
    await changeContents(x, s.contents, project, this.kept, this.released)
  }
}
