/** Whatever the attributes of known names hold, a span is read, and what it becomes is what the API accepts. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JsonValue } from '../../src/domain/exact-json.ts'
import { assemble, type AssembledStep } from '../../src/in/otlp/assemble/index.ts'
import { place, type Reduced } from '../../src/in/otlp/reduce.ts'
import { placeLog } from '../../src/in/otlp/reduce-log.ts'
import type { LogRecord, Span } from '../../src/in/otlp/signal.ts'
import { checkStepInput } from '../../src/schema/step-input.ts'
import { captures } from './captures.ts'
import { traceOf } from './compare.ts'
import { span } from './examples/example.ts'
import { examples } from './examples/index.ts'

const known = [...captures(), ...examples()].flatMap(({ requests }) => requests)
const spans = known.flatMap((request): readonly Span[] => request.spans)
const logs = known.flatMap((request): readonly LogRecord[] => request.logs)

/** Values of any kind, values that other attributes have, and what breaks readers. */
const values = spans.flatMap(({ attributes }) => Object.values(attributes))
const value: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.constantFrom(...values),
  fc.constantFrom(...values).chain((text) => fc.nat({ max: 200 }).map((end) => String(text).slice(0, end))),
  fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<JsonValue>,
  fc.json({ maxDepth: 4 }),
  fc.constantFrom<JsonValue>('', 'null', '[', '{}', '[[]]', '\ud800', '\0', -1, 1.5, 1e300, true, null),
  fc.constantFrom<JsonValue>('['.repeat(5_000) + ']'.repeat(5_000), '{"a":'.repeat(3_000) + '1' + '}'.repeat(3_000)),
)

function stepsFrom(reduced: readonly Reduced[]): void {
  const facts = reduced.map((each) => each.facts).filter((each) => each !== null)
  expect(reduced.flatMap((each) => each.degraded).filter(({ reason }) => reason === 'unreadable')).toEqual([])
  const steps = assemble(JSON.parse(JSON.stringify(facts)) as typeof facts, 'tenant')
  for (const step of steps) checkStepInput(step.input, [])
}

test.skipIf(spans.length === 0)('spans with any values', () => {
  const changed = fc.constantFrom(...spans).chain((original) =>
    fc
      .dictionary(fc.constantFrom(...Object.keys(original.attributes), 'error.type', 'metadata', 'events'), value)
      .chain((attributes) =>
        fc
          .option(fc.tuple(fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })))
          .map((times): Span => ({
            ...original,
            attributes: { ...original.attributes, ...attributes },
            ...(times && { startNs: times[0], endNs: times[1] }),
          })),
      ),
  )
  fc.assert(
    fc.property(fc.array(changed, { minLength: 1, maxLength: 5 }), (some) =>
      stepsFrom(some.map((each) => place(each).read())),
    ),
    { numRuns: 1_500 },
  )
})

test('log records with any values', () => {
  const changed = fc.constantFrom(...logs).chain((original) =>
    fc
      .tuple(fc.dictionary(fc.constantFrom(...Object.keys(original.attributes), 'error'), value), fc.option(value))
      .map(([attributes, body]): LogRecord => ({
        ...original,
        attributes: { ...original.attributes, ...attributes },
        body: body ?? original.body,
      })),
  )
  fc.assert(
    fc.property(fc.array(changed, { minLength: 1, maxLength: 5 }), (some) =>
      stepsFrom(some.map((each) => placeLog(each, 0).read())),
    ),
    { numRuns: 1_000 },
  )
})

test('a history of any length is a step; the provider trace has all of it', () => {
  const chat = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-4o' }
  const history = Array.from({ length: 30_000 }, (_, i) => ({
    role: i % 2 ? 'assistant' : 'user',
    content: `message ${i}`,
  }))
  const large = {
    role: 'assistant',
    parts: [{ type: 'tool_call', id: 'c', name: 'f', arguments: { list: history.map((_, i) => i) } }],
  }
  const { facts } = place(
    span('call', 'chat', {
      ...chat,
      'gen_ai.input.messages': JSON.stringify(history),
      'gen_ai.output.messages': JSON.stringify([large]),
    }),
  ).read()
  const [step] = assemble(facts ? [facts] : [], 'tenant')
  expect(() => checkStepInput(step?.input, [])).not.toThrow()
  const { request_json } = traceOf(step as AssembledStep)
  expect(request_json.messages).toHaveLength(history.length)
  const shown = step?.input.messages ?? []
  expect(shown.length).toBeGreaterThan(100)
  expect(shown.at(-2)?.content).toEqual([{ type: 'text', text: 'message 29999' }])
})

test('what is poorer than what was sent is told', () => {
  const chat = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-4o' }
  const reasons = (...args: Parameters<typeof span>) =>
    place(span(...args))
      .read()
      .degraded.map(({ reason, dialect }) => `${dialect}: ${reason}`)
  expect(reasons('a', 'chat', { ...chat, 'gen_ai.input.messages': '[{"role":"user","parts":[{"ty' })).toEqual([
    'gen_ai: truncated_json',
  ])
  expect(reasons('a', 'chat', chat, { dropped: 3 })).toEqual(['gen_ai: dropped_attributes'])
  expect(reasons('a', 'chat', { ...chat, 'gen_ai.response.finish_reasons': ['sleepy'] })).toEqual([
    'gen_ai: unknown_finish_reason',
  ])
  expect(reasons('a', 'x', { 'gen_ai.operation.name': 'dream', 'gen_ai.usage.input_tokens': 1 })).toEqual([
    ': unknown_operation',
  ])
  expect(reasons('a', 'chat', chat)).toEqual([])
})

test('headers and credentials are not kept', () => {
  const { facts } = place(
    span('call', 'chat', {
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'gpt-4o',
      'http.request.header.authorization': 'Bearer s3cret',
      'ai.request.headers.x-api-key': 's3cret',
      'gen_ai.request.extra_headers': '{"authorization":"s3cret"}',
      metadata: JSON.stringify({ api_key: 's3cret', team: 'red' }),
      'llm.invocation_parameters': JSON.stringify({ api_key: 's3cret', temperature: 1 }),
    }),
  ).read()
  expect(JSON.stringify(facts)).not.toContain('s3cret')
  expect(JSON.stringify(facts)).toContain('red')
})
