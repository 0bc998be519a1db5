/** Every capture, posted just as it was received, and read back with the Letta SDK: what really happened is shown. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AssembledStep } from '../../src/in/otlp/assemble/index.ts'
import { clientOf, walk } from '../compat/support.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { captures } from './captures.ts'
import { expectAllSaid, expectAsManySteps, expectCall, expectRuns } from './happened.ts'
import { asCaptured, piecesOf, send } from './sending.ts'
import { requests, shownSteps } from './shown.ts'

let server: TestServer
let all: AssembledStep[]
beforeAll(async () => {
  server = await startTestServer()
  for (const request of requests) {
    const { status, text } = await send(server.url, asCaptured(request))
    expect([request.name, status, text]).toEqual([request.name, 200, request.encoding === 'json' ? '{}' : ''])
  }
  all = await shownSteps(server)
})
afterAll(() => server.close())

describe.skipIf(requests.length === 0).each(captures())('$name', ({ name, expected }) => {
  const traces = new Set(tracesOf(name))
  const own = () => all.filter((step) => traces.has(String(step.input.trace_id)))

  test('as many steps as there were calls', () => expectAsManySteps(expected, own()))

  test.each(expected.llm_calls)('call $seq is shown as it happened', (call) => expectCall(call, own()))

  test('calls of one trace are one run, in the order they were made', () => expectRuns(expected, own()))

  test('each message of a run is shown, and none is lost', () => expectAllSaid(expected, own()))

  test('the runs are those of the steps', async () => {
    const client = clientOf(server)
    for (const [id, steps] of Map.groupBy(own(), (step) => String(step.input.run_id))) {
      const run = await client.runs.retrieve(id)
      expect(steps.map((step) => step.input.agent_id)).toContain(run.agent_id ?? null)
      const listed = await walk(client.runs.steps.list(id, { order: 'asc' }))
      expect(listed.map((step) => step.id)).toEqual(steps.map((step) => step.id))
      const usage = await client.runs.usage.retrieve(id)
      const sum = steps.reduce((total, step) => total + (step.input.prompt_tokens ?? 0), 0)
      expect(usage.prompt_tokens).toBe(sum)
    }
  })
})

test('no step belongs to no capture', () => {
  const traces = new Set(captures().flatMap(({ name }) => tracesOf(name)))
  expect(all.filter((step) => !traces.has(String(step.input.trace_id)))).toEqual([])
})

function tracesOf(capture: string): string[] {
  const own = requests.filter(({ name }) => name.startsWith(`${capture}/`))
  return own
    .flatMap(piecesOf)
    .flatMap(({ data }) => [...JSON.stringify(data).matchAll(/"traceId":"(\w+)"/g)].map(([, id]) => String(id)))
}
