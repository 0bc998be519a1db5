import type { MessageListResponse } from '@letta-ai/letta-client/resources/steps/messages'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { stringifyExact } from '../../domain/exact-json.ts'
import { ROLES, type ContentPart, type Message, type ToolCall, type ToolReturn } from '../../domain/message.ts'
import { messageToolCalls, toLettaMessages, usesMessageTool } from './letta-messages.ts'
import type { ConversionContext, ConversionOptions, LettaMessage } from './letta-messages.ts'

const TYPES = [
  'system_message',
  'user_message',
  'reasoning_message',
  'hidden_reasoning_message',
  'tool_call_message',
  'tool_return_message',
  'assistant_message',
  'approval_request_message',
  'approval_response_message',
  'summary_message',
  'event_message',
] as const satisfies LettaMessage['message_type'][]
const COMMON = ['id', 'date', 'name', 'otid', 'sender_id', 'step_id', 'is_err', 'seq_id', 'run_id']
const UUID = '8f14e45f-ceea-467f-a8f1-3c1f2b9d7aff'
const ID = `message-${UUID}`
const STEP = 'step-3b1f0c52-7a4e-4d0b-9c1e-5f2a6b7c8d90'

function message(role: Message['role'], rest: Partial<Message> = {}): Message {
  return { id: ID, role, created_at: '2025-01-29T15:01:19+00:00', ...rest }
}

function text(value: string): ContentPart {
  return { type: 'text', text: value }
}

function call(id: string, name = 'find', args = '{}'): ToolCall {
  return { id, type: 'function', function: { name, arguments: args } }
}

const say = (id: string, args = '{"message":"Hello"}') => call(id, 'send_message', args)

interface Given extends Partial<ConversionOptions> {
  hidden?: string[]
  context?: Partial<ConversionContext>
}

function convert(input: Message, { hidden = [], context = {}, ...options }: Given = {}): LettaMessage[] {
  return toLettaMessages(
    input,
    { messageToolCallIds: new Set(hidden), ...context },
    { textIsAssistant: true, order: 'asc', ...options },
  )
}

/** Each entry without the common keys. */
function bodies(input: Message, given?: Given) {
  return convert(input, given).map((entry) =>
    Object.fromEntries(Object.entries(entry).filter(([key]) => !COMMON.includes(key))),
  )
}

const types = (input: Message, given?: Given) => convert(input, given).map((entry) => entry.message_type)
const otids = (input: Message, given?: Given) => convert(input, given).map((entry) => entry.otid)

test('every Letta message is one that the SDK knows', () => {
  expectTypeOf<LettaMessage>().toExtend<MessageListResponse>()
  expectTypeOf<LettaMessage['message_type']>().toEqualTypeOf<NonNullable<MessageListResponse['message_type']>>()
  expectTypeOf<LettaMessage['message_type']>().toEqualTypeOf<(typeof TYPES)[number]>()
})

describe('user', () => {
  const content = (parts: ContentPart[] | undefined) => bodies(message('user', parts && { content: parts }))

  test('a single text is the content', () => {
    expect(content([text('Hi')])).toEqual([{ message_type: 'user_message', content: 'Hi' }])
  })

  test('a packed text is unpacked', () => {
    const packed = { type: 'user_message', message: 'hi my name is sarah ', time: '2025-03-31 08:51:08 PM PDT-0700' }
    expect(content([text(JSON.stringify(packed, null, 2))])).toMatchObject([{ content: 'hi my name is sarah ' }])
  })

  test('an inner value that is no text becomes JSON, digit for digit', () => {
    const packed = '{"type":"user_message","message":{"n":12345678901234567890}}'
    expect(content([text(packed)])).toMatchObject([{ content: '{"n":12345678901234567890}' }])
  })

  test.each([
    '{"type":"heartbeat","message":"x"}',
    '{"type":"user_message"}',
    '{"type":"user_message","message":',
    '["user_message"]',
    '',
  ])('%j stays raw', (raw) => {
    expect(content([text(raw)])).toMatchObject([{ content: raw }])
  })

  test('several parts or an image stay an array', () => {
    const image: ContentPart = { type: 'image', source: { type: 'url', url: 'https://example.org/a.png' } }
    expect(content([text('a'), text('b')])).toMatchObject([{ content: [text('a'), text('b')] }])
    expect(content([image])).toMatchObject([{ content: [image] }])
    expect(content([text('{"type":"user_message","message":"a"}'), image])).toMatchObject([
      { content: [text('{"type":"user_message","message":"a"}'), image] },
    ])
  })

  test('without content, or with parts that a user message cannot hold, it is empty', () => {
    expect(content(undefined)).toMatchObject([{ content: '' }])
    expect(content([])).toMatchObject([{ content: '' }])
    expect(content([{ type: 'omitted_reasoning' }])).toMatchObject([{ content: '' }])
  })
})

describe('system', () => {
  test('one text, several texts, none', () => {
    const content = (parts: ContentPart[]) => bodies(message('system', { content: parts }))
    expect(content([text('Be kind.')])).toEqual([{ message_type: 'system_message', content: 'Be kind.' }])
    expect(content([text('Be kind.'), text('Be short.')])).toMatchObject([{ content: 'Be kind.\nBe short.' }])
    expect(content([])).toMatchObject([{ content: '' }])
  })
})

describe('summary', () => {
  const stats = {
    trigger: 'context_window_exceeded',
    context_window: 32000,
    messages_count_before: 40,
    messages_count_after: 8,
    context_tokens_before: 31000,
    context_tokens_after: 4000,
  }
  const summary = (value: string) => bodies(message('summary', { content: [text(value)] }))

  test('the inner text with its stats', () => {
    const packed = { type: 'system_alert', message: 'They met.', time: 'now', compaction_stats: stats }
    expect(summary(JSON.stringify(packed))).toEqual([
      { message_type: 'summary_message', summary: 'They met.', compaction_stats: stats },
    ])
  })

  test('stats without token counts, and stats that lack what the SDKs need', () => {
    const { context_tokens_before: _before, context_tokens_after: _after, ...rest } = stats
    const short = { ...rest, context_tokens_before: null, context_tokens_after: null }
    expect(summary(JSON.stringify({ message: 'a', compaction_stats: rest }))).toMatchObject([
      { compaction_stats: short },
    ])
    for (const compaction_stats of [null, 'x', [], {}, { ...stats, trigger: 1 }, { ...stats, context_window: '1' }]) {
      expect(summary(JSON.stringify({ message: 'a', compaction_stats }))).toMatchObject([{ compaction_stats: null }])
    }
  })

  test('plain text, and JSON without a message', () => {
    expect(summary('They met.')).toMatchObject([{ summary: 'They met.', compaction_stats: null }])
    expect(summary('{"a":1}')).toMatchObject([{ summary: '{"a":1}', compaction_stats: null }])
  })
})

describe('content parts of assistant and approval messages', () => {
  const parts = (content: ContentPart[], given?: Given) => bodies(message('assistant', { content }), given)
  const native = (reasoning: string, signature?: string): ContentPart => ({
    type: 'reasoning',
    is_native: true,
    reasoning,
    ...(signature !== undefined && { signature }),
  })

  test('text is an answer, and joins the answer before it', () => {
    expect(parts([text('Hel'), text('lo')])).toEqual([{ message_type: 'assistant_message', content: 'Hello' }])
    expect(parts([text('a'), native('b'), text('c')])).toMatchObject([
      { content: 'a' },
      { reasoning: 'b' },
      { content: 'c' },
    ])
  })

  test('text of a legacy agent is reasoning, each by itself', () => {
    expect(parts([text('a'), text('b')], { textIsAssistant: false })).toEqual([
      { message_type: 'reasoning_message', reasoning: 'a', source: 'non_reasoner_model', signature: null },
      { message_type: 'reasoning_message', reasoning: 'b', source: 'non_reasoner_model', signature: null },
    ])
  })

  test('native reasoning joins reasoning before it; the first signature and source stay', () => {
    expect(parts([native('a', 's1'), native('b', 's2'), native('c')])).toEqual([
      { message_type: 'reasoning_message', reasoning: 'abc', source: 'reasoner_model', signature: 's1' },
    ])
    expect(parts([text('a'), native('b', 's')], { textIsAssistant: false })).toEqual([
      { message_type: 'reasoning_message', reasoning: 'ab', source: 'non_reasoner_model', signature: null },
    ])
  })

  test('summarized reasoning: its non-empty texts, a blank line between', () => {
    const part = (texts: string[]): ContentPart => ({
      type: 'summarized_reasoning',
      id: 'rs_1',
      summary: texts.map((value, index) => ({ index, text: value })),
      encrypted_content: 'secret',
    })
    expect(parts([native('x'), part(['a', '', 'b'])])).toEqual([
      { message_type: 'reasoning_message', reasoning: 'x', source: 'reasoner_model', signature: null },
      { message_type: 'reasoning_message', reasoning: 'a\n\nb', source: 'reasoner_model', signature: 'secret' },
    ])
    expect(parts([part(['']), part([])])).toEqual([])
  })

  test('hidden reasoning', () => {
    expect(parts([{ type: 'redacted_reasoning', data: 'xyz' }, { type: 'omitted_reasoning' }])).toEqual([
      { message_type: 'hidden_reasoning_message', state: 'redacted', hidden_reasoning: 'xyz' },
      { message_type: 'hidden_reasoning_message', state: 'omitted', hidden_reasoning: null },
    ])
  })

  test('tool calls, images and tool returns yield nothing, and do not keep answers apart', () => {
    const silent: ContentPart[] = [
      { type: 'tool_call', id: 'call_1', name: 'find', input: {} },
      { type: 'image', source: { type: 'letta', file_id: 'file-1' } },
      { type: 'tool_return', tool_call_id: 'call_1', content: 'x', is_error: false },
    ]
    expect(parts(silent)).toEqual([])
    expect(parts([text('a'), ...silent, text('b')])).toMatchObject([{ content: 'ab' }])
  })
})

describe('tool calls', () => {
  const calls = (tool_calls: ToolCall[], given?: Given) => bodies(message('assistant', { tool_calls }), given)
  const shown = (id: string, name = 'find', args = '{}') => ({ name, arguments: args, tool_call_id: id })

  test('consecutive calls are one message', () => {
    expect(calls([call('1'), call('2')])).toEqual([
      { message_type: 'tool_call_message', tool_call: shown('1'), tool_calls: [shown('1'), shown('2')] },
    ])
  })

  test('the message tool splits the groups', () => {
    expect(calls([call('1'), say('2'), call('3'), call('4')])).toEqual([
      { message_type: 'tool_call_message', tool_call: shown('1'), tool_calls: [shown('1')] },
      { message_type: 'assistant_message', content: 'Hello' },
      { message_type: 'tool_call_message', tool_call: shown('3'), tool_calls: [shown('3'), shown('4')] },
    ])
  })

  test('what is said as an object is JSON text', () => {
    expect(calls([say('1', '{"message":{"a":[1]}}')])).toMatchObject([{ content: '{"a":[1]}' }])
  })

  test.each(['{}', '{"text":"Hello"}', '{"message":null}', '{"message":"Hel', '', '"message"', '[]'])(
    'a message-tool call with %j is an ordinary call',
    (args) => {
      expect(calls([call('1'), say('2', args)])).toMatchObject([
        { tool_calls: [shown('1'), shown('2', 'send_message', args)] },
      ])
      expect(messageToolCalls([message('assistant', { tool_calls: [say('2', args)] })])).toEqual(new Set())
    },
  )

  test('another message tool, or none', () => {
    const messageTool = { name: 'reply', argument: 'body' }
    expect(calls([say('1'), call('2', 'reply', '{"body":"Hi"}')], { messageTool })).toMatchObject([
      { tool_calls: [{ tool_call_id: '1' }] },
      { content: 'Hi' },
    ])
    expect(calls([say('1')], { messageTool: null })).toMatchObject([{ tool_calls: [{ tool_call_id: '1' }] }])
    const reply = message('assistant', { tool_calls: [call('2', 'reply', '{"body":"Hi"}')] })
    expect(messageToolCalls([reply], messageTool)).toEqual(new Set(['2']))
    expect(usesMessageTool([reply], messageTool)).toBe(true)
  })

  test('content comes before calls', () => {
    const both = message('assistant', { content: [text('a')], tool_calls: [say('1'), call('2')] })
    expect(bodies(both)).toMatchObject([{ content: 'a' }, { content: 'Hello' }, { tool_calls: [{}] }])
  })
})

describe('what answers the message tool', () => {
  const assistant = message('assistant', { tool_calls: [call('1'), say('2')] })
  const back = (id: string): ToolReturn => ({ status: 'success', func_response: id, tool_call_id: id })

  test('only calls that are shown as answers count', () => {
    expect(messageToolCalls([assistant, message('tool', { tool_call_id: '2' })])).toEqual(new Set(['2']))
    expect(messageToolCalls([message('approval', { tool_calls: [say('1')] })])).toEqual(new Set())
    expect(messageToolCalls([message('user')])).toEqual(new Set())
  })

  test('an id that is empty or shared with an ordinary call hides nothing', () => {
    expect(messageToolCalls([message('assistant', { tool_calls: [say('')] })])).toEqual(new Set())
    expect(messageToolCalls([assistant, message('assistant', { tool_calls: [say('1')] })])).toEqual(new Set(['2']))
  })

  test('its return is left out, others stay', () => {
    const hidden = ['2']
    expect(bodies(message('tool', { tool_call_id: '2', content: [text('x')] }), { hidden })).toEqual([])
    expect(bodies(message('tool', { tool_returns: [back('2')] }), { hidden })).toEqual([])
    expect(bodies(message('tool', { tool_call_id: '2', tool_returns: [back('2'), back('1')] }), { hidden })).toEqual([
      {
        message_type: 'tool_return_message',
        tool_return: '1',
        status: 'success',
        tool_call_id: '1',
        stdout: null,
        stderr: null,
        tool_returns: [
          { type: 'tool', tool_return: '1', status: 'success', tool_call_id: '1', stdout: null, stderr: null },
        ],
      },
    ])
  })

  test('everything is shown when no tool is the message tool', () => {
    const answer = message('tool', { tool_returns: [back('2')] })
    expect(types(answer, { hidden: ['2'], messageTool: null })).toEqual(['tool_return_message'])
  })

  test('usesMessageTool tells by the call, whatever its arguments', () => {
    expect(usesMessageTool([message('user'), message('assistant', { tool_calls: [say('1', '?')] })])).toBe(true)
    expect(usesMessageTool([message('assistant', { tool_calls: [call('1')] }), message('tool')])).toBe(false)
  })
})

describe('tool returns', () => {
  const answer = (tool_return: Partial<ToolReturn>, rest: Partial<Message> = {}) =>
    bodies(message('tool', { tool_call_id: 'c', tool_returns: [{ status: 'success', ...tool_return }], ...rest }))[0]
  const packed = (status: string, value: unknown) => stringifyExact({ status, message: value, time: 'now' })

  test('the wrapper gives text and status', () => {
    expect(answer({ status: 'error', func_response: packed('OK', '1 hit'), stdout: ['a'], stderr: [] })).toEqual({
      message_type: 'tool_return_message',
      tool_return: '1 hit',
      status: 'success',
      tool_call_id: 'c',
      stdout: ['a'],
      stderr: [],
      tool_returns: [
        { type: 'tool', tool_return: '1 hit', status: 'success', tool_call_id: 'c', stdout: ['a'], stderr: [] },
      ],
    })
    expect(answer({ func_response: packed('Failed', 'timeout') })).toMatchObject({
      tool_return: 'timeout',
      status: 'error',
    })
  })

  test.each([
    [null, 'null'],
    [{ a: 'é' }, '{"a":"é"}'],
    [[true], '[true]'],
    [JSON.rawJSON('12345678901234567890'), '12345678901234567890'],
  ])('the message %j is JSON text', (value, expected) => {
    expect(answer({ func_response: packed('OK', value) })).toMatchObject({ tool_return: expected })
  })

  test.each([
    'plain',
    '',
    '{"status":"OK","mess',
    '{"status":"OK"}',
    '{"status":"open","message":"ticket"}',
    '{"message":"ticket"}',
    '[{"status":"OK","message":"a"}]',
    'null',
  ])('%j is no wrapper: text as it is, status of the return', (func_response) => {
    expect(answer({ status: 'error', func_response })).toMatchObject({ tool_return: func_response, status: 'error' })
  })

  test('too deep to write again: the text as it is', () => {
    const func_response = `{"status":"OK","message":${'['.repeat(20_000)}${']'.repeat(20_000)}}`
    expect(answer({ func_response })?.tool_return).toSatisfy((shown) => func_response.includes(shown as string))
  })

  test('parts are passed on, and told in the deprecated text', () => {
    const image = { type: 'image' as const, source: { type: 'url' as const, url: 'https://example.org/a.png' } }
    const a = { type: 'text' as const, text: 'a' }
    const told = (func_response: NonNullable<ToolReturn['func_response']>) => answer({ func_response })
    expect(told([a, image, a])).toMatchObject({
      tool_return: 'a\na [Image omitted]',
      tool_returns: [{ tool_return: [a, image, a] }],
    })
    expect(told([image, image])).toMatchObject({ tool_return: '[2 images omitted]' })
    expect(told([])).toMatchObject({ tool_return: '', tool_returns: [{ tool_return: [] }] })
  })

  test('call ids: of the return, else of the message when it answers one call; any JSON is text', () => {
    expect(answer({ tool_call_id: 'own' })).toMatchObject({ tool_call_id: 'own' })
    expect(answer({ tool_call_id: 7 })).toMatchObject({ tool_call_id: '7' })
    expect(answer({ tool_call_id: { a: 1 } })).toMatchObject({ tool_call_id: '{"a":1}' })
    expect(answer({ tool_call_id: null })).toMatchObject({ tool_call_id: 'c' })
    const two = answer({}, { tool_returns: [{ status: 'success' }, { status: 'error', tool_call_id: 'd' }] })
    expect(two).toMatchObject({ tool_call_id: '', tool_returns: [{ tool_call_id: '' }, { tool_call_id: 'd' }] })
  })

  test('a return without a response: the text is in the content', () => {
    expect(answer({ status: 'error', stderr: ['e'] }, { content: [text('oops')] })).toMatchObject({
      tool_return: 'oops',
      status: 'error',
      stderr: ['e'],
    })
  })

  describe.each(['tool', 'function'] as const)('role %s without tool_returns', (role) => {
    const only = (rest: Partial<Message>) => bodies(message(role, { tool_call_id: 'c', tool_returns: [], ...rest }))[0]

    test('the content is read the same way', () => {
      expect(only({ content: [text(packed('Failed', 'gone'))] })).toMatchObject({
        tool_return: 'gone',
        status: 'error',
        tool_call_id: 'c',
        tool_returns: [{ type: 'tool', tool_return: 'gone', status: 'error', tool_call_id: 'c' }],
      })
      expect(only({ content: [text('gone')] })).toMatchObject({ tool_return: 'gone', status: 'success' })
      expect(only({ content: [text('gone')], is_err: true })).toMatchObject({ tool_return: 'gone', status: 'error' })
      expect(only({})).toMatchObject({ tool_return: '', status: 'success' })
      expect(only({ content: [text('a'), text('b')] })).toMatchObject({
        tool_return: 'a\nb',
        tool_returns: [{ tool_return: [text('a'), text('b')] }],
      })
    })

    test('returns may be content parts', () => {
      const part = (id: string, is_error: boolean): ContentPart => ({
        type: 'tool_return',
        tool_call_id: id,
        content: id.toUpperCase(),
        is_error,
      })
      expect(only({ content: [part('a', true), part('b', false)] })).toMatchObject({
        tool_call_id: 'a',
        tool_returns: [
          { tool_call_id: 'a', tool_return: 'A', status: 'error' },
          { tool_call_id: 'b', tool_return: 'B', status: 'success' },
        ],
      })
    })
  })
})

describe('approval', () => {
  test('a request: content, then all calls, the message tool among them', () => {
    const request = message('approval', { content: [text('May I?')], tool_calls: [call('1'), say('2')], otid: ID })
    const first = { name: 'find', arguments: '{}', tool_call_id: '1' }
    const second = { name: 'send_message', arguments: '{"message":"Hello"}', tool_call_id: '2' }
    expect(bodies(request)).toEqual([
      { message_type: 'assistant_message', content: 'May I?' },
      { message_type: 'approval_request_message', tool_call: first, tool_calls: [first, second] },
    ])
    expect(otids(request)).toEqual(['8f14e45f-ceea-467f-a8f1-3c1f2b9d7a80', ID])
  })

  test('a response: approvals copied, tool returns translated, the old fields from the first approval', () => {
    const response = message('approval', {
      content: [{ type: 'reasoning', is_native: true, reasoning: 'r' }],
      approvals: [
        { status: 'error', func_response: 'boom', tool_call_id: '0' },
        { type: 'approval', tool_call_id: '1', approve: false, reason: 'no' },
        { type: 'approval', tool_call_id: '2', approve: true },
      ],
      approve: true,
      approval_request_id: 'x',
    })
    expect(bodies(response)).toMatchObject([
      { message_type: 'reasoning_message' },
      {
        message_type: 'approval_response_message',
        approvals: [
          { type: 'tool', tool_return: 'boom', status: 'error', tool_call_id: '0', stdout: null, stderr: null },
          { type: 'approval', tool_call_id: '1', approve: false, reason: 'no' },
          { type: 'approval', tool_call_id: '2', approve: true, reason: null },
        ],
        approve: false,
        approval_request_id: '1',
        reason: 'no',
      },
    ])
  })

  test('a legacy row becomes one approval', () => {
    const legacy = { approve: false, approval_request_id: 'message-1', denial_reason: 'no' }
    expect(bodies(message('approval', { ...legacy, approvals: [], tool_calls: [] }))).toEqual([
      {
        message_type: 'approval_response_message',
        approvals: [{ type: 'approval', tool_call_id: 'message-1', approve: false, reason: 'no' }],
        approve: false,
        approval_request_id: 'message-1',
        reason: 'no',
      },
    ])
  })

  test('a row that says nothing, or only tool returns', () => {
    const none = { approve: null, approval_request_id: null, reason: null }
    expect(bodies(message('approval'))).toMatchObject([{ approvals: [], ...none }])
    expect(bodies(message('approval', { approve: true }))).toMatchObject([{ approvals: [], ...none, approve: true }])
    expect(bodies(message('approval', { approvals: [{ status: 'success', tool_call_id: '1' }] }))).toMatchObject([
      { approvals: [{ type: 'tool', tool_return: '' }], ...none },
    ])
  })
})

describe('common keys', () => {
  const full: Partial<Message> = {
    content: [text('a'), { type: 'omitted_reasoning' }],
    tool_calls: [call('1')],
    step_id: STEP,
    run_id: 'run-1',
    name: 'Ann',
    sender_id: 'identity-1',
    is_err: true,
    otid: 'given',
  }
  const known = { id: ID, step_id: STEP, run_id: 'run-1', name: 'Ann', sender_id: 'identity-1', is_err: true }

  test.each(ROLES)('all of them on everything a %s message yields', (role) => {
    const entries = convert(message(role, full))
    expect(entries.length).toBeGreaterThan(0)
    for (const entry of entries) expect(entry).toMatchObject({ ...known, seq_id: null })
  })

  test('null when unknown; is_err is never false', () => {
    const nothing = { name: null, otid: null, sender_id: null, step_id: null, is_err: null, seq_id: null, run_id: null }
    expect(convert(message('user', { is_err: false }))).toMatchObject([nothing])
  })

  test("the step and run that a message does not name are the caller's", () => {
    const context = { step_id: STEP, run_id: 'run-1' }
    expect(convert(message('user'), { context })).toMatchObject([context])
    expect(convert(message('user', { run_id: 'run-2' }), { context })).toMatchObject([{ ...context, run_id: 'run-2' }])
  })

  test.each(['user', 'system', 'summary', 'approval'] as const)('the stored otid: %s', (role) => {
    expect(otids(message(role, { otid: 'given' }))).toEqual(['given'])
    expect(otids(message(role))).toEqual([null])
  })

  test('the otid counts within the message, content and calls together', () => {
    const expected = [80, 81, 82].map((end) => `8f14e45f-ceea-467f-a8f1-3c1f2b9d7a${end}`)
    expect(otids(message('assistant', full))).toEqual(expected)
    expect(otids(message('assistant', full), { order: 'desc' })).toEqual(expected.toReversed())
  })

  test('the otid of a tool return is the first', () => {
    expect(otids(message('tool', { otid: 'given' }))).toEqual(['8f14e45f-ceea-467f-a8f1-3c1f2b9d7a80'])
  })

  test('otids stay distinct beyond 7 bits and at the end of the range', () => {
    const tool_calls = Array.from({ length: 300 }, (_, index) => say(String(index)))
    const made = otids(message('assistant', { id: 'message-FFFFFFFF-ffff-ffff-ffff-ffffffffffff', tool_calls }))
    expect(new Set(made).size).toBe(300)
    expect(made[127]).toBe('ffffffff-ffff-ffff-ffff-ffffffffffff')
    expect(made[128]).toBe('ffffffff-ffff-ffff-ffff-000000000000')
  })

  test.each(['msg_abc', 'message-', 'message-123', ''])('the id %j still gives stable otids', (id) => {
    const made = otids(message('assistant', { ...full, id }))
    expect(new Set(made).size).toBe(3)
    for (const otid of made) expect(otid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(otids(message('assistant', { ...full, id }))).toEqual(made)
  })

  test.each([
    ['2025-01-29T15:01:19+00:00', '2025-01-29T15:01:19+00:00'],
    ['2025-01-29T15:01:19.123456789-08:00', '2025-01-29T15:01:19.123456789-08:00'],
    ['2025-01-29T15:01:19.5Z', '2025-01-29T15:01:19.5Z'],
    ['2025-04-01T03:47:27.492924', '2025-04-01T03:47:27.492924Z'],
    ['2025-01-29 15:01:19.25+01:00', '2025-01-29T14:01:19.250000Z'],
    ['2025-01-29', '2025-01-29T00:00:00.000000Z'],
    ['yesterday', 'yesterday'],
  ])('date %s is told as %s', (created_at, date) => {
    expect(convert(message('user', { created_at }))).toMatchObject([{ date }])
  })
})

describe('a step as a whole', () => {
  const example: Message[] = [
    message('assistant', {
      content: [{ type: 'reasoning', is_native: true, reasoning: 'Two look-ups are needed.' }],
      tool_calls: [call('call_1', 'find', '{"q":"a"}'), call('call_2', 'find', '{"q":"b"}')],
      step_id: STEP,
    }),
    message('tool', {
      id: 'message-1c9a7d34-52f0-4b1e-8a6d-0e3f4c5b6a00',
      created_at: '2025-01-29T15:01:20+00:00',
      tool_call_id: 'call_1',
      tool_returns: [
        {
          status: 'success',
          func_response: '{"status": "OK", "message": "1 hit", "time": "2025-01-29 03:01:20 PM UTC+0000"}',
          tool_call_id: 'call_1',
        },
        { status: 'error', func_response: 'timeout', tool_call_id: 'call_2' },
      ],
      step_id: STEP,
    }),
  ]
  const call1 = '{"name":"find","arguments":"{\\"q\\":\\"a\\"}","tool_call_id":"call_1"}'
  const call2 = '{"name":"find","arguments":"{\\"q\\":\\"b\\"}","tool_call_id":"call_2"}'
  const rest = `"step_id":"${STEP}","run_id":null,"name":null,"sender_id":null,"is_err":null,"seq_id":null`
  const return1 = '"tool_return":"1 hit","status":"success","tool_call_id":"call_1","stdout":null,"stderr":null'
  const return2 = '"tool_return":"timeout","status":"error","tool_call_id":"call_2","stdout":null,"stderr":null'
  const worked = [
    `{"message_type":"reasoning_message","id":"${ID}","otid":"8f14e45f-ceea-467f-a8f1-3c1f2b9d7a80",` +
      '"date":"2025-01-29T15:01:19+00:00","reasoning":"Two look-ups are needed.","source":"reasoner_model",' +
      `"signature":null,${rest}}`,
    `{"message_type":"tool_call_message","id":"${ID}","otid":"8f14e45f-ceea-467f-a8f1-3c1f2b9d7a81",` +
      `"date":"2025-01-29T15:01:19+00:00","tool_call":${call1},"tool_calls":[${call1},${call2}],${rest}}`,
    '{"message_type":"tool_return_message","id":"message-1c9a7d34-52f0-4b1e-8a6d-0e3f4c5b6a00",' +
      '"otid":"1c9a7d34-52f0-4b1e-8a6d-0e3f4c5b6a00","date":"2025-01-29T15:01:20+00:00",' +
      `${return1},"tool_returns":[{"type":"tool",${return1}},{"type":"tool",${return2}}],${rest}}`,
  ]

  test('the worked example, byte for byte, in both orders', () => {
    const asc = example.flatMap((entry) => convert(entry, { order: 'asc' }))
    const desc = example.toReversed().flatMap((entry) => convert(entry, { order: 'desc' }))
    expect(stringifyExact(asc)).toBe(`[${worked.join(',')}]`)
    expect(stringifyExact(desc)).toBe(`[${worked.toReversed().join(',')}]`)
  })

  test('conversion leaves the message alone', () => {
    const before = structuredClone(example)
    for (const entry of example) convert(entry, { order: 'desc' })
    expect(example).toEqual(before)
  })
})

describe('arbitrary messages', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.record({ type: fc.constant('user_message'), message: fc.jsonValue() }).map(stringifyExact),
    fc
      .record({ status: fc.constantFrom('OK', 'Failed', 'x'), message: fc.jsonValue() }, { requiredKeys: [] })
      .map(stringifyExact),
  )
  const callId = fc.constantFrom('', '1', '2', '3')
  const image = fc.record({
    type: fc.constant('image' as const),
    source: fc.record({ type: fc.constant('url' as const), url: anyText }),
  })
  const textPart = fc.record({ type: fc.constant('text' as const), text: anyText })
  const signed = fc.option(fc.string())
  const part: fc.Arbitrary<ContentPart> = fc.oneof(
    textPart,
    image,
    fc.record({
      type: fc.constant('reasoning' as const),
      is_native: fc.boolean(),
      reasoning: anyText,
      signature: signed,
    }),
    fc.record({ type: fc.constant('redacted_reasoning' as const), data: anyText }),
    fc.record({ type: fc.constant('omitted_reasoning' as const) }),
    fc.record({
      type: fc.constant('summarized_reasoning' as const),
      id: fc.string(),
      summary: fc.array(fc.record({ index: fc.nat(), text: anyText })),
      encrypted_content: signed,
    }),
    fc.record({
      type: fc.constant('tool_return' as const),
      tool_call_id: callId,
      content: anyText,
      is_error: fc.boolean(),
    }),
  )
  const toolCall: fc.Arbitrary<ToolCall> = fc
    .tuple(callId, fc.constantFrom('find', 'send_message'), fc.oneof(anyText, fc.constant('{"message":"Hello"}')))
    .map(([id, name, args]) => call(id, name, args))
  const toolReturn: fc.Arbitrary<ToolReturn> = fc.record(
    {
      status: fc.constantFrom('success' as const, 'error' as const),
      func_response: fc.option(fc.oneof(anyText, fc.array(fc.oneof(textPart, image)))),
      stdout: fc.option(fc.array(fc.string())),
      tool_call_id: fc.oneof(callId, fc.jsonValue() as fc.Arbitrary<string>),
    },
    { requiredKeys: ['status'] },
  )
  const approval = fc.record({
    type: fc.constant('approval' as const),
    tool_call_id: callId,
    approve: fc.boolean(),
    reason: fc.option(fc.string()),
  })
  const anyMessage: fc.Arbitrary<Message> = fc.record(
    {
      id: fc.oneof(
        fc.uuid().map((uuid) => `message-${uuid}`),
        fc.string(),
      ),
      role: fc.oneof(fc.constantFrom(...ROLES), fc.constant('developer' as 'system')),
      created_at: fc.oneof(
        fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
        fc.string(),
      ),
      content: fc.array(part),
      tool_calls: fc.option(fc.array(toolCall)),
      tool_returns: fc.option(fc.array(toolReturn)),
      tool_call_id: fc.option(callId),
      approvals: fc.option(fc.array(fc.oneof(approval, toolReturn))),
      approve: fc.option(fc.boolean()),
      approval_request_id: fc.option(fc.string()),
      denial_reason: fc.option(fc.string()),
      otid: fc.option(fc.string()),
      is_err: fc.option(fc.boolean()),
    },
    { requiredKeys: ['id', 'role', 'created_at'] },
  )

  test('desc mirrors asc, only known types with all common keys, otids apart, no throw', () => {
    fc.assert(
      fc.property(anyMessage, fc.boolean(), fc.boolean(), (input, textIsAssistant, withTool) => {
        const hidden = [...messageToolCalls([input])]
        const given = { textIsAssistant, hidden, ...(!withTool && { messageTool: null }) }
        const asc = convert(input, { ...given, order: 'asc' })
        expect(convert(input, { ...given, order: 'desc' })).toEqual(asc.toReversed())
        for (const entry of asc) {
          expect(TYPES).toContain(entry.message_type)
          expect(Object.keys(entry)).toEqual(expect.arrayContaining(COMMON))
          expect(Object.values(entry)).not.toContain(undefined)
        }
        const made = asc.map((entry) => entry.otid).filter((otid) => otid !== null && otid !== input.otid)
        expect(new Set(made).size).toBe(made.length)
      }),
      { numRuns: 1000 },
    )
  })
})
