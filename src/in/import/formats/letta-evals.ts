/** Letta evaluation results: trajectories of Letta messages as the API returned them. See docs/import.md. */
import { derivedId, STEP_ID } from '../../../domain/id.ts'
import { isJsonObject } from '../../../domain/exact-json.ts'
import { STOP_REASONS, type StepInput, type StopReason } from '../../../domain/step.ts'
import { nameOrNull, tag, usageFields } from '../chat.ts'
import type { ImportFormat, SourceFile } from '../format.ts'
import { GENERATED, generate, heard, toolReturns } from '../letta-messages.ts'
import { Place, topLevelKeys } from '../place.ts'
import { RunDraft, type StepDraft, type StepPart } from '../run-draft.ts'
import { parseJson } from '../source-file.ts'

export const lettaEvals: ImportFormat = {
  name: 'letta-evals',
  describe: 'Letta evaluation results (.jsonl, .json)',
  // A result that was written twice (a resumed evaluation) names the same steps.
  merges: true,
  detect(file) {
    const head = file.head()
    const keys = topLevelKeys(head)
    if (keys.has('type')) {
      return (keys.has('suite') || keys.has('result')) && /^\s*\{\s*"type"\s*:\s*"(header|result)"/.test(head)
    }
    if (keys.has('trajectory') && (keys.has('sample') || keys.has('sample_id'))) return true
    if (keys.has('results')) return keys.has('suite') || keys.has('config') || /"trajectory"\s*:/.test(head)
    return keys.has('suite') && keys.has('config') && /"target"\s*:/.test(head)
  },
  steps: (file) => (isOneDocument(file) ? documentSteps(file) : lineSteps(file)),
}

function isOneDocument(file: SourceFile): boolean {
  const keys = topLevelKeys(file.head())
  return keys.has('results') || (keys.has('suite') && !keys.has('type'))
}

function* documentSteps(file: SourceFile): Iterable<StepInput> {
  const root = new Place(file.json())
  for (const result of root.at('results').list()) yield* resultSteps(result, root.at('suite').text())
}

async function* lineSteps(file: SourceFile): AsyncIterable<StepInput> {
  let suite: string | null = null
  for await (const { line, text } of file.lines()) {
    const root = new Place(parseJson(text, `line ${line}: `), `line ${line}: `)
    root.object()
    const type = root.at('type').text()
    if (type === 'header') suite = root.at('suite').text()
    else if (type === 'result') yield* resultSteps(root.at('result'), suite)
    else if (type === null && root.at('trajectory').known) yield* resultSteps(root, suite)
    else if (type !== 'summary') root.at('type').fail('header, result or summary')
  }
}

function resultSteps(result: Place, suite: string | null): StepInput[] {
  result.object()
  const turns = result.at('trajectory').list()
  const sample = result.at('sample').at('id').scalar() ?? result.at('sample_id').scalar()
  const config = result.at('agent_state').at('llm_config')
  const agent = nameOrNull(result.at('agent_id').text())
  const score = result.at('grade').at('score')
  const shared: StepPart = {
    agent_id: agent,
    model: nameOrNull(result.at('model_name').text() ?? config.at('model').text()),
    status: 'success',
    tags: [
      ...tag('suite', suite),
      ...tag('task', sample),
      ...(score.known ? tag('grade', score.scalar()) : grades(result.at('grades'))),
      ...tag(
        'error',
        result.at('error').at('exception_type').value ? result.at('error').at('exception_type').text() : null,
      ),
    ],
  }
  const messages = turns.map((turn) => turn.list())
  const all = messages.flat()
  const firstId =
    all
      .find((message) => message.at('id').known)
      ?.at('id')
      .text() ?? ''
  const identity = [agent ?? '', sample ?? '', firstId]
  const hasStepIds = all.some((message) => message.at('step_id').known)
  const runs = new Map<string, RunDraft>()
  const fallback = derivedId('run', 'letta-evals', ...identity)
  let runId = fallback
  messages.forEach((turn, index) => {
    // A message without run id is of its turn's run, whichever message of the turn names it.
    runId =
      turn
        .find((message) => message.at('run_id').known)
        ?.at('run_id')
        .text() ?? runId
    const before = new Map([...runs].map(([id, run]) => [id, run.steps.length]))
    for (const message of turn) {
      const run = nameOrNull(message.at('run_id').text()) ?? runId
      const draft = runs.get(run) ?? new RunDraft()
      runs.set(run, draft)
      take(draft, message, { ...shared, run_id: run }, hasStepIds)
    }
    const made = [...runs].flatMap(([id, run]) => run.steps.slice(before.get(id) ?? 0))
    giveUsage(made, result.at('agent_usage').list()[index])
  })
  const every = [...runs.values()].flatMap((run) => run.steps)
  if (!result.at('agent_usage').known) giveUsage(every, result.at('usage'))
  return [...runs.values()].flatMap((run) => run.finish(null))
}

/** One message of a turn goes to the step it names, or waits for the next one. */
function take(run: RunDraft, message: Place, shared: StepPart, hasStepIds: boolean): void {
  const type = message.at('message_type').text()
  const time = message.at('date').time()
  if (type === null) return message.at('message_type').fail('a Letta message type')
  if (type === 'stop_reason') {
    const reason = message.at('stop_reason').text() as StopReason | null
    const last = run.steps.at(-1)
    if (last && reason !== null && Object.hasOwn(STOP_REASONS, reason)) last.fields.stop_reason = reason
    return
  }
  const named = message.at('step_id').name()
  const isGenerated = GENERATED.has(type)
  const last = run.steps.at(-1)
  let step: StepDraft | undefined
  if (named !== null && type !== 'user_message' && type !== 'system_message') {
    const id = STEP_ID.test(named) ? named : derivedId('step', 'letta-evals', named)
    step = run.steps.findLast((each) => each.fields.id === id) ?? run.step({ id, ...shared }, time, message.where)
  } else if (isGenerated && !hasStepIds) {
    // Without step ids the parts of one inference still share their message's id.
    const id = derivedId('step', 'letta-evals', message.at('id').text() ?? message.where)
    step = last?.fields.id === id ? last : run.step({ id, ...shared }, time, message.where)
  }
  if (type === 'tool_return_message') {
    const answer = toolReturns(message)
    if (step) run.add(step, answer, time)
    else run.answer(answer, time)
  } else if (isGenerated && step) {
    generate(run, step, message, time)
  } else {
    const input = heard(message)
    if (input && step) run.add(step, input, time)
    else if (input) run.hear(input, time)
  }
}

/** Tokens are told per turn. They are a step's own only if the turn has one step. */
function giveUsage(steps: StepDraft[], usage: Place | undefined): void {
  const only = steps.length === 1 ? steps[0] : undefined
  if (!only || !usage || !isJsonObject(usage.value)) return
  const count = usage.at('step_count').count()
  if (count === null || count === 1) Object.assign(only.fields, usageFields(usage))
}

function grades(all: Place): string[] {
  return Object.keys(all.optionalObject() ?? {}).flatMap((key) => tag(`grade.${key}`, all.at(key).at('score').scalar()))
}
