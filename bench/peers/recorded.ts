/**
 * The demo's recordings as OTLP requests: one span a model call, with the whole request that the model got, as the GenAI convention writes it.
 * What agents really send: most of each request is the history that the one before it held.
 */
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { JsonObject, JsonValue } from '../../src/domain/exact-json.ts'
import type { ProviderTraceInput, StepInput } from '../../src/domain/step.ts'
import { importFiles } from '../../src/in/import/importer.ts'
import { checkStepInput } from '../../src/schema/step-input.ts'
import { toProtobuf } from '../../test/otlp/support.ts'

const RECORDINGS = fileURLToPath(new URL('../../demo/recordings', import.meta.url))
/** Below what exporters send at once by default (512): these spans are large. */
const SPANS_IN_REQUEST = 64

export interface Recorded {
  /** In protobuf. */
  readonly requests: readonly Buffer[]
  readonly spans: number
}

/** @param recordings files or directories; those whose format rebuilds requests count */
export async function recordedRequests(recordings: readonly string[] = [RECORDINGS]): Promise<Recorded> {
  const spans: object[] = []
  await importFiles([...recordings], {
    check: (input) => checkStepInput(input, []),
    record: async (steps) => {
      for (const step of steps) for (const trace of tracesOf(step)) spans.push(spanOf(step, trace, spans.length))
      return { created: steps.length, merged: 0 }
    },
  })
  const requests: Buffer[] = []
  for (let from = 0; from < spans.length; from += SPANS_IN_REQUEST) {
    const resource = { attributes: [text('service.name', 'recorded'), text('openinference.project.name', 'recorded')] }
    const scope = { name: 'agent-instrumentation', version: '1.4.0' }
    const scopeSpans = [{ scope, spans: spans.slice(from, from + SPANS_IN_REQUEST) }]
    requests.push(toProtobuf('traces', { resourceSpans: [{ resource, scopeSpans }] }))
  }
  return { requests, spans: spans.length }
}

const tracesOf = (step: StepInput) => ([] as ProviderTraceInput[]).concat(step.provider_trace ?? [])
const text = (key: string, stringValue: string) => ({ key, value: { stringValue } })
const count = (key: string, value: number | null | undefined) =>
  value == null ? [] : [{ key, value: { intValue: `${value}` } }]

function spanOf(step: StepInput, { request_json }: ProviderTraceInput, n: number): object {
  const start = BigInt(Date.parse(step.created_at ?? '')) * 1_000_000n
  const messages = (request_json.messages as JsonObject[]).map(said)
  const answer = (step.messages ?? []).findLast(({ role }) => role === 'assistant')
  return {
    traceId: createHash('sha256').update(String(step.run_id)).digest('hex').slice(0, 32),
    spanId: (n + 1).toString(16).padStart(16, '0'),
    name: `chat ${step.model}`,
    kind: 3,
    startTimeUnixNano: `${start}`,
    endTimeUnixNano: `${start + 900_000_000n}`,
    attributes: [
      text('gen_ai.operation.name', 'chat'),
      text('gen_ai.request.model', step.model ?? ''),
      text('gen_ai.agent.name', step.agent_id ?? ''),
      ...count('gen_ai.usage.input_tokens', step.prompt_tokens),
      ...count('gen_ai.usage.output_tokens', step.completion_tokens),
      text('gen_ai.input.messages', JSON.stringify(messages)),
      text('gen_ai.output.messages', JSON.stringify(answer ? [{ ...said(answer as unknown as JsonObject), finish_reason: 'stop' }] : [])),
    ],
  } // prettier-ignore
}

/** A message of OpenAI's form in the convention's. */
function said(message: JsonObject): JsonObject {
  const { role, content, tool_calls, tool_call_id } = message
  if (role === 'tool') {
    const returned = { type: 'tool_call_response', id: tool_call_id ?? null, response: textIn(content) }
    return { role, parts: [returned] }
  }
  const words = textIn(content)
  const calls = (tool_calls ?? []) as { id: string; function: { name: string; arguments: string } }[]
  const parts = [
    ...(words === '' ? [] : [{ type: 'text', content: words }]),
    ...calls.map(({ id, function: { name, arguments: given } }) => ({
      type: 'tool_call',
      id,
      name,
      arguments: JSON.parse(given) as JsonValue,
    })),
  ]
  return { role: role ?? null, parts }
}

function textIn(content: JsonValue | undefined): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map((part) => ((part as JsonObject).text as string | undefined) ?? '').join('')
}
