/**
 * OTLP requests as agents send them: traces of an agent that calls a model and its tools in turn, in the current GenAI
 * convention, with the messages on the spans; spans in the order in which they end, as batch processors send them.
 */
import { prose, random } from './prose.ts'

const SPANS = 512
/** Model calls of one agent run. */
const ROUNDS = 6
/** Begins every trace and span id, so that {@link renewed} finds them. */
const MARK = Buffer.from('57e91ed6e20c7a11', 'hex')

/** Begins every text that an agent or its user says, so that {@link renewed} makes it another one; all of one length. */
const UNIQUE = '«0000000000»'

type Attribute = { key: string; value: Record<string, unknown> }

const text = (key: string, value: string): Attribute => ({ key, value: { stringValue: value } })
const count = (key: string, value: number): Attribute => ({ key, value: { intValue: String(value) } })

/** One request in OTLP's JSON form. */
export function otlpRequest(): unknown {
  const spans: unknown[] = []
  for (let run = 0; spans.length < SPANS; run++) spans.push(...agentRun(run))
  const resource = { attributes: [text('service.name', 'shop'), text('deployment.environment.name', 'production')] }
  const scopeSpans = [{ scope: { name: 'agent-instrumentation', version: '1.4.0' }, spans: spans.slice(0, SPANS) }]
  return { resourceSpans: [{ resource, scopeSpans }] }
}

export function agentRun(run: number): unknown[] {
  const traceId = MARK.toString('hex') + run.toString(16).padStart(16, '0')
  const root = spanId(run, 0)
  const next = random(run + 1)
  const words = (bytes: number) => UNIQUE + prose(bytes, next)
  const history: unknown[] = [message('user', { type: 'text', content: words(300) })]
  const spans: unknown[] = []
  let at = 1_770_000_000_000_000_000n + BigInt(run) * 1_000_000_000n
  const span = (n: number, name: string, parentSpanId: string, attributes: Attribute[], ms: bigint) => {
    const startTimeUnixNano = String(at)
    at += ms * 1_000_000n
    return { traceId, spanId: spanId(run, n), parentSpanId, name, kind: 3, startTimeUnixNano, endTimeUnixNano: String(at), attributes } // prettier-ignore
  }
  const start = at
  for (let round = 0; round < ROUNDS; round++) {
    const call = { type: 'tool_call', id: `call_${run}_${round}`, name: 'find_order', arguments: { order: words(20) } }
    const isLast = round === ROUNDS - 1
    const answer = message('assistant', isLast ? { type: 'text', content: words(400) } : call)
    const prompt = 900 + round * 200
    spans.push(
      span(round * 2 + 1, 'chat gpt-4.1-mini', root, [
        text('gen_ai.operation.name', 'chat'),
        text('gen_ai.provider.name', 'openai'),
        text('gen_ai.request.model', 'gpt-4.1-mini'),
        text('gen_ai.response.model', 'gpt-4.1-mini-2025-04-14'),
        text('gen_ai.response.id', `chatcmpl-${run}-${round}`),
        text('gen_ai.conversation.id', `conversation-${run}`),
        text('server.address', 'api.openai.com'),
        count('gen_ai.request.max_tokens', 2048),
        count('gen_ai.usage.input_tokens', prompt),
        count('gen_ai.usage.output_tokens', 80),
        count('gen_ai.usage.cache_read.input_tokens', prompt - 300),
        { key: 'gen_ai.response.finish_reasons', value: { arrayValue: { values: [{ stringValue: isLast ? 'stop' : 'tool_calls' }] } } }, // prettier-ignore
        text('gen_ai.system_instructions', JSON.stringify([{ type: 'text', content: SYSTEM }])),
        text('gen_ai.input.messages', JSON.stringify(history)),
        text('gen_ai.output.messages', JSON.stringify([answer])),
      ], 900n),
    ) // prettier-ignore
    history.push(answer)
    if (isLast) break
    const result = words(350)
    spans.push(
      span(round * 2 + 2, 'execute_tool find_order', root, [
        text('gen_ai.operation.name', 'execute_tool'),
        text('gen_ai.tool.name', 'find_order'),
        text('gen_ai.tool.call.id', call.id),
        text('gen_ai.tool.call.result', result),
      ], 120n),
    ) // prettier-ignore
    history.push(message('tool', { type: 'tool_call_response', id: call.id, response: result }))
  }
  at = start
  spans.push(
    span(0, 'invoke_agent support', '', [
      text('gen_ai.operation.name', 'invoke_agent'),
      text('gen_ai.agent.name', `support-${run % 7}`),
      text('user.id', `user-${run % 1000}`),
    ], 8000n),
  ) // prettier-ignore
  return spans
}

const SYSTEM = prose(600, random(99))

const message = (role: string, ...parts: unknown[]) => ({ role, parts })

function spanId(run: number, n: number): string {
  return MARK.subarray(0, 4).toString('hex') + (run * 64 + n).toString(16).padStart(8, '0')
}

/** Model calls of traces of their own, below parents that nobody sends. */
export function orphanRequest(): unknown {
  const calls = Array.from({ length: SPANS }, (_, run) => agentRun(run)[0] as object)
  return { resourceSpans: [{ scopeSpans: [{ scope: { name: 'agent-instrumentation' }, spans: calls }] }] }
}

/** The same request about other traces and in other words: as if the agents had run again. */
export function renewed(body: Buffer, generation: number): Buffer {
  const copy = Buffer.from(body)
  const unique = Buffer.from(UNIQUE)
  const now = Buffer.from(UNIQUE.replaceAll('0000000000', String(generation).padStart(10, '0')))
  for (let at = copy.indexOf(MARK); at >= 0; at = copy.indexOf(MARK, at + 16)) copy.writeUInt32BE(generation, at + 8)
  for (let at = copy.indexOf(unique); at >= 0; at = copy.indexOf(unique, at + unique.length)) now.copy(copy, at)
  return copy
}

export const SPANS_IN_REQUEST = SPANS
