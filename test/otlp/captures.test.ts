/** Every recorded capture: the number of steps, and every field that can be known (mapping, section 14). */
import { describe, expect, test } from 'vitest'
import { checkStepInput } from '../../src/schema/step-input.ts'
import { assemble, type AssembledStep } from '../../src/in/otlp/assemble/index.ts'
import { captures, type Capture } from './captures.ts'
import { expectAllSaid, expectAsManySteps, expectCall, expectRuns } from './happened.ts'
import { Kept } from './kept.ts'

const all = captures()

function stepsOf(capture: Capture): AssembledStep[] {
  const kept = new Kept()
  for (const request of capture.requests) kept.receive(request)
  return kept.steps()
}

describe.skipIf(all.length === 0).each(all)('$name', (capture) => {
  const { expected } = capture
  const steps = stepsOf(capture)

  test('as many steps as there were calls', () => expectAsManySteps(expected, steps))

  test.each(expected.llm_calls)('call $seq is recorded as it happened', (call) => expectCall(call, steps))

  test('the steps are such as the API accepts', () => {
    for (const step of steps) expect(() => checkStepInput(step.input, [])).not.toThrow()
  })

  test('calls of one trace are one run, in the order they were made', () => expectRuns(expected, steps))

  test('each message of a run is shown once, and none is lost', () => expectAllSaid(expected, steps))

  test('no header reaches the steps', () => {
    const text = JSON.stringify(steps)
    expect(text).not.toMatch(/user-agent|authorization|keep-alive/i)
  })
})

test('assemble is what plan and render make together', () => {
  const [capture] = all
  if (!capture) return
  const kept = new Kept()
  for (const request of capture.requests) kept.receive(request)
  expect([...kept.groups()].flatMap((facts) => assemble(facts, 'tenant'))).toEqual(kept.steps())
})
