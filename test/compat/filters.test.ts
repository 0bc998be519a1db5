/** Every filter of List Steps, ours included (contract, sections 2.1, 2.4, 2.5; checklist 5). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StepInput } from '../../src/domain/step.ts'
import { startTestServer } from '../support/server.ts'
import { at, clientOf, fresh, idsOf, stepId, steps } from './support.ts'

const server = await startTestServer()
afterAll(() => server.close())
const client = clientOf(server)

/** A query with parameters that the SDK's types do not know; at run time it sends them all. */
const list = async (query: Record<string, unknown>) => (await client.steps.list(query)).items

/** Steps by name; each differs from `plain` in one thing. */
const STEPS: Record<string, StepInput> = {
  plain: {},
  model: { model: 'gpt-4o-mini' },
  modelCase: { model: 'GPT-4o-mini' },
  modelLonger: { model: 'gpt-4o-mini-2024' },
  handle: { model_handle: 'openai/gpt-4o-mini' },
  provider: { provider_name: 'anthropic' },
  traceA: { trace_id: '4bf92f3577b34da6a3ce929d0e0e4736' },
  traceB: { trace_id: 'trace, with a comma' },
  positive: { feedback: 'positive' },
  negative: { feedback: 'negative' },
  project: { project_id: 'project-1' },
  run: { run_id: 'run/with a slash' },
  pending: { status: 'pending' },
  success: { status: 'success', stop_reason: 'end_turn' },
  failed: { status: 'failed', stop_reason: 'llm_api_error', error_type: 'RateLimitError' },
  cancelled: { status: 'cancelled', stop_reason: 'cancelled' },
  tagsAB: { tags: ['a', 'b'] },
  tagsBC: { tags: ['b', 'c'] },
  tagCase: { tags: ['A'] },
}
const NAMES = Object.keys(STEPS)
const agent_id = 'agent-filters'
beforeAll(() =>
  server.record(NAMES.map((name, i) => ({ id: stepId(i + 1), agent_id, created_at: at(i), ...STEPS[name] }))),
)

async function named(query: Record<string, unknown>) {
  const items = await list({ agent_id, limit: 100, order: 'asc', ...query })
  return items.map(({ id }) => NAMES[Number.parseInt(id.slice(5, 13), 16) - 1]).join(' ')
}

describe('a filter of the documented API', () => {
  test.each([
    [{ model: 'gpt-4o-mini' }, 'model'],
    [{ model: 'openai/gpt-4o-mini' }, ''],
    [{ model: 'gpt' }, ''],
    [{ trace_ids: ['4bf92f3577b34da6a3ce929d0e0e4736'] }, 'traceA'],
    [{ trace_ids: ['4bf92f3577b34da6a3ce929d0e0e4736', 'trace, with a comma', 'none'] }, 'traceA traceB'],
    [{ trace_ids: ['trace'] }, ''],
    [{ trace_ids: [] }, NAMES.join(' ')],
    [{ feedback: 'positive' }, 'positive'],
    [{ feedback: 'negative' }, 'negative'],
    [{ has_feedback: true }, 'positive negative'],
    [{ has_feedback: false }, NAMES.filter((name) => !name.endsWith('tive')).join(' ')],
    [{ project_id: 'project-1' }, 'project'],
    [{ tags: ['a'] }, 'tagsAB'],
    [{ tags: ['b'] }, 'tagsAB tagsBC'],
    [{ tags: ['a', 'c'] }, 'tagsAB tagsBC'],
    [{ tags: ['A'] }, 'tagCase'],
    [{ tags: ['nowhere'] }, ''],
    [{ tags: [] }, NAMES.join(' ')],
  ])('%j gives "%s" (D3: tags are applied, any of them)', async (query, expected) => {
    expect(await named(query)).toBe(expected)
  })

  test('agent_id is exact, and any text that is one', async () => {
    for (const id of ['agent one', 'Agent/ü%20', 'agent-0d5c2f7e-1b3a-4c6d-8e9f-a0b1c2d3e4f5', '1']) {
      const [step] = await server.record([{ agent_id: id }])
      expect(idsOf(await list({ agent_id: id }))).toEqual([step?.id])
    }
    expect(await list({ agent_id: 'agent-filter' })).toEqual([])
    expect(await list({ agent_id: 'AGENT-FILTERS' })).toEqual([])
  })
})

describe('a filter of ours (extension)', () => {
  test.each([
    [{ run_id: 'run/with a slash' }, 'run'],
    [{ status: 'pending' }, 'pending'],
    [{ status: 'success' }, 'success'],
    [{ status: 'failed' }, 'failed'],
    [{ status: 'cancelled' }, 'cancelled'],
    [{ stop_reason: 'end_turn' }, 'success'],
    [{ stop_reason: 'max_tokens_exceeded' }, ''],
    [{ provider_name: 'anthropic' }, 'provider'],
    [{ model_handle: 'openai/gpt-4o-mini' }, 'handle'],
    [{ error_type: 'RateLimitError' }, 'failed'],
    [{ tags: ['a', 'b'], match_all_tags: true }, 'tagsAB'],
    [{ tags: ['a', 'c'], match_all_tags: true }, ''],
    [{ tags: ['b', 'b'], match_all_tags: true }, 'tagsAB tagsBC'],
    [{ tags: ['a', 'c'], match_all_tags: false }, 'tagsAB tagsBC'],
    [{ match_all_tags: true }, NAMES.join(' ')],
  ])('%j gives "%s"', async (query, expected) => {
    expect(await named(query)).toBe(expected)
  })

  test('include_messages=false leaves messages empty and everything else as it is', async () => {
    const agent = fresh('agent')
    await server.record(steps(2, agent, 1, { messages: [{ role: 'user', content: 'Hi' }], tags: ['t'] }))
    const whole = await list({ agent_id: agent })
    expect(whole[0]?.messages).toHaveLength(1)
    for (const light of [{ include_messages: false }, { include_messages: 'no' }]) {
      expect(await list({ agent_id: agent, ...light })).toEqual(whole.map((step) => ({ ...step, messages: [] })))
    }
    expect(await list({ agent_id: agent, include_messages: true })).toEqual(whole)
  })

  test.each(['status', 'stop_reason'])('%s refuses a word that is none of its own', async (name) => {
    expect((await server.request(`/v1/steps/?${name}=done`)).status).toBe(422)
  })
})

describe('filters together', () => {
  test('are all to be met', async () => {
    expect(await named({ status: 'failed', error_type: 'RateLimitError' })).toBe('failed')
    expect(await named({ status: 'success', error_type: 'RateLimitError' })).toBe('')
    expect(await named({ tags: ['a', 'c'], trace_ids: ['trace, with a comma'] })).toBe('')
    expect(await named({ model: 'gpt-4o-mini', has_feedback: false })).toBe('model')
  })

  test('that contradict each other are valid and give []', async () => {
    expect(await named({ feedback: 'positive', has_feedback: false })).toBe('')
  })

  test('unknown ones are ignored', async () => {
    expect(await named({ model: 'gpt-4o-mini', 'tags[]': 'a', colour: 'red' })).toBe('model')
  })
})

describe('tags and trace ids with every kind of character', () => {
  const ODD = ['a,b', 'a b', 'a+b', 'a&b=c', 'ü日本🙂', 'a%2Cb', '"', "o'clock", '\\', '#?/', ' lead', '%', '_', '*']

  test.each(ODD)('a tag %j is found whole and alone', async (tag) => {
    const agent = fresh('agent')
    const [step] = await server.record([
      { agent_id: agent, tags: [tag] },
      { agent_id: agent, tags: ['a', 'b', `${tag}x`] },
    ])
    expect(idsOf(await list({ agent_id: agent, tags: [tag] }))).toEqual([step?.id])
    expect(idsOf(await list({ agent_id: agent, tags: ['nowhere', tag] }))).toEqual([step?.id])
    expect(step?.tags).toEqual([tag])
  })

  test.each(ODD)('a trace id %j is found whole and alone', async (trace_id) => {
    const agent = fresh('agent')
    const [step] = await server.record([
      { agent_id: agent, trace_id },
      { agent_id: agent, trace_id: `${trace_id}x` },
    ])
    expect(idsOf(await list({ agent_id: agent, trace_ids: [trace_id] }))).toEqual([step?.id])
  })

  test.each(['line\nbreak', 'tab\there', ''])('a tag %j that cannot be filtered by cannot be recorded', async (tag) => {
    await expect(server.record([{ tags: [tag] }])).rejects.toThrow(/422.*tags/)
  })

  test('a hundred values and 8 KiB of query are accepted', async () => {
    const agent = fresh('agent')
    const [step] = await server.record([{ agent_id: agent, trace_id: 'x'.repeat(80) }])
    const trace_ids = [...Array.from({ length: 99 }, (_, i) => `${i}`.padEnd(80, 'y')), 'x'.repeat(80)]
    expect(idsOf(await list({ agent_id: agent, trace_ids }))).toEqual([step?.id])
    expect(await list({ agent_id: agent, tags: trace_ids })).toEqual([])
  })
})
