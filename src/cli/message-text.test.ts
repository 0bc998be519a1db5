import { expect, test } from 'vitest'
import { partsOf } from './message-text.ts'

test('a call and its result are told once, whether content, lists or both hold them', () => {
  const call = { type: 'tool_call', id: 'c1', name: 'weather', input: { city: 'Oslo' } }
  const listed = (id: string) => ({ id, type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } })
  const told = { kind: 'call', text: 'weather({"city":"Oslo"})' }
  expect(partsOf({ content: [call], tool_calls: [listed('c1')] })).toEqual([told])
  expect(partsOf({ content: [call], tool_calls: [listed('c1'), listed('c2')] })).toEqual([told, told])
  const result = { type: 'tool_return', tool_call_id: 'c1', content: 'sun', is_error: false }
  const returned = { tool_call_id: 'c1', status: 'success', func_response: 'sun' }
  expect(partsOf({ content: [result], tool_returns: [returned] })).toEqual([
    { kind: 'result', text: 'sun', failed: false },
  ])
  expect(partsOf({ content: 'sun', tool_returns: [returned] })).toHaveLength(2)
})
