/** OpenAI's SDK with its official instrumentation: what it asked is what the ledger shows, messages from logs included. */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LedgerStep } from '../../compat/support.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'
import type { Answer } from './openai-answers.ts'
import { answered, pathOf, run, said, stepsOf } from './running.ts'
import { startStandIn, type StandIn } from './stand-in.ts'

const CALLS: Answer = {
  text: 'Let me look.',
  calls: [{ id: 'call_1', name: 'weather', input: { city: 'Lisbon' } }],
  usage: { prompt: 50, completion: 20, cached: 32, reasoning: 8 },
}
const TELLS: Answer = { text: 'Yes, 21 degrees.', usage: { prompt: 90, completion: 10 } }
const GREETS: Answer = { text: 'Hello to you too.', usage: { prompt: 7, completion: 5 } }
const NAMES: Answer = { text: 'Blue.', usage: { prompt: 11, completion: 2 } }
const TWICE: Answer = { text: 'Twice.', usage: { prompt: 4, completion: 1 } }
const ANSWERS = [
  CALLS,
  TELLS,
  GREETS,
  NAMES,
  { status: 429, message: 'slow down' },
  TWICE,
  { status: 400, message: 'too long', code: 'context_length_exceeded' },
]
const MINI = { model: 'gpt-5-mini' }
const NANO = { model: 'gpt-5-nano' }
const WITH_CONTENT = { OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'true' }

let server: TestServer
let provider: StandIn
let steps: LedgerStep[]
let complaints: string
beforeAll(async () => {
  server = await startTestServer()
  provider = await startStandIn(ANSWERS)
  complaints = await run('openai', 'openai-telemetry', server, provider, WITH_CONTENT)
  steps = await stepsOf(server)
})
afterAll(async () => {
  await provider.close()
  await server.close()
})

test('nothing is complained of, and each call is there once', () => {
  expect(complaints).toBe('')
  expect(provider.served).toHaveLength(ANSWERS.length)
  const agents = ['forecaster', 'forecaster', 'shop', 'shop', 'shop', 'shop']
  expect(steps.map((step) => step.agent_id)).toEqual(agents)
})

test('a loop with a tool is one run of two steps', () => {
  const [first, second] = steps
  expect(first).toMatchObject({ ...answered(MINI, CALLS), stop_reason: null, request_id: 'chatcmpl-1' })
  expect(second).toMatchObject({ ...answered(MINI, TELLS), stop_reason: 'end_turn', request_id: 'chatcmpl-2' })
  expect(second?.run_id).toBe(first?.run_id)
  expect(steps.slice(0, 2).flatMap(said)).toEqual([
    'system: You know the weather.',
    'user: Is it warm in Lisbon?',
    'assistant: Let me look.',
    'assistant: weather({"city":"Lisbon"})',
    'tool: call_1 = Lisbon: 21 degrees',
    'assistant: Yes, 21 degrees.',
  ])
})

test("session, user and tags of the agent's span are the tags", () => {
  for (const step of steps.slice(0, 2))
    expect(step.tags?.toSorted()).toEqual(['eu', 'prod', 'session:session-7', 'user:user-3'])
})

test('a streamed answer is one step', () => {
  expect(steps[2]).toMatchObject({ ...answered(NANO, GREETS), stop_reason: 'end_turn' })
  expect(said(steps[2] as LedgerStep)).toEqual(['user: Say hello.', 'assistant: Hello to you too.'])
})

test('so is a response', () => {
  expect(steps[3]).toMatchObject({ ...answered(MINI, NAMES), stop_reason: 'end_turn', request_id: 'resp_4' })
  expect(said(steps[3] as LedgerStep)).toEqual(['system: Be short.', 'user: Name a colour.', 'assistant: Blue.'])
})

test('a call that was tried twice is one step, and succeeded', () => {
  expect(steps[4]).toMatchObject({ ...answered(MINI, TWICE), stop_reason: 'end_turn' })
  expect(said(steps[4] as LedgerStep)).toEqual(['user: Try twice.', 'assistant: Twice.'])
})

test('a refused call failed, and says why', () => {
  expect(steps[5]).toMatchObject({
    ...MINI,
    status: 'failed',
    stop_reason: 'llm_api_error',
    prompt_tokens: null,
    error_type: 'BadRequestError',
    error_data: { message: '400 too long', details: { http_status: 400 } },
  })
  expect(said(steps[5] as LedgerStep)).toEqual(['user: Too much.'])
})

test('it gets in with a key, and without its content switch there are calls but no words', async () => {
  const keyed = await startTestServer()
  const { key } = await keyed.createKey('write')
  const reader = await keyed.createKey('read')
  const again = await startStandIn(ANSWERS)
  const header = `Authorization=Bearer%20${key}`
  expect(await run('openai', 'openai-telemetry', keyed, again, { OTEL_EXPORTER_OTLP_HEADERS: header })).toBe('')
  const silent = await stepsOf(keyed, reader.key)
  expect(silent.map(({ model, prompt_tokens }) => [model, prompt_tokens])).toEqual(
    steps.map(({ model, prompt_tokens }) => [model, prompt_tokens]),
  )
  // The instrumentation sends a response's instructions all the same.
  expect(silent.flatMap(said)).toEqual(['assistant: weather({})', 'tool: call_1 = ', 'system: Be short.'])
  await again.close()
  await keyed.close()
})

test('the set-up is the one that users are told', async () => {
  const manual = await readFile(new URL('../../../docs/otlp.md', import.meta.url), 'utf8')
  expect(manual).toContain(await readFile(pathOf('openai-telemetry'), 'utf8'))
})
