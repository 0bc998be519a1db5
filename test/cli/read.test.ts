import { beforeAll, describe, expect, test } from 'vitest'
import { STEPS } from './fixture.ts'
import { temporary } from '../support/temporary.ts'
import { cli, linesFile, ok, stepId } from './support.ts'

const dir = temporary()
const own = ['--data-dir', dir]
const ids = (json: string) => (JSON.parse(json) as { id: string }[]).map(({ id }) => Number(id.slice(-4)))

beforeAll(async () => {
  await ok(['import', linesFile(dir, 'steps.jsonl', STEPS), ...own])
})

describe('steps list', () => {
  test('is a table for people', async () => {
    const { code, stdout, stderr } = await cli(['steps', 'list', ...own])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatchInlineSnapshot(`
      "TIME (UTC)           ID                                         AGENT     MODEL        STATUS                    IN  OUT  FEEDBACK  TAGS            ANSWER
      2026-01-02 03:04:07  step-00000000-0000-4000-8000-000000000004  research               success                                      dev             search({"q": "fox"})
      2026-01-02 03:04:06  step-00000000-0000-4000-8000-000000000003  research               pending
      2026-01-02 03:04:06  step-00000000-0000-4000-8000-000000000002  support   gpt-4o-mini  failed RateLimitError              negative  prod            slow down
      2026-01-02 03:04:05  step-00000000-0000-4000-8000-000000000001  support   gpt-4o-mini  success                1,234    0  positive  prod ümläut 🦊  The answer·[2J is
      "
    `)
  })

  test('says how to see the rest', async () => {
    const { stdout, stderr } = await cli(['steps', 'list', '--limit', '2', ...own])
    expect(stdout.trim().split('\n')).toHaveLength(3)
    expect(stderr).toBe(`There are more than 2 steps: --after '${stepId(3)}', --limit, or --all\n`)
  })

  test('--json is one array, --jsonl a line each, and no digit is lost', async () => {
    const [array, lines] = await Promise.all([
      ok(['steps', 'list', '--json', ...own]),
      ok(['steps', 'list', '--jsonl', ...own]),
    ])
    expect(ids(array)).toEqual([4, 3, 2, 1])
    expect(lines.trim().split('\n').map((line) => JSON.parse(line) as unknown)).toEqual(JSON.parse(array)) // prettier-ignore
    expect(array).toContain('{"exact":12345678901234567890,"cached_tokens":0}')
  })

  test.concurrent.each([
    [
      ['--agent-id', 'research'],
      [4, 3],
    ],
    [
      ['--tags', 'dev', '--tags', 'ümläut 🦊'],
      [4, 1],
    ],
    [['--tags', 'prod', '--tags', 'ümläut 🦊', '--match-all-tags'], [1]],
    [['--has-feedback'], [2, 1]],
    [['--no-has-feedback'], [4, 3]],
    [['--status', 'failed', '--error-type', 'RateLimitError'], [2]],
    [['--start-date', '2026-01-02T03:04:06Z'], [4]],
    [
      ['--order', 'asc', '--limit', '3'],
      [1, 2, 3],
    ],
    [
      ['--order', 'asc', '--after', stepId(2)],
      [3, 4],
    ],
    [['--before', stepId(2), '--limit', '1'], [3]],
    [['--limit', '0'], []],
    [['--all'], [4, 3, 2, 1]],
  ])('%j', async (flags, expected) => {
    expect(ids(await ok(['steps', 'list', '--json', ...flags, ...own]))).toEqual(expected)
  })

  test('--no-messages leaves them out', async () => {
    expect(await ok(['steps', 'list', '--jsonl', '--no-messages', ...own])).not.toContain('The answer')
  })

  test('says when nothing matches', async () => {
    const outcome = await cli(['steps', 'list', '--agent-id', 'nobody', ...own])
    expect(outcome).toEqual({ code: 0, stdout: '', stderr: 'No steps match.\n' })
  })
})

describe('steps get', () => {
  test('shows a step readably, and obeys no escape sequence in it', async () => {
    expect(await ok(['steps', 'get', stepId(1), ...own])).toMatchInlineSnapshot(`
      "step-00000000-0000-4000-8000-000000000001
      created_at             2026-01-02T03:04:05.123456Z
      agent_id               support
      run_id                 run-1
      provider_name          openai
      model                  gpt-4o-mini
      model_handle           openai/gpt-4o-mini
      prompt_tokens          1,234
      completion_tokens      0
      total_tokens           1,234
      prompt_tokens_details  {"exact":12345678901234567890,"cached_tokens":0}
      stop_reason            end_turn
      status                 success
      feedback               positive
      project_id             project-of-theirs
      tags                   prod, ümläut 🦊

      step_start_ns  2025-05-13T00:28:13.306Z (1747096093306821999)
      step_ns        2502 h (9007199254740993)

      user  2026-01-02T03:04:05.123456Z
        What is the answer?

      assistant  2026-01-02T03:04:05.123457Z
        The answer·[2J is
        42.
      "
    `)
  })

  test('shows calls, results and errors', async () => {
    const [tools, failed] = await Promise.all([
      ok(['steps', 'get', stepId(4), ...own]),
      ok(['steps', 'get', stepId(2), ...own]),
    ])
    expect(tools).toContain('  → search({"q": "fox"})\n')
    expect(tools).toContain('  ← failed: nothing found\n')
    expect(failed).toContain('error\n  slow down\n')
  })

  test('--json is the step, --trace the trace of its own call, exactly', async () => {
    const [step, trace] = await Promise.all([
      ok(['steps', 'get', stepId(1), '--json', ...own]),
      ok(['steps', 'get', stepId(1), '--trace', ...own]),
    ])
    expect(JSON.parse(step)).toMatchObject({ id: stepId(1), feedback: 'positive' })
    expect(trace).toContain('"seed": 18446744073709551615')
  })

  test('of what is not there', async () => {
    const [step, trace] = await Promise.all([
      cli(['steps', 'get', stepId(9), ...own]),
      cli(['steps', 'get', stepId(2), '--trace', ...own]),
    ])
    expect(step).toEqual({ code: 1, stdout: '', stderr: `error: Step with id '${stepId(9)}' not found\n` })
    expect(trace).toEqual({ code: 1, stdout: '', stderr: 'error: No trace was recorded for this step\n' })
  })
})

test('runs list', async () => {
  const [table, json, failed] = await Promise.all([
    ok(['runs', 'list', ...own]),
    ok(['runs', 'list', '--json', ...own]),
    ok(['runs', 'list', '--jsonl', '--statuses', 'failed', ...own]),
  ])
  expect(table).toMatchInlineSnapshot(`
    "TIME (UTC)           ID     AGENT     STATUS   STOP REASON    DURATION
    2026-01-02 03:04:06  run-2  research  running
    2026-01-02 03:04:05  run-1  support   failed   llm_api_error    2502 h
    "
  `)
  expect((JSON.parse(json) as { id: string }[]).map(({ id }) => id)).toEqual(['run-2', 'run-1'])
  expect(JSON.parse(failed)).toMatchObject({ id: 'run-1', status: 'failed' })
})

test('nothing is made where there is no ledger', async () => {
  const missing = `${dir}/missing`
  const outcomes = await Promise.all(
    [['steps', 'list'], ['export'], ['keys', 'list'], ['keys', 'revoke', 'key-1'], ['projects', 'list']].map((args) =>
      cli([...args, '--data-dir', missing]),
    ),
  )
  for (const { code, stderr } of outcomes) {
    expect(code).toBe(1)
    expect(stderr).toMatch(/^error: There is no ledger in \S+missing yet. Start one: stepledger serve;/)
  }
})
