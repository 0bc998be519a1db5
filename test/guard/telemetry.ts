/** Requests of OpenTelemetry: model calls of one trace, in the GenAI convention. */

const START = 1_795_226_300_000_000_000n

/** @param from the number of the first span */
export function traceRequest(trace: number, count: number, from = 0): unknown {
  const spans = Array.from({ length: count }, (_, i) => span(trace, from + i))
  return { resourceSpans: [{ scopeSpans: [{ scope: { name: 'guard' }, spans }] }] }
}

function span(trace: number, n: number) {
  const at = START + BigInt(n) * 1_000_000_000n
  const message = (role: string, content: string) => JSON.stringify([{ role, parts: [{ type: 'text', content }] }])
  const texts = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4.1-mini',
    'gen_ai.input.messages': message('user', `What is ${n}?`),
    'gen_ai.output.messages': message('assistant', `It is ${n} of ${trace}.`),
  }
  return {
    traceId: hex(trace, 32),
    spanId: hex(n + 1, 16),
    name: 'chat gpt-4.1-mini',
    kind: 3,
    startTimeUnixNano: String(at),
    endTimeUnixNano: String(at + 500_000_000n),
    attributes: Object.entries(texts).map(([key, stringValue]) => ({ key, value: { stringValue } })),
  }
}

const hex = (n: number, digits: number) => n.toString(16).padStart(digits, '0')
