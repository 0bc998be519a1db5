/** Messages of steps and of runs (contract, section 4; checklist 11). */
import { afterAll, describe, expect, test } from 'vitest'
import type { MessageInput } from '../../src/domain/message.ts'
import { startTestServer } from '../support/server.ts'
import { at, clientOf, errorOf, fresh, freshStepId, messageId, walk } from './support.ts'

const server = await startTestServer()
afterAll(() => server.close())
const client = clientOf(server)

type Shown = Record<string, unknown> & { id: string; message_type: string }

async function recordStep(messages: MessageInput[], extra: object = {}) {
  const [step] = await server.record([{ id: freshStepId(), messages, ...extra }])
  return step?.id ?? ''
}

/** The Letta messages of a step that holds these internal ones. */
async function shown(...messages: MessageInput[]): Promise<Shown[]> {
  const { items } = await client.steps.messages.list(await recordStep(messages))
  return items as unknown as Shown[]
}

const call = (id: string, name = 'find', args = '{}') => ({
  id,
  type: 'function' as const,
  function: { name, arguments: args },
})
let made = 0
const freshMessageId = () => messageId((made += 1))

/** An internal message that comes to five Letta messages, and others that come to one, two and none. */
const RICH: MessageInput[] = [
  { role: 'user', content: 'Look it up.' },
  {
    role: 'assistant',
    content: [
      { type: 'reasoning', is_native: true, reasoning: 'Two look-ups.' },
      { type: 'redacted_reasoning', data: 'xyz' },
      { type: 'text', text: 'One moment.' },
    ],
    tool_calls: [call('c1'), call('c2', 'send_message', '{"message":"Hello"}'), call('c3')],
  },
  { role: 'tool', tool_call_id: 'c2', content: '{"status":"OK","message":"None"}' },
  { role: 'tool', tool_returns: [{ tool_call_id: 'c1', status: 'success', func_response: 'not the expected JSON' }] },
  { role: 'assistant', content: [{ type: 'text', text: 'Found.' }] },
]

describe('the worked example of section 4.3', async () => {
  const id = 'step-3b1f0c52-7a4e-4d0b-9c1e-5f2a6b7c8d90'
  const [one, two] = ['message-8f14e45f-ceea-467f-a8f1-3c1f2b9d7aff', 'message-1c9a7d34-52f0-4b1e-8a6d-0e3f4c5b6a00']
  await server.record([
    {
      id,
      messages: [
        {
          id: one,
          role: 'assistant',
          created_at: '2025-01-29T15:01:19+00:00',
          content: [{ type: 'reasoning', is_native: true, reasoning: 'Two look-ups are needed.' }],
          tool_calls: [call('call_1', 'find', '{"q":"a"}'), call('call_2', 'find', '{"q":"b"}')],
        },
        {
          id: two,
          role: 'tool',
          created_at: '2025-01-29T15:01:20+00:00',
          tool_returns: [
            { tool_call_id: 'call_1', status: 'success', func_response: '{"status":"OK","message":"1 hit"}' },
            { tool_call_id: 'call_2', status: 'error', func_response: '{"status":"Failed","message":"timeout"}' },
          ],
        },
      ],
    },
  ])
  const common = { step_id: id, run_id: null, name: null, sender_id: null, is_err: null, seq_id: null }
  const ret = { type: 'tool', stdout: null, stderr: null }
  const [q1, q2] = ['a', 'b'].map((q, i) => ({
    name: 'find',
    arguments: `{"q":"${q}"}`,
    tool_call_id: `call_${i + 1}`,
  }))
  const EXPECTED = [
    {
      message_type: 'reasoning_message',
      id: one,
      otid: '8f14e45f-ceea-467f-a8f1-3c1f2b9d7a80',
      reasoning: 'Two look-ups are needed.',
      source: 'reasoner_model',
      signature: null,
      ...common,
    },
    {
      message_type: 'tool_call_message',
      id: one,
      otid: '8f14e45f-ceea-467f-a8f1-3c1f2b9d7a81',
      tool_call: q1,
      tool_calls: [q1, q2],
      ...common,
    },
    {
      message_type: 'tool_return_message',
      id: two,
      otid: '1c9a7d34-52f0-4b1e-8a6d-0e3f4c5b6a00',
      ...common,
      tool_return: '1 hit',
      status: 'success',
      tool_call_id: 'call_1',
      stdout: null,
      stderr: null,
      tool_returns: [
        { ...ret, tool_return: '1 hit', status: 'success', tool_call_id: 'call_1' },
        { ...ret, tool_return: 'timeout', status: 'error', tool_call_id: 'call_2' },
      ],
    },
  ]
  const list = async (order: 'asc' | 'desc') =>
    (await client.steps.messages.list(id, { order })).items.map(({ date, ...rest }) => {
      expect(new Date(date).toISOString()).toBe(
        rest.id === one ? '2025-01-29T15:01:19.000Z' : '2025-01-29T15:01:20.000Z',
      )
      return rest
    })

  test('comes out so (D15: reasoning before the call)', async () => {
    expect(await list('asc')).toEqual(EXPECTED)
  })

  test('and in exactly the opposite order with desc', async () => {
    expect(await list('desc')).toEqual(EXPECTED.toReversed())
  })
})

describe('every message type', () => {
  const PARTS = [
    { type: 'text', text: 'See:' },
    { type: 'image', source: { type: 'url', url: 'https://example.org/a.png' } },
  ] as const

  test('system_message', async () => {
    expect(await shown({ role: 'system', content: 'Be kind.' })).toMatchObject([
      { message_type: 'system_message', content: 'Be kind.' },
    ])
  })

  test('system_message of two parts does not fail the page (D17)', async () => {
    const content = [
      { type: 'text', text: 'Be kind.' },
      { type: 'text', text: 'Be short.' },
    ] as const
    expect(await shown({ role: 'system', content: [...content] }, { role: 'user', content: 'Hi' })).toMatchObject([
      { message_type: 'system_message' },
      { message_type: 'user_message' },
    ])
  })

  test('user_message: text, packed text, parts', async () => {
    expect(await shown({ role: 'user', content: 'Hi', otid: 'o-1', name: 'Sarah', sender_id: 's-1' })).toMatchObject([
      { message_type: 'user_message', content: 'Hi', otid: 'o-1', name: 'Sarah', sender_id: 's-1' },
    ])
    const packed = JSON.stringify({ type: 'user_message', message: 'Hi', time: 'now' })
    expect(await shown({ role: 'user', content: packed })).toMatchObject([{ content: 'Hi' }])
    expect(await shown({ role: 'user', content: [...PARTS] })).toMatchObject([{ content: PARTS }])
  })

  test('assistant_message (D16: an answer is no reasoning)', async () => {
    expect(await shown({ role: 'assistant', content: 'Hello' })).toMatchObject([
      { message_type: 'assistant_message', content: 'Hello' },
    ])
  })

  test('assistant_message from the message tool, whose return is left out', async () => {
    const said = await shown(
      { role: 'assistant', tool_calls: [call('c1', 'send_message', '{"message":"Hello"}')] },
      { role: 'tool', tool_call_id: 'c1', content: '{"status":"OK","message":"None"}' },
    )
    expect(said).toMatchObject([{ message_type: 'assistant_message', content: 'Hello' }])
  })

  test('reasoning_message: native, summarised, and text beside the message tool', async () => {
    const content = [
      { type: 'reasoning', is_native: true, reasoning: 'Hm.', signature: 's' },
      {
        type: 'summarized_reasoning',
        id: 'rs',
        summary: [
          { index: 0, text: 'a' },
          { index: 1, text: '' },
          { index: 2, text: 'b' },
        ],
        encrypted_content: 'e',
      },
    ] as const
    expect(await shown({ role: 'assistant', content: structuredClone(content) as never })).toMatchObject([
      { message_type: 'reasoning_message', reasoning: 'Hm.', source: 'reasoner_model', signature: 's' },
      { message_type: 'reasoning_message', reasoning: 'a\n\nb', source: 'reasoner_model', signature: 'e' },
    ])
    const tool_calls = [call('c1', 'send_message', '{"message":"Hello"}')]
    expect(await shown({ role: 'assistant', content: 'I should greet.', tool_calls })).toMatchObject([
      { message_type: 'reasoning_message', reasoning: 'I should greet.', source: 'non_reasoner_model' },
      { message_type: 'assistant_message', content: 'Hello' },
    ])
  })

  test('hidden_reasoning_message', async () => {
    const content = [{ type: 'redacted_reasoning', data: 'xyz' }, { type: 'omitted_reasoning' }] as const
    expect(await shown({ role: 'assistant', content: [...content] })).toMatchObject([
      { message_type: 'hidden_reasoning_message', state: 'redacted', hidden_reasoning: 'xyz' },
      { message_type: 'hidden_reasoning_message', state: 'omitted' },
    ])
  })

  test('tool_call_message: consecutive calls are one, the message tool parts them', async () => {
    const find = (id: string) => ({ name: 'find', arguments: '{}', tool_call_id: id })
    const tool_calls = [call('1'), call('2'), call('3', 'send_message', '{"message":"Hi"}'), call('4')]
    expect(await shown({ role: 'assistant', tool_calls })).toMatchObject([
      { message_type: 'tool_call_message', tool_call: find('1'), tool_calls: [find('1'), find('2')] },
      { message_type: 'assistant_message', content: 'Hi' },
      { message_type: 'tool_call_message', tool_call: find('4'), tool_calls: [find('4')] },
    ])
  })

  test('a call of the message tool without a message is an ordinary call', async () => {
    expect(await shown({ role: 'assistant', tool_calls: [call('1', 'send_message', '{}')] })).toMatchObject([
      { message_type: 'tool_call_message' },
    ])
  })

  test.each([
    ['the expected JSON', '{"status":"OK","message":"1 hit"}', 'success', '1 hit'],
    ['a failure', '{"status":"Failed","message":"timeout"}', 'error', 'timeout'],
    ['a message that is no text', '{"status":"OK","message":{"hits":[1,null]}}', 'success', '{"hits":[1,null]}'],
    ['plain text', 'just text', 'success', 'just text'],
    ['broken JSON', '{"status":', 'success', '{"status":'],
    ['other JSON', '[1,2]', 'success', '[1,2]'],
    ['nothing', '', 'success', ''],
  ])('tool_return_message: %s does not fail the page (D17)', async (_name, func_response, status, text) => {
    const [message] = await shown({
      role: 'tool',
      tool_returns: [{ tool_call_id: 'c1', status: 'success', func_response, stdout: ['o'], stderr: ['e'] }],
    })
    const expected = { tool_return: text, status, tool_call_id: 'c1', stdout: ['o'], stderr: ['e'] }
    expect(message).toMatchObject({
      message_type: 'tool_return_message',
      ...expected,
      tool_returns: [{ type: 'tool', ...expected }],
    })
  })

  test('tool_return_message: parts pass, the deprecated text joins them', async () => {
    const [message] = await shown({
      role: 'tool',
      tool_returns: [{ tool_call_id: 'c', status: 'success', func_response: [...PARTS] }],
    })
    expect(message).toMatchObject({
      tool_returns: [{ tool_return: PARTS }],
      tool_return: expect.stringContaining('See:') as string,
    })
  })

  test('tool_return_message: a legacy one of a single text', async () => {
    expect(
      await shown({ role: 'tool', tool_call_id: 'c1', content: '{"status":"Failed","message":"no"}' }),
    ).toMatchObject([
      {
        tool_return: 'no',
        status: 'error',
        tool_call_id: 'c1',
        tool_returns: [{ tool_return: 'no', status: 'error' }],
      },
    ])
  })

  test('approval_request_message, content first', async () => {
    const tool_calls = [call('1'), call('2')]
    expect(await shown({ role: 'approval', content: 'May I?', tool_calls, otid: 'message-x' })).toMatchObject([
      { message_type: 'assistant_message', content: 'May I?' },
      {
        message_type: 'approval_request_message',
        otid: 'message-x',
        tool_call: { tool_call_id: '1' },
        tool_calls: [{ tool_call_id: '1' }, { tool_call_id: '2' }],
      },
    ])
  })

  test('approval_response_message: approvals, tool returns, and the legacy form', async () => {
    const approvals = [
      { status: 'success', func_response: '{"status":"OK","message":"done"}', tool_call_id: 'c0' },
      { type: 'approval', tool_call_id: 'c1', approve: false, reason: 'no' },
    ] as const
    expect(await shown({ role: 'approval', approvals: [...approvals] })).toMatchObject([
      {
        message_type: 'approval_response_message',
        approvals: [{ type: 'tool', tool_return: 'done', tool_call_id: 'c0' }, approvals[1]],
        approve: false,
        approval_request_id: 'c1',
        reason: 'no',
      },
    ])
    expect(await shown({ role: 'approval', approve: true, approval_request_id: 'c2' })).toMatchObject([
      {
        approvals: [{ type: 'approval', approve: true, tool_call_id: 'c2' }],
        approve: true,
        approval_request_id: 'c2',
      },
    ])
  })

  test('summary_message with the inner text and the stats (D17)', async () => {
    const compaction_stats = {
      trigger: 'context_window_exceeded',
      context_window: 32000,
      messages_count_before: 40,
      messages_count_after: 8,
      context_tokens_before: 31000,
      context_tokens_after: 4000,
    }
    const packed = JSON.stringify({ type: 'system_alert', message: 'They met.', compaction_stats })
    expect(await shown({ role: 'summary', content: packed })).toMatchObject([
      { message_type: 'summary_message', summary: 'They met.', compaction_stats },
    ])
    expect(await shown({ role: 'summary', content: 'They met.' })).toMatchObject([
      { summary: 'They met.', compaction_stats: null },
    ])
  })

  test('is_err is true or null', async () => {
    const entries = await shown(
      { role: 'tool', content: 'x', is_err: true },
      { role: 'user', content: 'x', is_err: false },
    )
    expect(entries.map(({ is_err }) => is_err)).toEqual([true, null])
  })
})

describe.each(['steps', 'runs'] as const)('pages of the messages of %s (D4, D19)', async (kind) => {
  const run_id = fresh('run')
  const messages = (from: number) =>
    RICH.map((message, i) => ({ ...message, id: freshMessageId(), created_at: at((from + i) * 1e6) }))
  const id = await recordStep(messages(0), { run_id, created_at: at(0) })
  if (kind === 'runs') await recordStep(messages(10), { run_id, created_at: at(10e6) })
  const list = (query: object = {}) =>
    kind === 'steps' ? client.steps.messages.list(id, query) : client.runs.messages.list(run_id, query)
  const items = async (query: object = {}) => (await list(query)).items as unknown as Shown[]
  const whole = await items()
  const key = ({ id: message, otid, message_type }: Shown) => `${message} ${String(otid)} ${message_type}`
  const keys = (entries: Shown[]) => entries.map(key)

  test('hold what each message comes to, in order, without the message tool’s return', () => {
    const expected = [
      'user_message',
      'reasoning_message',
      'hidden_reasoning_message',
      'reasoning_message',
      'tool_call_message',
      'assistant_message',
      'tool_call_message',
      'tool_return_message',
      'reasoning_message',
    ]
    expect(whole.map(({ message_type }) => message_type)).toEqual(
      kind === 'steps' ? expected : [...expected, ...expected],
    )
  })

  test('desc is the exact mirror of asc', async () => {
    expect(await items({ order: 'desc' })).toEqual(whole.toReversed())
  })

  test.each(['asc', 'desc'] as const)('a walk sees each entry once with any limit, order=%s', async (order) => {
    const expected = keys(order === 'asc' ? whole : whole.toReversed())
    for (const limit of [1, 2, 3, 4, 5, 10, 11]) {
      expect(keys((await walk(list({ order, limit }))) as unknown as Shown[])).toEqual(expected)
    }
  })

  test.each(['asc', 'desc'] as const)('a walk backwards sees each earlier entry once, order=%s', async (order) => {
    const expected = order === 'asc' ? whole : whole.toReversed()
    const before = expected.at(-1)?.id ?? ''
    const earlier = keys(expected.filter((entry) => entry.id !== before))
    for (const limit of [1, 2, 3, 10]) {
      const pages: string[][] = []
      for await (const page of (await list({ order, limit, before })).iterPages())
        pages.push(keys(page.items as unknown as Shown[]))
      expect(pages.toReversed().flat()).toEqual(earlier)
    }
  })

  test('never split an internal message, and limit counts those', async () => {
    const [user, rich] = [whole[0]?.id, whole[1]?.id]
    expect(keys(await items({ limit: 1 }))).toEqual(keys(whole.filter((entry) => entry.id === user)))
    expect(keys(await items({ limit: 1, after: user }))).toEqual(keys(whole.filter((entry) => entry.id === rich)))
    expect(await items({ limit: 2 })).toHaveLength(7)
  })

  test('read over messages that come to nothing: only the end is empty', async () => {
    const rich = whole[1]?.id
    const [next] = await items({ limit: 1, after: rich })
    expect(next?.message_type).toBe('tool_return_message')
  })

  test('limit 0 is [], defaults are oldest first', async () => {
    expect(await items({ limit: 0 })).toEqual([])
    expect(await items({ order: 'asc', limit: 100, order_by: 'created_at' })).toEqual(whole)
    expect(await items({ limit: null, order: null, order_by: null, after: null })).toEqual(whole)
  })

  test('a cursor that is unknown or of another owner is 404, a malformed one 422', async () => {
    const elsewhere = freshMessageId()
    await recordStep([{ id: elsewhere, role: 'user', content: 'Hi' }], { run_id: fresh('run') })
    for (const cursor of [freshMessageId(), elsewhere]) {
      expect(await errorOf(list({ after: cursor }))).toMatchObject({ status: 404 })
      expect(await errorOf(list({ before: cursor }))).toMatchObject({ status: 404 })
    }
    for (const cursor of ['foo', id, 'message-1'])
      expect(await errorOf(list({ after: cursor }))).toMatchObject({ status: 422 })
    expect(await errorOf(list({ limit: -1 }))).toMatchObject({ status: 422 })
  })
})

describe('ids of messages', () => {
  test('need not be version-4 uuids: those of the documentation work', async () => {
    const message = { id: 'message-123e4567-e89b-12d3-a456-426614174000', role: 'user', content: 'Hi' } as const
    const step = await recordStep([message, { id: freshMessageId(), role: 'user', content: 'Ho' }])
    const page = await client.steps.messages.list(step, { limit: 1 })
    expect(page.items).toMatchObject([{ id: message.id }])
    expect((await page.getNextPage()).items).toMatchObject([{ content: 'Ho' }])
  })

  test('a message recorded in two steps of a run does not make a walk endless', async () => {
    const run_id = fresh('run')
    const [one, two, three] = [freshMessageId(), freshMessageId(), freshMessageId()]
    const say = (id: string, content: string) => ({ id, role: 'user' as const, content })
    await recordStep([say(one, '1'), say(two, '2')], { run_id, created_at: at(0) })
    await recordStep([say(two, '2'), say(three, '3')], { run_id, created_at: at(1e6) })
    for (const order of ['asc', 'desc'] as const) {
      const seen = await walk(client.runs.messages.list(run_id, { order, limit: 1 }), 20)
      expect(new Set(seen.map(({ id }) => id))).toEqual(new Set([one, two, three]))
    }
  })
})

describe('messages of a run', () => {
  test('are oldest first by their own time, also across steps that overlap', async () => {
    const run_id = fresh('run')
    const say = (content: string, time: number): MessageInput => ({ role: 'user', content, created_at: at(time) })
    await recordStep([say('1', 1e6), say('3', 3e6)], { run_id, created_at: at(1e6) })
    await recordStep([say('2', 2e6), say('4', 4e6)], { run_id, created_at: at(2e6) })
    const page = await client.runs.messages.list(run_id)
    expect(page.items).toMatchObject([{ content: '1' }, { content: '2' }, { content: '3' }, { content: '4' }])
  })

  test('agree with those of its steps about what is an answer (D16)', async () => {
    const run_id = fresh('run')
    await recordStep([{ role: 'assistant', tool_calls: [call('c', 'send_message', '{"message":"Hi"}')] }], {
      run_id,
      created_at: at(0),
    })
    const id = await recordStep([{ role: 'assistant', content: 'Thinking.' }], { run_id, created_at: at(1e6) })
    const ofRun = (await client.runs.messages.list(run_id)).items.filter(
      (message) => 'step_id' in message && message.step_id === id,
    )
    expect(ofRun).toEqual((await client.steps.messages.list(id)).items)
    expect(ofRun).toMatchObject([{ message_type: 'reasoning_message' }])
  })
})

describe('messages that were recorded in two parts, without ids', () => {
  test('are all there: the second record of a step adds to the first', async () => {
    const id = freshStepId()
    await server.record([{ id, status: 'pending', messages: [{ role: 'user', content: 'Question' }] }])
    await server.record([{ id, status: 'success', messages: [{ role: 'assistant', content: 'Answer' }] }])
    expect((await client.steps.messages.list(id)).items).toMatchObject([{ content: 'Question' }, { content: 'Answer' }])
  })

  test('are there once when the same record is sent twice', async () => {
    const record = {
      id: freshStepId(),
      messages: [{ role: 'user', content: 'Hi' } as const, { role: 'user', content: 'Hi' } as const],
    }
    await server.record([record])
    await server.record([record])
    expect((await client.steps.messages.list(record.id)).items).toHaveLength(2)
  })
})
