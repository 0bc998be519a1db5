/** What changes of steps do besides the step rows themselves. */
import type { StepRow } from '../step-row.ts'
import { keepParts, type CutDocument } from './contents.ts'
import type { Executor } from './engine.ts'
import type { StepIndex } from './prepare.ts'
import { recountRun } from './recount.ts'
import { addDeltas, addToRuns, type RunDelta } from './run-sums.ts'
import type { Values } from './sql.ts'
import type { WriteStatements } from './write-statements.ts'

/** What a set of changes does besides the step rows themselves, gathered and written once. */
export class Effects {
  readonly tags: Values[] = []
  readonly messages: Values[] = []
  readonly tools: Values[] = []
  readonly deltas = new Map<string, RunDelta>()
  /** Runs that lost a step or a reported number: counted anew. */
  readonly recount = new Set<string>()
  readonly documents: CutDocument[] = []
  private readonly project: string

  constructor(project: string) {
    this.project = project
  }

  /** The rows that stand beside a step, except its share of the run's sums. */
  index({ id, created_at }: Pick<StepRow, 'id' | 'created_at'>, index: StepIndex): void {
    const { project } = this
    for (const tag of index.tags) this.tags.push({ project, tag, created_at, id })
    const run_id = index.run
    if (run_id === null) return
    for (const [position, message] of index.messages.entries()) {
      this.messages.push({ ...message, project, run_id, step_created_at: created_at, step_id: id, position })
    }
    for (const tool of index.tools) this.tools.push({ project, run: run_id, tool })
  }

  add(run: string, delta: RunDelta): void {
    const known = this.deltas.get(run)
    this.deltas.set(run, known ? addDeltas(known, delta) : delta)
  }

  /** Writes what was gathered. */
  async flush(x: Executor, s: WriteStatements): Promise<void> {
    await x.insertMissing(s.insertTag, this.tags.splice(0))
    await x.runEach(s.placeMessage, this.messages.splice(0))
    await x.insertMissing(s.insertTool, this.tools.splice(0))
    for (const document of this.documents.splice(0)) await keepParts(x, s.traces.contents, this.project, document)
    for (const run of this.recount) this.deltas.delete(run)
    await addToRuns(x, s.runs, this.project, this.deltas)
    for (const run of this.recount) await recountRun(x, s, this.project, run)
    this.deltas.clear()
    this.recount.clear()
  }
}
