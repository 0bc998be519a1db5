/** Whether one ledger holds what another holds: every step read back from both, side by side. */
import { createHash } from 'node:crypto'
import { comparePositions } from '../domain/page.ts'
import type { Run } from '../domain/run.ts'
import type { Step } from '../domain/step.ts'
import { decodeStep } from '../store/step-row.ts'
import type { StepReader } from '../store/store.ts'
import { messagesOf, stepAt, stepsOf, textOf, type Held } from './steps.ts'

/** What one side holds of a project. */
export interface Tally {
  steps: number
  runs: number
  tags: number
  messages: number
  /** Of every step with everything that belongs to it; the order does not matter. */
  fingerprint: string
}

export interface Check {
  source: Tally
  target: Tally
  /** Steps that only the target holds. */
  onlyInTarget: number
  /** Steps, or runs and tags that do not follow from equal steps. */
  differences: number
  /** The first of them in words, oldest first. */
  first: string | null
}

export interface CheckOptions {
  from: StepReader
  to: StepReader
  project: string
  /** Brings steps that the target lacks, or holds otherwise, to the target. */
  repair: (steps: readonly Held[]) => Promise<void>
  onProgress: (last: Held, steps: number) => void
}

/** Steps that are repaired and looked at again together. */
const REPAIR_STEPS = 50
const PAGE = 200
const TAGS = 1000

export async function check(options: CheckOptions): Promise<Check> {
  const { from, to, project } = options
  const sides = new Sides(options)
  const others = single(stepsOf(to, project))
  try {
    let other = await others.next()
    const skipOthers = async (isBefore: (held: Held) => boolean) => {
      while (!other.done && isBefore(other.value)) {
        sides.meetOther(other.value)
        other = await others.next()
      }
    }
    for await (const batch of stepsOf(from, project)) {
      for (const held of batch) {
        await skipOthers(({ row }) => comparePositions(row, held.row) < 0)
        const same = !other.done && other.value.row.id === held.row.id ? other.value : undefined
        if (same) other = await others.next()
        await sides.meet(held, same)
      }
      options.onProgress(batch.at(-1) as Held, sides.source.steps)
    }
    await sides.settle()
    await skipOthers(() => true)
  } finally {
    await others.return(undefined)
  }
  // What the target holds besides may belong to the same runs, which then say something else for good reason.
  const mayDiffer = sides.onlyInTarget > 0 || sides.differences > 0
  const differs = (what: string) => (mayDiffer ? undefined : sides.differ(what))
  const runs = await compareRuns(from, to, project, differs)
  const tags = await compareTags(from, to, project, differs)
  const { source, target, onlyInTarget, differences, first } = sides
  return {
    source: source.tally(runs[0], tags[0]),
    target: target.tally(runs[1], tags[1]),
    onlyInTarget,
    differences,
    first,
  }
}

/** What was met on both sides so far. */
class Sides {
  readonly source = new Sum()
  readonly target = new Sum()
  onlyInTarget = 0
  differences = 0
  first: string | null = null
  private suspects: Held[] = []
  private readonly options: CheckOptions

  constructor(options: CheckOptions) {
    this.options = options
  }

  differ(what: string): void {
    this.first ??= what
    this.differences++
  }

  /** A step of the target that the source does not have at this place. */
  meetOther(held: Held): void {
    this.target.add(held, textOf(held))
    this.onlyInTarget++
  }

  /** @param other what the target has at the same place */
  async meet(held: Held, other: Held | undefined): Promise<void> {
    const text = textOf(held)
    this.source.add(held, text)
    if (other && textOf(other) === text) this.target.add(held, text)
    else this.suspects.push(held)
    if (this.suspects.length === REPAIR_STEPS) await this.settle()
  }

  /** Repairs what seems to differ, and looks again. */
  async settle(): Promise<void> {
    const { suspects } = this
    if (suspects.length === 0) return
    this.suspects = []
    await this.options.repair(suspects)
    for (const held of suspects) {
      const now = await stepAt(this.options.to, this.options.project, held.row.id)
      // One that stands at another time is met there, and counted there.
      if (now?.row.created_at === held.row.created_at) this.target.add(now, textOf(now))
      if (!now) this.differ(`${held.row.id} is not in the target`)
      else if (textOf(now) !== textOf(held)) this.differ(`${held.row.id} differs in ${differingKeys(held, now)}`)
    }
  }
}

async function* single(batches: AsyncGenerator<Held[]>): AsyncGenerator<Held> {
  for await (const batch of batches) yield* batch
}

/** Steps, counted and summed: the sum of their hashes is the same in every order. */
class Sum {
  steps = 0
  private messages = 0
  private hash = 0n

  add(held: Held, text: string): void {
    this.steps++
    this.messages += messagesOf(held)
    this.hash += createHash('sha256').update(text).digest().readBigUInt64BE()
  }

  tally(runs: number, tags: number): Tally {
    const fingerprint = BigInt.asUintN(64, this.hash).toString(16).padStart(16, '0')
    return { steps: this.steps, runs, tags, messages: this.messages, fingerprint }
  }
}

/** In what two records of a step differ: `feedback, tags` */
function differingKeys(a: Held, b: Held): string {
  const [one, two] = [decodeStep(a.row), decodeStep(b.row)]
  const keys = (Object.keys(one) as (keyof Step)[]).filter(
    (key) => JSON.stringify(one[key]) !== JSON.stringify(two[key]),
  )
  return [...keys, ...(JSON.stringify(a.traces) === JSON.stringify(b.traces) ? [] : ['provider_trace'])].join(', ')
}

/**
 * A run's agent is left out: where its steps name several, it is that of the first one recorded, and a copy records
 * the oldest first.
 */
function runText({ agent_id: _agent, ...run }: Run): string {
  return JSON.stringify(run)
}

/** Returns how many runs each side has. */
async function compareRuns(
  from: StepReader,
  to: StepReader,
  project: string,
  differs: (what: string) => void,
): Promise<[number, number]> {
  const others = runsOf(to, project)
  let [count, there, inStep] = [0, 0, true]
  for await (const run of runsOf(from, project)) {
    count++
    const { value: other, done } = await others.next()
    if (!done) there++
    if (inStep && (done || runText(run) !== runText(other))) {
      inStep = false
      differs(`run ${run.id} differs`)
    }
  }
  for await (const other of others) {
    there++
    if (inStep) differs(`run ${other.id} is in the target only`)
    inStep = false
  }
  return [count, there]
}

async function* runsOf(read: StepReader, project: string): AsyncGenerator<Run> {
  let after: string | undefined
  do {
    const page = { order: 'asc' as const, limit: PAGE, ...(after !== undefined && { after }) }
    const runs: Run[] = await read.listRuns({ project, filters: {}, page })
    yield* runs
    after = runs.at(-1)?.id
  } while (after !== undefined)
}

async function compareTags(
  from: StepReader,
  to: StepReader,
  project: string,
  differs: (what: string) => void,
): Promise<[number, number]> {
  const there = new Set(await tagsOf(to, project))
  const tags = await tagsOf(from, project)
  const missing = tags.find((tag) => !there.has(tag))
  if (missing !== undefined) differs(`tag ${JSON.stringify(missing)} is not in the target`)
  else if (tags.length !== there.size) differs(`the target has ${there.size - tags.length} tags more`)
  return [tags.length, there.size]
}

async function tagsOf(read: StepReader, project: string): Promise<string[]> {
  const all: string[] = []
  for (;;) {
    const after = all.at(-1)
    const page = { order: 'asc' as const, limit: TAGS, ...(after !== undefined && { after }) }
    const tags = await read.listTags({ project, page })
    if (tags.length === 0) return all
    all.push(...tags)
  }
}
