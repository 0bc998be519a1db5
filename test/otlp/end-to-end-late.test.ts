/** Telemetry that comes after its steps were shown, and after people worked with them (mapping, sections 4 and 11). */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { clientOf, walk, type LedgerStep } from '../compat/support.ts'
import { freshStore, startTestServer, type TestServer, type TestStore } from '../support/server.ts'
import { send, together, type Piece } from './sending.ts'
import { traces, type Json } from './support.ts'

let store: TestStore
let server: TestServer
beforeEach(async () => {
  store = await freshStore()
  server = await startTestServer({ store })
})
afterEach(async () => {
  await server.close()
  await store.dispose()
})

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const START = 1_795_226_300_000_000_000n

interface Where {
  parent?: string
  /** Milliseconds from the beginning of the trace; one span lasts a second. */
  at?: number
  fields?: Json
}

function span(name: string, attributes: Record<string, string | number | string[]>, where: Where = {}): Json {
  const start = START + BigInt(where.at ?? 0) * 1_000_000n
  return {
    traceId: TRACE,
    spanId: idOf(name),
    parentSpanId: where.parent === undefined ? '' : idOf(where.parent),
    name,
    kind: 3,
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + 1_000_000_000n),
    attributes: Object.entries(attributes).map(([key, value]) => ({ key, value: valueOf(value) })),
    ...where.fields,
  }
}

const idOf = (name: string) => Buffer.from(name).toString('hex').padEnd(16, '0').slice(0, 16)

function valueOf(value: string | number | string[]): Json {
  if (typeof value === 'number') return { intValue: String(value) }
  return typeof value === 'string' ? { stringValue: value } : { arrayValue: { values: value.map(valueOf) } }
}

const CHAT = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-5', 'gen_ai.provider.name': 'openai' }
const USAGE = { 'gen_ai.usage.input_tokens': 10, 'gen_ai.usage.output_tokens': 5 }
const said = (role: string, ...parts: Json[]) => JSON.stringify([{ role, parts }])
const text = (content: string) => ({ type: 'text', content })

/** A call below `parent`, as a provider's instrumentation tells it. */
const inner = (where: Where = { parent: 'outer' }) =>
  span('inner', { ...CHAT, ...USAGE, 'gen_ai.response.id': 'chatcmpl-1' }, where)
/** The same call, as a framework tells it. */
const outer = (where: Where = {}) =>
  span(
    'outer',
    {
      ...CHAT,
      'gen_ai.input.messages': said('user', text('What is the weather?')),
      'gen_ai.output.messages': said('assistant', text('Fine.')),
    },
    where,
  )

async function receive(...spans: Json[]): Promise<void> {
  const piece: Piece = { signal: 'traces', data: traces(...spans) }
  for (const sending of together([piece], 'protobuf')) {
    expect((await send(server.url, sending)).status).toBe(200)
  }
}

/** Whatever the process remembered is gone. */
async function restart(): Promise<void> {
  await server.close()
  server = await startTestServer({ store })
}

const client = () => clientOf(server)
const steps = async () => (await walk(client().steps.list({ order: 'asc' }))) as LedgerStep[]
async function onlyStep(): Promise<LedgerStep> {
  const found = await steps()
  expect(found).toHaveLength(1)
  return found[0] as LedgerStep
}
const rowsIn = async (table: string) => (await store.query(`select * from ${table}`)).length

describe.each([
  ['in one process', async () => {}],
  ['with a restart in between', restart],
])('a call that turns out to be part of another one, %s', (_, between) => {
  test('is one step, with what people made of it', async () => {
    await receive(inner())
    const child = await onlyStep()
    await client().steps.feedback.create(child.id, { feedback: 'positive', tags: ['seen'] })
    await between()
    await receive(outer())
    const survivor = await onlyStep()
    expect(survivor.id).not.toBe(child.id)
    expect(survivor).toMatchObject({
      feedback: 'positive',
      tags: ['seen'],
      prompt_tokens: 10,
      request_id: 'chatcmpl-1',
    })

    // The child's id means the survivor, whatever it is asked for.
    const { id } = child
    expect(await client().steps.retrieve(id)).toEqual(survivor)
    expect((await client().steps.metrics.retrieve(id)).id).toBe(survivor.id)
    expect((await client().steps.trace.retrieve(id))?.step_id).toBe(survivor.id)
    await client().steps.feedback.create(id, { feedback: 'negative', tags: ['again'] })
    expect(await onlyStep()).toMatchObject({ id: survivor.id, feedback: 'negative', tags: ['seen', 'again'] })
    const patched = await server.request(`/v1/steps/${id}`, {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ model: 'mine' }),
    })
    expect(await patched.json()).toMatchObject({ id: survivor.id, model: 'mine' })

    const run = String(survivor.run_id)
    expect(await client().runs.usage.retrieve(run)).toMatchObject({ prompt_tokens: 10, completion_tokens: 5 })
    expect(await walk(client().runs.steps.list(run))).toHaveLength(1)
    expect(await rowsIn('step_tags')).toBe(2)

    // Sent once more it changes nothing.
    const before = await onlyStep()
    await receive(inner(), outer())
    expect(await onlyStep()).toEqual(before)
  })

  test('is found under every id that it had, however deep', async () => {
    const names = ['outermost', 'outer', 'inner']
    const ids: string[] = []
    for (const [i, name] of names.toReversed().entries()) {
      const parent = names[names.length - 2 - i]
      await receive(span(name, { ...CHAT, ...USAGE }, parent === undefined ? {} : { parent }))
      ids.push((await onlyStep()).id)
      await between()
    }
    const survivor = await onlyStep()
    expect(new Set(ids).size).toBe(3)
    for (const id of ids) expect(await client().steps.retrieve(id)).toEqual(survivor)
  })
})

describe('what is learned later', () => {
  const call = () =>
    span(
      'call',
      {
        ...CHAT,
        ...USAGE,
        'gen_ai.input.messages': said('user', text('What is the weather?')),
        'gen_ai.output.messages': said('assistant', {
          type: 'tool_call',
          id: 'call_1',
          name: 'weather',
          arguments: {},
        }),
        'gen_ai.response.finish_reasons': ['tool_calls'],
      },
      { parent: 'agent', at: 10 },
    )
  const tool = () =>
    span(
      'tool',
      {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': 'weather',
        'gen_ai.tool.call.id': 'call_1',
        'gen_ai.tool.call.result': 'sunny',
      },
      { parent: 'agent', at: 1100 },
    )
  const agent = () =>
    span('agent', {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'forecaster',
      'gen_ai.conversation.id': 'talk-1',
      'user.id': 'ann',
      'tag.tags': ['prod'],
    })

  test('is merged into the step that is shown, and what people corrected stays', async () => {
    await receive(call())
    const { id } = await onlyStep()
    const correction = { model: 'mine', prompt_tokens: 12, tags: ['by hand'] }
    const headers = { 'Content-Type': 'application/json' }
    const body = JSON.stringify(correction)
    expect((await server.request(`/v1/steps/${id}`, { method: 'PATCH', headers, body })).status).toBe(200)
    await restart()
    await receive(tool())
    await restart()
    await receive(agent())
    const step = await onlyStep()
    expect(step).toMatchObject({
      ...correction,
      id,
      agent_id: 'forecaster',
      completion_tokens: 5,
      tags: expect.anything(),
    })
    expect(step.tags).toEqual(expect.arrayContaining(['by hand', 'session:talk-1', 'user:ann']))
    const words = JSON.stringify(step.messages)
    expect(words).toContain('sunny')
    const run = await client().runs.retrieve(String(step.run_id))
    expect(run.agent_id).toBe('forecaster')
    expect(await client().runs.usage.retrieve(run.id)).toMatchObject({ prompt_tokens: 12 })
    await receive(call(), tool(), agent())
    expect(await onlyStep()).toEqual(step)
  })

  test('of a run that was deleted does not bring it back', async () => {
    await receive(call())
    const { run_id } = await onlyStep()
    await server.request(`/v1/runs/${String(run_id)}`, { method: 'DELETE' })
    expect(await steps()).toEqual([])
    await receive(tool(), agent())
    expect(await steps()).toEqual([])
    expect(await rowsIn('contents')).toBe(0)
  })

  test('leaves nothing behind when all runs are deleted', async () => {
    const long = 'a long text that is kept apart '.repeat(200)
    const first = outer()
    const told = {
      ...first,
      attributes: [
        ...(first['attributes'] as Json[]),
        { key: 'gen_ai.system_instructions', value: { stringValue: JSON.stringify([text(long)]) } },
      ],
    }
    await receive(inner())
    await receive(told)
    await receive(call(), tool())
    await restart()
    await receive(agent())
    expect(await rowsIn('contents')).toBeGreaterThan(0)
    for (const run of new Set((await steps()).map((step) => step.run_id))) {
      await server.request(`/v1/runs/${String(run)}`, { method: 'DELETE' })
    }
    for (const table of ['steps', 'step_tags', 'runs', 'run_messages', 'run_tools', 'contents', 'step_aliases']) {
      expect([table, await rowsIn(table)]).toEqual([table, 0])
    }
  })
})

describe('a call that is announced before it ends', () => {
  const announced = () =>
    span(
      'placeholder',
      { ...CHAT, 'logfire.span_type': 'pending_span', 'logfire.pending_parent_id': '0'.repeat(16) },
      {
        parent: 'outer',
      },
    )

  test.each([false, true])('is pending, then ends; given up in between: %s', async (isGivenUp) => {
    await receive(announced())
    const pending = await onlyStep()
    expect(pending.status).toBe('pending')
    const run = String(pending.run_id)
    expect((await client().runs.retrieve(run)).status).toBe('running')
    if (isGivenUp) {
      await restart()
      expect(await server.ledger.abandonPending(0)).toBe(1)
      expect(await onlyStep()).toMatchObject({ id: pending.id, status: 'failed', error_type: 'abandoned' })
    }
    await receive(outer())
    expect(await onlyStep()).toMatchObject({ id: pending.id, status: 'success', error_type: null, error_data: null })
    expect((await client().runs.retrieve(run)).status).toBe('completed')
    // Late news of the beginning changes nothing.
    const ended = await onlyStep()
    await receive(announced())
    expect(await onlyStep()).toEqual(ended)
  })
})

test('one trace in two projects is two ledgers', async () => {
  await server.createProject('red')
  await server.createProject('blue')
  const keys = [await server.createKey('admin', 'red'), await server.createKey('admin', 'blue')]
  const found: LedgerStep[][] = []
  for (const [i, { key }] of keys.entries()) {
    // The second project gets the outer span only.
    const spans = i === 0 ? [inner(), outer()] : [outer()]
    for (const sending of together([{ signal: 'traces', data: traces(...spans) }], 'json')) {
      const headers = { ...sending.headers, authorization: `Bearer ${key}` }
      expect((await send(server.url, { ...sending, headers })).status).toBe(200)
    }
    const own = clientOf(server, { apiKey: key })
    found.push((await walk(own.steps.list({ order: 'asc' }))) as LedgerStep[])
  }
  expect(found.map((own) => own.map((step) => step.prompt_tokens))).toEqual([[10], [null]])
  expect(found[0]?.[0]?.id).not.toBe(found[1]?.[0]?.id)
})

test('everything that arrives is counted once', async () => {
  const health = span('GET /health', {}, { fields: { kind: 2 } })
  const nothing = span('select', { 'db.system': 'sqlite' }, { parent: 'outer' })
  const bad = span('bad', CHAT, { fields: { traceId: '0'.repeat(32) } })
  await receive(inner(), inner(), health, nothing, bad)
  await receive(outer(), inner())
  const counts = await server.ledger.read.listIngestCounts('default')
  const sums = new Map<string, number>()
  for (const { outcome, count } of counts) sums.set(outcome, (sums.get(outcome) ?? 0) + count)
  expect(Object.fromEntries(sums)).toEqual({
    received: 7,
    ignored: 1,
    no_trace_id: 1,
    duplicate: 2,
    context: 1,
    step: 2,
    folded: 1,
  })
})
