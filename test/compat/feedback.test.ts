/** Feedback (contract, section 1.5; checklist 9). */
import type { FeedbackCreateParams } from '@letta-ai/letta-client/resources/steps'
import { afterAll, describe, expect, test } from 'vitest'
import { startTestServer } from '../support/server.ts'
import { clientOf, errorOf, fresh, freshStepId, idsOf } from './support.ts'

const server = await startTestServer()
afterAll(() => server.close())
const client = clientOf(server)

async function rated(...bodies: FeedbackCreateParams[]) {
  const [step] = await server.record([{ tags: ['own'] }])
  const id = step?.id ?? ''
  let answer
  for (const body of bodies) answer = await client.steps.feedback.create(id, body)
  expect(await client.steps.retrieve(id)).toEqual(answer)
  return { feedback: answer?.feedback, tags: answer?.tags }
}

describe('feedback', () => {
  test.each(['positive', 'negative'] as const)('%s is set, and the answer is the whole step', async (feedback) => {
    expect(await rated({ feedback })).toEqual({ feedback, tags: ['own'] })
  })

  test('null clears it', async () => {
    expect(await rated({ feedback: 'positive' }, { feedback: null })).toMatchObject({ feedback: null })
  })

  test('absent leaves it: a tags-only call keeps it, so does an empty body (D11)', async () => {
    expect(await rated({ feedback: 'positive' }, { tags: ['a'] })).toEqual({ feedback: 'positive', tags: ['own', 'a'] })
    expect(await rated({ feedback: 'negative' }, {})).toEqual({ feedback: 'negative', tags: ['own'] })
  })

  test('may change and be repeated', async () => {
    expect(await rated({ feedback: 'positive' }, { feedback: 'negative' }, { feedback: 'negative' })).toMatchObject({
      feedback: 'negative',
    })
  })

  test('is seen by the filters at once', async () => {
    const agent_id = fresh('agent')
    const [step] = await server.record([{ agent_id }])
    const id = step?.id ?? ''
    const found = async (query: object) => idsOf((await client.steps.list({ agent_id, ...query })).items)
    await client.steps.feedback.create(id, { feedback: 'positive', tags: ['good'] })
    expect(await found({ feedback: 'positive' })).toEqual([id])
    expect(await found({ has_feedback: true })).toEqual([id])
    expect(await found({ has_feedback: false })).toEqual([])
    expect(await found({ tags: ['good'] })).toEqual([id])
    await client.steps.feedback.create(id, { feedback: null })
    expect(await found({ has_feedback: true })).toEqual([])
    expect(await found({ has_feedback: false })).toEqual([id])
  })
})

describe('tags', () => {
  test('are added in the order first seen, each once (D11)', async () => {
    expect(await rated({ tags: ['b', 'a', 'b'] }, { tags: ['a', 'own', 'c'] })).toMatchObject({
      tags: ['own', 'b', 'a', 'c'],
    })
  })

  test('may be repeated without an effect: a retried call is harmless', async () => {
    expect(await rated({ tags: ['a'], feedback: 'positive' }, { tags: ['a'], feedback: 'positive' })).toEqual({
      feedback: 'positive',
      tags: ['own', 'a'],
    })
  })

  test.each([[[]], [null]])('%j changes nothing', async (tags) => {
    expect(await rated({ tags })).toEqual({ feedback: null, tags: ['own'] })
  })

  test('keep every character', async () => {
    const tags = ['a,b', 'ü 日本', 'a&b+c']
    expect(await rated({ tags })).toMatchObject({ tags: ['own', ...tags] })
  })

  test.each([
    ['an empty one', ''],
    ['one of 256 characters', 'x'.repeat(256)],
    ['one with U+0000', 'a\0b'],
    ['half of a surrogate pair', '\ud800'],
  ])('obey the same rule as recorded ones: %s is refused in both places', async (_name, tag) => {
    const [step] = await server.record([{}])
    const body = {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ tags: [tag] }),
    }
    expect((await server.request('/v1/steps/', body)).status).toBe(422)
    expect(await errorOf(client.steps.feedback.create(step?.id ?? '', { tags: [tag] }))).toMatchObject({ status: 422 })
  })
})

describe('a body that is not understood', () => {
  test.each([
    ['{"feedback": "good"}', ['body', 'feedback']],
    ['{"feedback": "Positive"}', ['body', 'feedback']],
    ['{"feedback": true}', ['body', 'feedback']],
    ['{"tags": [1]}', ['body', 'tags', 0]],
    ['{"tags": ["a", null]}', ['body', 'tags', 1]],
    ['{"tags": "a"}', ['body', 'tags']],
    ['[]', ['body']],
    ['"positive"', ['body']],
    ['null', ['body']],
    ['{"feedback": ', ['body']],
    ['', ['body']],
  ])('%s is 422 and changes nothing', async (body, loc) => {
    const [step] = await server.record([{ tags: ['own'] }])
    const response = await server.request(`/v1/steps/${step?.id}/feedback`, {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/json' },
      body,
    })
    expect(response.status).toBe(422)
    expect(await response.json()).toMatchObject({ detail: [{ loc }] })
    expect(await client.steps.retrieve(step?.id ?? '')).toEqual(step)
  })

  test('no body at all is 422', async () => {
    const [step] = await server.record([{}])
    expect((await server.request(`/v1/steps/${step?.id}/feedback`, { method: 'PATCH' })).status).toBe(422)
  })

  test('an unknown step is 404, a malformed id 422', async () => {
    expect(await errorOf(client.steps.feedback.create(freshStepId(), { feedback: 'positive' }))).toMatchObject({
      status: 404,
    })
    expect(await errorOf(client.steps.feedback.create('step-1', { feedback: 'positive' }))).toMatchObject({
      status: 422,
    })
  })
})
