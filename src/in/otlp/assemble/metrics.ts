/** Times of a step (mapping, section 10). Nanoseconds as decimal text. */
import type { StepMetricsInput } from '../../../domain/step.ts'
import type { Call } from './calls.ts'
import { ancestors, compareNs } from './forest.ts'
import type { Answered } from './tools.ts'

export function metricsOf(call: Call, tools: readonly Answered[]): StepMetricsInput {
  const { startNs } = call.primary.context
  const { endNs } = call
  const provider = call.inner.find(({ context }) => !context.isTail)
  const metrics: StepMetricsInput = {
    step_start_ns: bounded(BigInt(startNs)),
    llm_request_start_ns: bounded(BigInt(provider?.context.startNs ?? startNs)),
  }
  const ended = tools.map(({ node }) => node).filter(({ context }) => context.endNs !== '0')
  if (ended.length > 0) {
    metrics.tool_execution_ns = bounded(
      ended.reduce((sum, node) => sum + between(node.context.startNs, node.context.endNs), 0n),
    )
  }
  if (endNs === '0') return metrics
  metrics.llm_request_ns = bounded(between(startNs, endNs))
  metrics.step_ns = bounded(between(startNs, wrapperEnd(call) ?? endNs))
  return metrics
}

const LAST = 2n ** 63n - 1n

/** As decimal text that 64 bits with a sign can hold. */
function bounded(ns: bigint): string {
  return String(ns > LAST ? LAST : ns)
}

/** Clocks differ; a negative duration is none (section 10). */
function between(startNs: string, endNs: string): bigint {
  const duration = BigInt(endNs) - BigInt(startNs)
  return duration < 0n ? 0n : duration
}

/** The end of the wrapper of this one call and its tools. */
function wrapperEnd({ primary, endNs }: Call): string | undefined {
  for (const { context } of ancestors(primary)) {
    if (context.kind === 'agent' || context.kind === 'tool') return undefined
    if (context.isStepWrapper) return compareNs(context.endNs, endNs) > 0 ? context.endNs : undefined
  }
  return undefined
}
