/** The AI SDK as its users have it: what it asked a provider is what the ledger shows. */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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
const TWICE: Answer = { text: 'Twice.', usage: { prompt: 4, completion: 1 } }
const ANSWERS = [
  CALLS,
  TELLS,
  GREETS,
  { status: 429, message: 'slow down' },
  TWICE,
  { status: 400, message: 'too long', code: 'context_length_exceeded' },
]
const MINI = { model: 'gpt-5-mini' }
const NANO = { model: 'gpt-5-nano' }

describe.each(['ai-sdk-telemetry', 'ai-sdk-legacy-telemetry'])('%s', (telemetry) => {
  let server: TestServer
  let provider: StandIn
  let steps: LedgerStep[]
  let complaints: string
  beforeAll(async () => {
    server = await startTestServer()
    provider = await startStandIn(ANSWERS)
    complaints = await run('ai-sdk', telemetry, server, provider)
    steps = await stepsOf(server)
  })
  afterAll(async () => {
    await provider.close()
    await server.close()
  })

  test('nothing is complained of, and each call is there once', () => {
    expect(complaints).toBe('')
    expect(provider.served.map(({ asked }) => asked.model)).toEqual(
      [MINI, MINI, NANO, MINI, MINI, MINI].map(({ model }) => model),
    )
    const agents = ['forecaster', 'forecaster', 'greeter', 'patient', 'refused']
    expect(steps.map((step) => step.agent_id)).toEqual(agents)
  })

  test('a loop with a tool is one run of two steps', () => {
    const [first, second] = steps
    expect(first).toMatchObject({ ...answered(MINI, CALLS), cached_input_tokens: 32, reasoning_tokens: 8 })
    expect(first).toMatchObject({ stop_reason: null, request_id: 'resp_1' })
    expect(second).toMatchObject({ ...answered(MINI, TELLS), stop_reason: 'end_turn', request_id: 'resp_2' })
    expect(second?.run_id).toBe(first?.run_id)
    expect(steps.flatMap(said).slice(0, 5)).toEqual([
      'system: You know the weather.',
      'user: Is it warm in Lisbon?',
      'assistant: Let me look.',
      'assistant: weather({"city":"Lisbon"})',
      'tool: call_1 = Lisbon: 21 degrees',
    ])
    expect(said(second as LedgerStep)).toEqual(['assistant: Yes, 21 degrees.'])
  })

  test('session, user and tags are the tags', () => {
    for (const step of steps.slice(0, 2))
      expect(step.tags?.toSorted()).toEqual(['eu', 'prod', 'session:session-7', 'user:user-3'])
  })

  test('a streamed answer is one step', () => {
    expect(steps[2]).toMatchObject({ ...answered(NANO, GREETS), stop_reason: 'end_turn' })
    expect(said(steps[2] as LedgerStep)).toEqual(['user: Say hello.', 'assistant: Hello to you too.'])
  })

  test('a call that was tried twice is one step, and succeeded', () => {
    expect(steps[3]).toMatchObject({ ...answered(MINI, TWICE), stop_reason: 'end_turn' })
    expect(said(steps[3] as LedgerStep)).toEqual(['user: Try twice.', 'assistant: Twice.'])
  })

  test('a refused call failed, and says why', () => {
    expect(steps[4]).toMatchObject({
      ...MINI,
      status: 'failed',
      stop_reason: 'llm_api_error',
      prompt_tokens: null,
      error_type: 'AI_APICallError',
      error_data: { message: 'too long' },
    })
    expect(said(steps[4] as LedgerStep)).toEqual(['user: Too much.'])
  })

  test('the set-up is the one that users are told', async () => {
    const manual = await readFile(new URL('../../../docs/otlp.md', import.meta.url), 'utf8')
    expect(manual).toContain(await readFile(pathOf('ai-sdk-telemetry'), 'utf8'))
  })
})
