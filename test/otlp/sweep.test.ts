/** Telemetry is kept for a time and up to a size; what is forgotten in between does no harm, nor does a lost database. */
import { rm, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { loadSettings } from '../../src/config/load.ts'
import { startServer } from '../../src/server.ts'
import { freshDatabase } from '../support/postgres.ts'
import { startProxy } from '../support/proxy.ts'
import { startTestServer } from '../support/server.ts'
import { span, TRACE_ID, traces, type Json } from './support.ts'

const clean: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const undo of clean.splice(0).reverse()) await undo()
})

const text = (key: string, value: string) => ({ key, value: { stringValue: value } })
const said = (role: string, content: string) => JSON.stringify([{ role, parts: [{ type: 'text', content }] }])
const CHAT = [text('gen_ai.operation.name', 'chat'), text('gen_ai.request.model', 'gpt-5')]
const AGENT = span(9)['spanId'] as string

/** A call below an agent, with what was asked. */
const asked = span(1, {
  parentSpanId: AGENT,
  attributes: [...CHAT, text('gen_ai.input.messages', said('user', 'What is the answer?'))],
})
const answered = span(2, {
  parentSpanId: AGENT,
  startTimeUnixNano: '1795226340562000001',
  endTimeUnixNano: '1795226340590394686',
  attributes: [...CHAT, text('gen_ai.output.messages', said('assistant', '42'))],
})
/** The first call once more, by an exporter that knows more. */
const fuller = { ...asked, attributes: [...(asked['attributes'] as Json[]), text('gen_ai.response.id', 'resp_1')] }
const agent = span(9, {
  name: 'invoke_agent helper',
  startTimeUnixNano: '1795226339000000001',
  endTimeUnixNano: '1795226349000000001',
  attributes: [text('gen_ai.operation.name', 'invoke_agent'), text('gen_ai.agent.name', 'helper')],
})

const send = (url: string, ...spans: Json[]) =>
  fetch(`${url}/v1/traces`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(traces(...spans)),
  })
const stepsOf = async (url: string) => (await (await fetch(`${url}/v1/steps/?order=asc`)).json()) as Json[]

describe.each(['sqlite', 'postgres'] as const)('%s', (store) => {
  test('what comes after the telemetry of its trace was forgotten still makes and completes steps', async () => {
    const server = await startTestServer({ store })
    clean.push(() => server.close())
    expect((await send(server.url, asked)).status).toBe(200)
    const [before] = await stepsOf(server.url)
    expect(before).toMatchObject({ agent_id: 'shop' })
    const messages = before?.['messages'] as Json[]
    expect(messages.length).toBeGreaterThan(0)

    // The server still has the trace in memory, with one part that is there no more.
    expect(await server.ledger.forgetTelemetry(0, 0)).toBe(1)
    expect((await send(server.url, answered, fuller)).status).toBe(200)
    const later = await stepsOf(server.url)
    expect(later.map((step) => step['id'])).toEqual([before?.['id'], expect.any(String)])
    expect(later[0]).toMatchObject({ messages, model: 'gpt-5' })
    expect(JSON.stringify(later[1])).toContain('42')

    // And so on: nothing refuses the trace for ever, and ancestors of what is kept again are heard.
    expect((await send(server.url, agent)).status).toBe(200)
    const named = await stepsOf(server.url)
    expect(named).toMatchObject([{ agent_id: 'helper' }, { agent_id: 'helper' }])
    expect(named[0]?.['messages']).toMatchObject(messages.map(({ id, content }) => ({ id, content })))
    expect(await server.ledger.read.getTelemetry('default', [TRACE_ID])).toHaveLength(2)

    // Half of the trace is forgotten while this process remembers all of it.
    expect(await server.ledger.forgetTelemetry(3600, 1)).toBeGreaterThan(0)
    expect((await send(server.url, asked, answered, agent)).status).toBe(200)
    expect(await stepsOf(server.url)).toEqual(named)
  })

  test('forgetting while a trace arrives refuses nothing', { timeout: 20_000 }, async () => {
    const server = await startTestServer({ store })
    clean.push(() => server.close())
    const sent = new AbortController()
    clean.push(async () => sent.abort())
    const forget = async () => {
      for (; !sent.signal.aborted; await sleep(5)) await server.ledger.forgetTelemetry(0, 0)
    }
    const forgetting = forget()
    const spans = Array.from({ length: 40 }, (_, i) => span(100 + i, { attributes: CHAT }))
    const answers = await Promise.all(spans.map((each) => send(server.url, each))).finally(() => sent.abort())
    await forgetting
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    const steps = (await (await server.request('/v1/steps/?limit=100')).json()) as Json[]
    expect(steps).toHaveLength(40)
  })
})

test('a server forgets by itself what is too much, and keeps what is not', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'stepledger-sweep-'))
  clean.push(() => rm(dir, { recursive: true, force: true }))
  const serve = async (keep: Record<string, string>) => {
    const server = await startServer(loadSettings({ port: '0', 'log-level': 'error', 'data-dir': dir, ...keep }, {}))
    let open = true
    const close = async () => {
      if (open) await server.close()
      open = false
    }
    clean.push(close)
    return { ...server, close, kept: () => server.ledger.read.getTelemetry('default', [TRACE_ID]) }
  }
  const first = await serve({})
  expect((await send(first.url, asked)).status).toBe(200)
  await first.close()
  const second = await serve({ 'otlp-keep-hours': '1' })
  expect(await second.kept()).toHaveLength(1)
  await second.close()
  const third = await serve({ 'otlp-keep-bytes': '1' })
  await vi.waitFor(async () => expect(await third.kept()).toEqual([]))
  expect(await stepsOf(third.url)).toHaveLength(1)
  // What came before it is gone, so a resend finds the step and changes nothing of it.
  const [before] = await stepsOf(third.url)
  const again = await send(third.url, asked)
  expect([again.status, again.headers.get('stepledger-created')]).toEqual([200, '0'])
  expect(await stepsOf(third.url)).toEqual([before])
})

test('a database that goes away in the middle is 503 with Retry-After; what is sent again is there once', async () => {
  const database = await freshDatabase()
  clean.push(() => database.drop())
  const proxy = await startProxy(database.url)
  clean.push(() => proxy.close())
  const server = await startTestServer({ settings: { 'database-url': proxy.url, 'log-level': 'silent' } })
  clean.push(() => server.close())
  for (const [i, lost] of (['before', 'after'] as const).entries()) {
    const call = span(i + 1, { attributes: CHAT })
    proxy.atCommit = () => lost
    const refused = await send(server.url, call)
    expect([lost, refused.status]).toEqual([lost, 503])
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    proxy.atCommit = () => 'pass'
    await vi.waitFor(async () => expect((await send(server.url, call)).status).toBe(200), { timeout: 20_000 })
    expect(await stepsOf(server.url)).toHaveLength(i + 1)
  }
}, 60_000)
