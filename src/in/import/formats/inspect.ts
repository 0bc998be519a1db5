/** Inspect logs (`.json`, `.eval`): a sample is a run, a model event is a step. See docs/import.md. */
import type { JsonObject, JsonValue } from '../../../domain/exact-json.ts'
import { derivedId } from '../../../domain/id.ts'
import type { StepInput, StopReason } from '../../../domain/step.ts'
import type { Micros } from '../../../domain/time.ts'
import { nameOrNull, providerOf, stopReason, tag, withoutUnknown } from '../chat.ts'
import type { ImportFormat } from '../format.ts'
import { eventsOf, modelCall, type SampleEvent } from '../inspect/events.ts'
import { chatMessage, InputReader, toolEventMessage, usageOf } from '../inspect/messages.ts'
import { inspectArchive, isInspectArchive } from '../inspect/archive.ts'
import { Place, topLevelKeys } from '../place.ts'
import { idOr, RunDraft, trace, type StepDraft, type StepPart } from '../run-draft.ts'

export const inspect: ImportFormat = {
  name: 'inspect',
  describe: 'Inspect evaluation logs (.json, .eval)',
  detect(file) {
    if (isInspectArchive(file)) return true
    const keys = topLevelKeys(file.head())
    return keys.has('eval') && (keys.has('version') || keys.has('status') || keys.has('plan'))
  },
  *steps(file) {
    if (isInspectArchive(file)) {
      const { header, samples } = inspectArchive(file)
      for (const sample of samples()) yield* sampleSteps(header, sample)
    } else {
      const log = new Place(file.json())
      log.at('eval').object()
      for (const sample of log.at('samples').list()) yield* sampleSteps(log, sample)
    }
  },
}

function sampleSteps(log: Place, sample: Place): StepInput[] {
  sample.object()
  const evaluation = log.at('eval')
  const uuid = sample.at('uuid').text()
  const name = [sample.at('id').scalar() ?? '', sample.at('epoch').scalar() ?? '']
  const log_id =
    evaluation.at('eval_id').text() ?? [evaluation.at('run_id').text(), evaluation.at('task_id').text()].join('/')
  const identity = uuid === null ? [log_id, ...name] : [uuid]
  const epoch = sample.at('epoch').count()
  const shared: StepPart = {
    agent_id: nameOrNull(evaluation.at('task').text()),
    run_id: idOr(uuid, 'run', 'inspect', ...identity),
    tags: [
      ...tag('task', sample.at('id').scalar()),
      ...(epoch !== null && epoch > 1 ? tag('epoch', String(epoch)) : []),
      ...scores(sample),
    ],
  }
  const run = new RunDraft()
  const reader = new InputReader(run)
  for (const event of inOrder(eventsOf(sample))) {
    if (event.kind === 'tool') toolEvent(run, event)
    else modelEvent(run, reader, event, log, shared, identity)
  }
  const last = run.steps.at(-1)?.fields
  if (last?.status === 'success') last.stop_reason = endOf(sample) ?? last.stop_reason ?? null
  return run.finish(evaluation.at('created').time())
}

/** By time, as parallel agents of one sample write their events; events without time stay where they are. */
function inOrder(events: SampleEvent[]): SampleEvent[] {
  let time: Micros = Number.MIN_SAFE_INTEGER
  const timed = events.map((event) => ({ event, time: (time = event.place.at('timestamp').time() ?? time) }))
  return timed.sort((a, b) => a.time - b.time).map(({ event }) => event)
}

function modelEvent(
  run: RunDraft,
  reader: InputReader,
  event: SampleEvent,
  log: Place,
  shared: StepPart,
  identity: string[],
): void {
  const { place } = event
  const output = place.at('output')
  const choice = output.at('choices').list()[0]
  const model = place.at('model').text()
  const role = place.at('role').text()
  const id = derivedId('step', 'inspect', ...identity, event.id)
  const call = modelCall(event)
  const input = event.input()
  reader.read(input)
  const seconds = call?.time ?? output.at('time').number()
  const draft = run.step(
    {
      id,
      ...shared,
      tags: [...(shared.tags ?? []), ...tag('role', role), ...tag('scorer', event.scorer)],
      model: nameOrNull(model),
      model_handle: model?.includes('/') ? nameOrNull(model) : null,
      provider_name: nameOrNull(providerOf(model)),
      ...usageOf(output.at('usage'), providerOf(model)),
      ...outcome(place, log, choice?.at('stop_reason').text() ?? null),
    },
    place.at('timestamp').time(),
    place.where,
  )
  const metrics = timing(place, seconds)
  if (metrics) draft.fields.metrics = metrics
  if (choice && draft.fields.status === 'success') {
    const message = chatMessage(choice.at('message'), id)
    run.add(draft, message, place.at('completed').time() ?? place.at('timestamp').time())
    reader.generated(choice.at('message'))
  }
  const request =
    call?.request ??
    withoutUnknown({
      model,
      messages: input.map((message) => message.value ?? null),
      tools: place.at('tools').list().length > 0 ? place.at('tools').value : null,
      tool_choice: place.at('tool_choice').value,
      config: place.at('config').value,
    })
  const failure = draft.fields.status === 'success' ? null : draft.fields.error_data
  const response =
    call?.response ??
    (failure
      ? { error: failure['message'] ?? null, error_type: draft.fields.error_type ?? null }
      : output.optionalObject())
  if (response) draft.traces.push(trace(request, response, seconds === null ? null : Math.round(seconds * 1000)))
}

/** How the call went: an error is a failure; one never finished is pending, or cancelled with its evaluation. */
function outcome(event: Place, log: Place, finish: string | null): StepPart {
  const error = event.at('error').text()
  if (error === null && event.at('pending').value !== true)
    return { status: 'success', stop_reason: stopReason(finish) }
  const cancelled =
    /^\s*(?:\w+[\s_-])?cancel/i.test(error ?? '') || (error === null && log.at('status').text() === 'cancelled')
  if (cancelled)
    return { status: 'cancelled', stop_reason: 'cancelled', ...(error ? { error_data: { message: error } } : {}) }
  if (error === null)
    return log.at('status').text() === 'started'
      ? { status: 'pending' }
      : { status: 'cancelled', stop_reason: 'cancelled' }
  const traceback = event.at('traceback').text()
  const named =
    /^(?:[\w.]*\.)?(\w*(?:Error|Exception|Timeout)\w*)\b/.exec(error) ??
    /^(?:[\w.]*\.)?(\w*(?:Error|Exception|Timeout)\w*):/m.exec(traceback ?? '')
  return {
    status: 'failed',
    stop_reason: 'llm_api_error',
    error_type: named?.[1] ?? null,
    error_data: withoutUnknown({ message: error, traceback }),
  }
}

function toolEvent(run: RunDraft, event: SampleEvent): void {
  const { place } = event
  const id = place.at('id').text()
  const asker = id === null ? null : run.asker(id)
  // Tools that no model call of the sample asked for are not part of a step.
  if (!asker) return
  const done = asker.messages.findIndex((entry) => entry.message.role === 'tool' && entry.message.tool_call_id === id)
  if (done >= 0) asker.messages.splice(done, 1)
  const completed = place.at('completed').time()
  asker.messages.push({ message: toolEventMessage(place), time: completed ?? place.at('timestamp').time() })
  addToolTime(asker, place, completed)
}

function timing(event: Place, seconds: number | null): NonNullable<StepInput['metrics']> | null {
  const start = event.at('timestamp').time()
  const completed = event.at('completed').time()
  const working = event.at('working_time').number() ?? seconds
  if (start === null || completed === null) return working === null ? null : { llm_request_ns: nanos(working) }
  return {
    step_start_ns: micros(start),
    llm_request_start_ns: micros(start),
    llm_request_ns: working === null ? micros(completed - start) : nanos(working),
    step_ns: micros(completed - start),
  }
}

function addToolTime(step: StepDraft, tool: Place, completed: Micros | null): void {
  const started = tool.at('timestamp').time()
  const spent =
    tool.at('working_time').number() ?? (completed !== null && started !== null ? (completed - started) / 1e6 : null)
  if (spent === null) return
  const metrics = (step.fields.metrics ??= {})
  metrics.tool_execution_ns = String(
    BigInt((metrics.tool_execution_ns as string | undefined) ?? 0) + BigInt(nanos(spent)),
  )
  if (completed !== null && step.time !== null && metrics.step_ns !== undefined) {
    const whole = BigInt(completed - step.time) * 1000n
    if (whole > BigInt(metrics.step_ns as string)) metrics.step_ns = String(whole)
  }
}

function nanos(seconds: number): string {
  return String(BigInt(Math.max(0, Math.round(seconds * 1e9))))
}

function micros(value: Micros): string {
  return String(BigInt(value) * 1000n)
}

function scores(sample: Place): string[] {
  const all =
    sample.at('scores').optionalObject() ?? (sample.at('score').known ? { score: sample.at('score').object() } : {})
  return Object.entries(all).flatMap(([name, score]) => {
    const value: JsonValue | undefined = (score as JsonObject | null)?.['value']
    return typeof value === 'object' ? [] : tag('score', value === undefined ? null : `${name}=${value}`)
  })
}

/** Why the sample ended, where that is not the model's own decision. */
function endOf(sample: Place): StopReason | null {
  if (sample.at('error').known) return 'error'
  const limit = sample.at('limit').at('type').text()
  return limit === 'message' || limit === 'turn' ? 'max_steps' : null
}
