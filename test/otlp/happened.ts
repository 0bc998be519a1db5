/** What a ledger has to show of a capture, however its steps were read. */
import { expect } from 'vitest'
import type { AssembledStep } from '../../src/in/otlp/assemble/index.ts'
import type { Expected, ExpectedCall } from './captures.ts'
import { differences, telemetryOf, traceOf } from './compare.ts'

export function stepOf(steps: readonly AssembledStep[], call: ExpectedCall): AssembledStep | undefined {
  return steps.find((step) => telemetryOf(step).span_id === call.span.span_id)
}

export function expectAsManySteps(expected: Expected, steps: readonly AssembledStep[]): void {
  const optional = expected.llm_calls.filter((call) => call.may_be_skipped).length
  expect(steps.length).toBeLessThanOrEqual(expected.expected_step_count)
  expect(steps.length).toBeGreaterThanOrEqual(expected.expected_step_count - optional)
  const notSteps = new Set(expected.spans_that_are_not_steps.map(({ span_id }) => span_id))
  expect(steps.filter((step) => notSteps.has(String(telemetryOf(step).span_id)))).toEqual([])
}

export function expectCall(call: ExpectedCall, steps: readonly AssembledStep[]): void {
  const step = stepOf(steps, call)
  if (!step && call.may_be_skipped) return
  expect(step).toBeDefined()
  expect(differences(call, step as AssembledStep)).toEqual([])
}

/** Calls of one trace are one run, in the order they were made. */
export function expectRuns(expected: Expected, steps: readonly AssembledStep[]): void {
  const order = expected.llm_calls.map((call) => stepOf(steps, call)).filter((step) => step !== undefined)
  const times = order.map((step) => String(step.input.created_at))
  expect(times).toEqual(times.toSorted())
  const runs = new Map(order.map((step) => [step.input.trace_id, step.input.run_id]))
  for (const step of order) expect(step.input.run_id).toBe(runs.get(step.input.trace_id))
  expect(new Set(runs.values()).size).toBe(runs.size)
}

/** Each message of a run is shown, and none is lost. */
export function expectAllSaid(expected: Expected, steps: readonly AssembledStep[]): void {
  for (const call of expected.llm_calls) {
    const step = stepOf(steps, call)
    if (!step) continue
    const run = steps.filter((each) => each.input.run_id === step.input.run_id)
    const shown = run.flatMap((each) => each.input.messages ?? []).flatMap((message) => texts(message.content))
    const asked = traceOf(step).request_json.messages as unknown as { content: unknown }[]
    for (const text of asked.flatMap((message) => texts(message.content))) expect(shown).toContain(text)
  }
}

/** Texts and results: what a message says in words. */
function texts(content: unknown): string[] {
  const parts = Array.isArray(content) ? (content as { type: string; text?: string; content?: string }[]) : []
  return parts
    .map((part) => (part.type === 'tool_return' ? part.content : part.text))
    .filter((text) => text !== undefined)
}
