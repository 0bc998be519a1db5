/** docs/letta-compat.md names every route, parameter and field, and only tests that exist. */
import { existsSync, readFileSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { FeedbackBody } from '../../src/schema/outputs.ts'
import { ROUTES } from '../../src/server.ts'
import { startTestServer } from '../support/server.ts'

const server = await startTestServer()
afterAll(() => server.close())
const root = new URL('../../', import.meta.url)
const text = readFileSync(new URL('docs/letta-compat.md', root), 'utf8')

/** From a heading to the next one that is not below it. */
function section(heading: string): string {
  const level = /^#+/.exec(heading)?.[0].length ?? 1
  const [, after = ''] = text.split(`\n${heading}\n`)
  return after.split(new RegExp(`\\n#{1,${level}} `))[0] ?? ''
}

function missing(heading: string, names: Iterable<string>): string[] {
  const found = section(heading)
  expect(found, heading).not.toBe('')
  return [...names].filter((name) => !found.includes(`\`${name}\``))
}

test('every route is there', () => {
  expect(
    missing(
      '## Routes',
      ROUTES.map(({ method, path }) => `${method} ${path}`),
    ),
  ).toEqual([])
})

test('every parameter is there', () => {
  const pages = ['before', 'after', 'limit', 'order', 'order_by']
  expect(missing('### Pages: lists of steps, runs, messages and tags', pages)).toEqual([])
  for (const { path, query } of ROUTES.filter((route) => route.query)) {
    const heading = path === '/v1/runs/active' ? '### `GET /v1/runs/`' : `### \`GET ${path}\``
    expect(missing(heading, Object.keys(query ?? {})), path).toEqual([])
  }
})

const [step] = await server.record([
  { run_id: 'run-1', metrics: { step_ns: 1 }, provider_trace: { request_json: {}, response_json: {} } },
])

test.each([
  ['### Step', `/v1/steps/${step?.id}`],
  ['### StepMetrics', `/v1/steps/${step?.id}/metrics`],
  ['### ProviderTrace', `/v1/steps/${step?.id}/trace`],
  ['### Run', '/v1/runs/run-1'],
  ['### UsageStatistics and RunMetrics', '/v1/runs/run-1/usage'],
  ['### UsageStatistics and RunMetrics', '/v1/runs/run-1/metrics'],
])('every field that is answered is there: %s', async (heading, path) => {
  const answer = (await (await server.request(path)).json()) as object
  expect(missing(heading, Object.keys(answer))).toEqual([])
})

test('every key of a feedback body is there', () => {
  expect(missing('### Body of feedback', Object.keys(FeedbackBody.shape))).toEqual([])
})

test('every test that it names exists', () => {
  const named = [...text.matchAll(/`((?:py\/)?[a-z-]+) › ([^`]+)`/g)]
  expect(named.length).toBeGreaterThan(50)
  const absent = named.filter(([, file = '', title = '']) => {
    const path = file.startsWith('py/') ? `test/python/test_${file.slice(3)}.py` : `test/compat/${file}.test.ts`
    const url = new URL(path, root)
    return !existsSync(url) || !readFileSync(url, 'utf8').includes(title)
  })
  expect(absent.map(([reference]) => reference)).toEqual([])
})

test('each of the defects D1 to D36 is there', () => {
  const found = section("## The retired server's defects, and the tests that show that we do not have them")
  const absent = Array.from({ length: 36 }, (_, i) => `D${i + 1}`).filter(
    (name) => !new RegExp(`\\b${name}\\b`).test(found),
  )
  expect(absent).toEqual([])
})
