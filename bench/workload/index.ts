/**
 * The load: what an installation's recorders and people send, in the order in which it arrives. Whole runs, many at the same
 * time; feedback later than its step; some writes sent again, some late. Seeded: the same seed gives the same load.
 */
import type { Feedback, StepInput } from '../../src/domain/step.ts'
import { random } from '../prose.ts'
import { pick, sampler, uuid, zipf, type Random } from './draw.ts'
import { BUSY, FEEDBACK_DELAY, FEEDBACK_TAGS, LATEST_SECONDS, RATES, type ProfileName } from './figures.ts'
import { Queue, type Due } from './queue.ts'
import { isOver, nextStep, pause, startRun, type Run } from './step.ts'
import { texts } from './text.ts'

/** Something that arrives at `at` (microseconds). */
export type Arrival =
  | (Due & { kind: 'step'; step: StepInput; profile: ProfileName; again: boolean; late: boolean })
  | (Due & { kind: 'feedback'; id: string; feedback: Feedback | null; tags: string[] })

export interface LoadOptions {
  seed: number
  /** How many different steps; what belongs to them (feedback, late and repeated writes) comes after the last one. */
  steps?: number
  agents?: number
  /** How many run at the same time. */
  runs?: number
  /** When it begins, in microseconds. */
  from?: number
}

type Event = (Due & { kind: 'turn'; run: Run }) | Arrival

const FROM = 1.77e15
const feedbackDelay = sampler(FEEDBACK_DELAY)

/** Ends after so many steps, or never. */
export function* load(options: LoadOptions): Generator<Arrival, void> {
  const { seed, steps = Infinity, agents = BUSY.agents, runs = BUSY.runs, from = FROM } = options
  const next = random(seed)
  const words = texts(next)
  const agentOf = busyAgents(agents)
  const queue = new Queue<Event>()
  const begin = (at: number) => queue.add({ kind: 'turn', at, run: startRun(agentOf(next), BUSY.projects, next) })
  // A ledger of few steps has fewer runs at the same time: else it would hold nothing but beginnings.
  const together = Math.max(1, Math.min(runs, Math.ceil(steps / 200)))
  for (let i = 0; i < together; i++) begin(from + Math.floor(next() * 60e6))
  let made = 0
  for (let event = queue.take(); event !== undefined; event = queue.take()) {
    if (event.kind !== 'turn') {
      yield event
      continue
    }
    if (made >= steps) continue
    made++
    const { run, at } = event
    const step = nextStep(run, at, next, words)
    const late = next() < RATES.late
    const arrives = late ? at + lateBy(next) : at
    const arrival: Arrival = { kind: 'step', at: arrives, step, profile: run.profile, again: false, late }
    if (late) queue.add(arrival)
    else yield arrival
    if (next() < RATES.resent) queue.add({ ...arrival, at: arrives + lateBy(next), again: true })
    if (next() < RATES.feedback) rate(queue, step.id as string, arrives, next)
    if (isOver(run)) begin(at + pause(run, next))
    else queue.add({ kind: 'turn', at: at + pause(run, next), run })
  }
}

/** The steps alone, as often as they are sent; never ends. */
export function* sentSteps(seed: number): Generator<StepInput, never> {
  for (const arrival of load({ seed })) if (arrival.kind === 'step') yield arrival.step
  throw new Error('the load never ends')
}

/** The steps of one run that never ends. */
export function* endlessRun(seed: number, from = FROM): Generator<StepInput, never> {
  const next = random(seed)
  const words = texts(next)
  const runs = Array.from({ length: 1000 }, () => startRun(1, BUSY.projects, next))
  const coding = runs.find(({ profile }) => profile === 'coding') as Run
  const run: Run = { ...coding, id: uuid('run', next), image: 0, abnormal: false, length: 1_000_000_000 }
  for (let at = from; ; at += pause(run, next)) yield nextStep(run, at, next, words)
}

function lateBy(next: Random): number {
  return Math.ceil(next() * LATEST_SECONDS * 1e6)
}

/** Every n-th agent is idle. */
function busyAgents(count: number): (next: Random) => number {
  const rank = zipf(count)
  const nth = Math.round(1 / RATES.idleAgents)
  return (next) => {
    for (;;) {
      const found = rank(next())
      if (found % nth !== 0) return found
    }
  }
}

/** Somebody's opinion, and seldom another one, or none any more. */
function rate(queue: Queue<Event>, id: string, after: number, next: Random): void {
  const at = after + Math.ceil(feedbackDelay(next()) * 1e6)
  const feedback: Feedback = next() < RATES.positive ? 'positive' : 'negative'
  const tags = next() < RATES.feedbackTags ? [pick(FEEDBACK_TAGS, next())] : []
  queue.add({ kind: 'feedback', at, id, feedback, tags })
  const change = next()
  const later = at + Math.ceil(feedbackDelay(next()) * 1e6)
  if (change < RATES.feedbackChanged) {
    const other = feedback === 'positive' ? 'negative' : 'positive'
    queue.add({ kind: 'feedback', at: later, id, feedback: other, tags: [] })
  } else if (change < RATES.feedbackChanged + RATES.feedbackWithdrawn) {
    queue.add({ kind: 'feedback', at: later, id, feedback: null, tags: [] })
  }
}
