/** Every recorded capture: the number of steps, and every field that can be known (mapping, section 14). */
import { describe, expect, test } from 'vitest'
import { checkStepInput } from '../../src/schema/step-input.ts'
import { assemble, type AssembledStep } from '../../src/in/otlp/assemble/index.ts'
import { captures, type Capture, type ExpectedCall } from './captures.ts'
import { differences, telemetryOf, traceOf } from './compare.ts'
import { Kept } from './kept.ts'

const all = captures()

function stepsOf(capture: Capture): AssembledStep[] {
  const kept = new Kept()
  for (const request of capture.requests) kept.receive(request)
  return kept.steps()
}

function stepOf(steps: readonly AssembledStep[], call: ExpectedCall): AssembledStep | undefined {
  return steps.find((step) => telemetryOf(step).span_id === call.span.span_id)
}

describe.skipIf(all.length === 0).each(all)('$name', (capture) => {
  const { expected } = capture
  const steps = stepsOf(capture)

  test('as many steps as there were calls', () => {
    const optional = expected.llm_calls.filter((call) => call.may_be_skipped).length
    expect(steps.length).toBeLessThanOrEqual(expected.expected_step_count)
    expect(steps.length).toBeGreaterThanOrEqual(expected.expected_step_count - optional)
    const notSteps = new Set(expected.spans_that_are_not_steps.map(({ span_id }) => span_id))
    expect(steps.filter((step) => notSteps.has(String(telemetryOf(step).span_id)))).toEqual([])
  })

  test.each(expected.llm_calls)('call $seq is recorded as it happened', (call) => {
    const step = stepOf(steps, call)
    if (!step && call.may_be_skipped) return
    expect(step).toBeDefined()
    expect(differences(call, step as AssembledStep)).toEqual([])
  })

  test('the steps are such as the API accepts', () => {
    for (const step of steps) expect(() => checkStepInput(step.input, [])).not.toThrow()
  })

  test('calls of one trace are one run, in the order they were made', () => {
    const order = expected.llm_calls.map((call) => stepOf(steps, call)).filter((step) => step !== undefined)
    const times = order.map((step) => String(step.input.created_at))
    expect(times).toEqual(times.toSorted())
    const runs = new Map(order.map((step) => [step.input.trace_id, step.input.run_id]))
    for (const step of order) expect(step.input.run_id).toBe(runs.get(step.input.trace_id))
    expect(new Set(runs.values()).size).toBe(runs.size)
  })

  test('each message of a run is shown once, and none is lost', () => {
    for (const call of expected.llm_calls) {
      const step = stepOf(steps, call)
      if (!step) continue
      const run = steps.filter((each) => each.input.run_id === step.input.run_id)
      const shown = run.flatMap((each) => each.input.messages ?? []).flatMap((message) => texts(message.content))
      const asked = traceOf(step).request_json.messages as unknown as { content: unknown }[]
      for (const text of asked.flatMap((message) => texts(message.content))) expect(shown).toContain(text)
    }
  })

  test('no header reaches the steps', () => {
    const text = JSON.stringify(steps)
    expect(text).not.toMatch(/user-agent|authorization|keep-alive/i)
  })
})

/** Texts and results: what a message says in words. */
function texts(content: unknown): string[] {
  const parts = Array.isArray(content) ? (content as { type: string; text?: string; content?: string }[]) : []
  return parts
    .map((part) => (part.type === 'tool_return' ? part.content : part.text))
    .filter((text) => text !== undefined)
}

test('assemble is what plan and render make together', () => {
  const [capture] = all
  if (!capture) return
  const kept = new Kept()
  for (const request of capture.requests) kept.receive(request)
  expect([...kept.groups()].flatMap((facts) => assemble(facts, 'tenant'))).toEqual(kept.steps())
})
