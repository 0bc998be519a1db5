/** Steps from facts. */
import type { Context, Facts } from '../facts.ts'
import { plan } from './plan.ts'
import { render, type AssembledStep } from './render.ts'

/**
 * The steps of one group: all facts of a trace, or of a session of an agent that only logs.
 * A pure function of the set of facts. Where contents are kept apart, use {@link plan} and {@link render}.
 */
export function assemble(facts: readonly Facts[], tenant: string): AssembledStep[] {
  const contents = new Map<Context, Facts['content']>(facts.map(({ context, content }) => [context, content]))
  return plan(
    facts.map(({ context }) => context),
    tenant,
  ).map((step) => render(step, (context) => contents.get(context) ?? null))
}

export { plan, type StepPlan } from './plan.ts'
export { render, type AssembledStep, type ContentOf } from './render.ts'
