import { describe, expect, test } from 'vitest'
import { normalise } from './domain/normalise.ts'
import { presentStep, presentSteps } from './present.ts'
import { encodeStep, type StepRow } from './store/step-row.ts'

/** @param messages how many of them say the text */
function row(text: string, messages = 1): StepRow {
  const content = Array.from({ length: messages }, () => ({ role: 'user' as const, content: text }))
  return encodeStep(normalise({ messages: content, origin: 'a "quoted" \u0001 😀' }, null).step)
}

test('each message of a step is told its step, run and agent', () => {
  const { step } = normalise(
    {
      run_id: 'run-"1"',
      agent_id: 'agent-1',
      messages: [
        { role: 'user', content: 'one\n{"two"}' },
        { role: 'assistant', content: '' },
      ],
    },
    null,
  )
  const found = JSON.parse(presentStep(encodeStep(step))) as { messages: object[] }
  const told = { step_id: step.id, run_id: 'run-"1"', agent_id: 'agent-1' }
  expect(found.messages).toEqual(step.messages.map((message) => ({ ...told, ...message })))
})

describe('a page of steps', () => {
  const bytesOf = (rows: readonly StepRow[]) => {
    const { buffer, byteOffset, length } = presentSteps(rows).bytes
    return Buffer.from(buffer, byteOffset, length)
  }
  const whole = (rows: readonly StepRow[]) => Buffer.from(`[${rows.map(presentStep).join(',')}]`)

  test.each([
    ['none', []],
    ['one', [row('hello')]],
    [
      'texts of any kind',
      ['é', '語', '😀', '\u2028', '"\\\n\u0000', '\ud800', 'a\udc00b', ''].map((text) => row(text)),
    ],
    ['several messages', [row('one\n{"two"}', 3), row('three', 2)]],
    ['more than there is room for', Array.from({ length: 60 }, (_, i) => row(`${i} ${'word '.repeat(4000)}`))],
    ['one larger than all room', [row('small'), row('語'.repeat(5_000_000)), row('small')]],
  ])('is the bytes of their text: %s', (_, rows) => {
    const page = bytesOf(rows)
    const copy = Buffer.from(page)
    expect(page.equals(whole(rows))).toBe(true)
    expect(JSON.parse(page.toString())).toHaveLength(rows.length)
    // Nor does the next page change it.
    presentSteps([row('another page '.repeat(1000))])
    expect(page.equals(copy)).toBe(true)
  })

  test('takes the place of one that was sent, and of no other', () => {
    const rows = ['first', 'second', 'third'].map((text) => row(text.repeat(10_000))) as [StepRow, StepRow, StepRow]
    const [first, second] = [presentSteps([rows[0]]), presentSteps([rows[1]])]
    expect(first.bytes.buffer).not.toBe(second.bytes.buffer)
    second.sent?.()
    const third = presentSteps([rows[2]])
    expect(third.bytes.buffer).toBe(second.bytes.buffer)
    expect(Buffer.from(first.bytes).equals(whole([rows[0]]))).toBe(true)
    expect(Buffer.from(third.bytes).equals(whole([rows[2]]))).toBe(true)
  })
})
