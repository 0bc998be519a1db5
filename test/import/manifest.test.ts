/** Every recording's counts against what its manifest says, and what must hold for all of them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { StepInput } from '../../src/domain/step.ts'
import { FORMATS } from '../../src/in/import/formats/index.ts'
import { openSourceFile } from '../../src/in/import/source-file.ts'
import { checkStepInput } from '../../src/schema/step-input.ts'

interface Sums {
  prompt: number
  completion: number
  steps_with_usage: number
}

interface Entry {
  format: string
  runs: number
  steps: number
  user_simulator_steps?: number
  steps_per_model: Record<string, number>
  user_simulator_steps_per_model?: Record<string, number>
  tokens?: Sums
  user_simulator_tokens?: Sums
  tool_calls: number
  user_simulator_tool_calls?: number
  max_tool_calls_in_a_step: number
  tool_errors: number
  steps_with_reasoning: number
  steps_with_parallel_tool_calls: number
  steps_with_timestamp: number
  llm_call_errors: number
}

const root = join(import.meta.dirname, '../..')
const recordings = process.env['STEPLEDGER_RECORDINGS'] ?? join(root, '../shared/data/trajectories')
const demo = join(root, 'demo/recordings')
const manifestPath = join(recordings, 'manifest.json')
const FORMAT_NAMES: Record<string, string> = { 'letta-eval-results': 'letta-evals', 'inspect-log': 'inspect' }

const cases: { name: string; path: string; entry: Entry }[] = []
if (existsSync(manifestPath)) {
  const { files } = JSON.parse(readFileSync(manifestPath, 'utf8')) as { files: Record<string, Entry> }
  for (const [name, entry] of Object.entries(files)) {
    if (entry.format !== 'vcr-cassette') cases.push({ name, path: join(recordings, name), entry })
  }
} else {
  console.warn(`no ${manifestPath}: only the recordings of demo/ are tested; set STEPLEDGER_RECORDINGS`)
}
const demoCounts = JSON.parse(readFileSync(join(demo, 'counts.json'), 'utf8')) as Record<string, Entry>
for (const [name, entry] of Object.entries(demoCounts))
  cases.push({ name: `demo: ${name}`, path: join(demo, name), entry })

describe.each(cases)('$name', ({ path, entry }) => {
  test('counts are those of the manifest', async () => {
    const all = await stepsOf(path)
    const isUser = (step: StepInput): boolean => step.run_id?.endsWith(':user') ?? false
    const agent = all.filter((step) => !isUser(step))
    const user = all.filter(isUser)
    expect({
      runs: new Set(agent.map((step) => step.run_id)).size,
      steps: agent.length,
      steps_per_model: countBy(agent, (step) => step.model ?? 'unknown'),
      tokens: entry.tokens ? sums(agent) : undefined,
      tool_calls: agent.reduce((sum, step) => sum + callsOf(step), 0),
      max_tool_calls_in_a_step: Math.max(0, ...agent.map(callsOf)),
      steps_with_parallel_tool_calls: agent.filter((step) => callsOf(step) > 1).length,
      tool_errors: agent.reduce((sum, step) => sum + toolErrorsOf(step), 0),
      steps_with_reasoning: agent.filter(hasReasoning).length,
      llm_call_errors: agent.filter((step) => step.status === 'failed').length,
      steps_with_timestamp: agent.filter((step) => step.created_at != null).length,
      user_simulator_steps: user.length,
      user_simulator_steps_per_model: countBy(user, (step) => step.model ?? 'unknown'),
      user_simulator_tokens: entry.user_simulator_tokens ? sums(user) : undefined,
      user_simulator_tool_calls: user.reduce((sum, step) => sum + callsOf(step), 0),
    }).toEqual({
      runs: entry.runs,
      steps: entry.steps,
      steps_per_model: entry.steps_per_model,
      tokens: entry.tokens,
      tool_calls: entry.tool_calls,
      max_tool_calls_in_a_step: entry.max_tool_calls_in_a_step,
      steps_with_parallel_tool_calls: entry.steps_with_parallel_tool_calls,
      tool_errors: entry.tool_errors,
      steps_with_reasoning: entry.steps_with_reasoning,
      llm_call_errors: entry.llm_call_errors,
      steps_with_timestamp: entry.steps_with_timestamp,
      user_simulator_steps: entry.user_simulator_steps ?? 0,
      user_simulator_steps_per_model: entry.user_simulator_steps_per_model ?? {},
      user_simulator_tokens: entry.user_simulator_tokens,
      user_simulator_tool_calls: entry.user_simulator_tool_calls ?? 0,
    })
  })

  test('exactly the right format claims it', () => {
    const claims = FORMATS.filter((format) => format.detect(openSourceFile(path))).map((format) => format.name)
    expect(claims).toEqual([FORMAT_NAMES[entry.format] ?? entry.format])
  })

  test('the steps pass the check of the API and come out the same twice, with distinct ids', async () => {
    const first = await stepsOf(path)
    const checked = first.map((step) => checkStepInput(step, []))
    expect(checked.length).toBe(first.length)
    expect(new Set(first.map((step) => step.id)).size).toBe(first.length)
    const messages = first.flatMap((step) => (step.messages ?? []).map((message) => message.id))
    expect(new Set(messages).size).toBe(messages.length)
    expect(await stepsOf(path)).toEqual(first)
  })

  test('times rise within a run, for steps and for messages', async () => {
    const runs = Map.groupBy(await stepsOf(path), (step) => step.run_id)
    for (const steps of runs.values()) {
      expectRising(steps.map((step) => step.created_at))
      expectRising(steps.flatMap((step) => (step.messages ?? []).map((message) => message.created_at)))
    }
  })
})

test('what is no recording is claimed by none', () => {
  const others = ['package.json', 'tsconfig.json', 'demo/recordings/README.md', 'demo/recordings/counts.json']
  const summary = 'letta-evals/filesystem-gptoss-20b.run_1.summary.json'
  const paths = others.map((name) => join(root, name))
  if (existsSync(manifestPath)) {
    paths.push(manifestPath, join(recordings, summary))
    const cassettes = join(recordings, 'pydantic-ai-cassettes')
    if (existsSync(cassettes)) paths.push(...readdirSync(cassettes).map((name) => join(cassettes, name)))
  }
  for (const path of paths) {
    const file = openSourceFile(path)
    expect([path, FORMATS.filter((format) => format.detect(file)).map((format) => format.name)]).toEqual([path, []])
  }
})

async function stepsOf(path: string): Promise<StepInput[]> {
  const file = openSourceFile(path)
  const format = FORMATS.find((each) => each.detect(file))
  return format ? await collect(format.steps(file)) : []
}

function callsOf(step: StepInput): number {
  return (step.messages ?? []).reduce((sum, message) => sum + (message.tool_calls?.length ?? 0), 0)
}

function toolErrorsOf(step: StepInput): number {
  const returns = (step.messages ?? []).flatMap((message) => message.tool_returns ?? [])
  return returns.filter((each) => each.status === 'error').length
}

function hasReasoning(step: StepInput): boolean {
  return (step.messages ?? []).some(
    ({ content }) =>
      Array.isArray(content) && content.some((part) => part.type === 'reasoning' && part.reasoning !== ''),
  )
}

function sums(steps: StepInput[]): Sums {
  return {
    steps_with_usage: steps.filter((step) => step.prompt_tokens != null).length,
    prompt: steps.reduce((sum, step) => sum + (step.prompt_tokens ?? 0), 0),
    completion: steps.reduce((sum, step) => sum + (step.completion_tokens ?? 0), 0),
  }
}

function countBy<T>(items: T[], key: (item: T) => string): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(items, key)].map(([name, group]) => [name, group.length]))
}

function expectRising(times: (string | null | undefined)[]): void {
  expect(times.filter((time, index) => index > 0 && (time ?? '') <= (times[index - 1] ?? ''))).toEqual([])
}

async function collect<T>(items: Iterable<T> | AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
