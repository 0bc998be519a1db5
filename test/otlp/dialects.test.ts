/** Dialects that no capture has, from the specification: the steps that hand-made telemetry becomes. */
import { describe, expect, test } from 'vitest'
import { checkStepInput } from '../../src/schema/step-input.ts'
import type { AssembledStep } from '../../src/in/otlp/assemble/index.ts'
import { telemetryOf, traceOf } from './compare.ts'
import type { Part } from './captures.ts'
import { spanId } from './examples/example.ts'
import { examples } from './examples/index.ts'
import { Kept } from './kept.ts'

describe.each(examples())('$name', ({ requests, steps: expected }) => {
  const kept = new Kept()
  for (const request of requests) kept.receive(request)
  const steps = kept.steps()

  test('the steps', () => {
    expect(steps.map((step) => telemetryOf(step).span_id ?? null)).toEqual(
      expected.map(({ span }) => (span === null ? null : spanId(span))),
    )
    for (const step of steps) expect(() => checkStepInput(step.input, [])).not.toThrow()
  })

  test.each(expected.map((each, i) => ({ ...each, i })))('step $i', (each) => {
    const step = steps[each.i] as AssembledStep
    for (const [name, value] of Object.entries(each.fields)) {
      expect({ [name]: (step.input as Record<string, unknown>)[name] ?? null }).toEqual({ [name]: value })
    }
    if (each.telemetry) expect(telemetryOf(step)).toMatchObject(each.telemetry)
    const { request_json, response_json } = traceOf(step)
    if (each.asked) expect(lines(request_json.messages)).toEqual(each.asked)
    if (each.answered) expect(lines(response_json.messages)).toEqual(each.answered)
    if (each.shown) expect(lines(step.input.messages)).toEqual(each.shown)
    if (each.request) expect(request_json).toMatchObject(each.request)
    if (each.response) expect(response_json).toMatchObject(each.response)
  })
})

/** One line a part. */
function lines(messages: unknown): string[] {
  return (messages as { role: string; content: Part[] }[]).flatMap(({ role, content }) =>
    content.map((part) => `${role}: ${line(part)}`),
  )
}

function line(part: Part): string {
  switch (part.type) {
    case 'text':
      return part.text ?? ''
    case 'tool_call':
      return `call ${part.id} ${part.name} ${JSON.stringify(part.input)}`
    case 'tool_return':
      return `return ${part.tool_call_id} ${part.content}${part.is_error ? ' (error)' : ''}`
    case 'image':
      return `image ${String(part.source?.type)}`
    case 'reasoning':
      return `reasoning ${part.reasoning}`
    default:
      return part.type
  }
}
