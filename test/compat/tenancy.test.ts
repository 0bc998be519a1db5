/** Keys, roles and projects: what another tenant owns does not exist (contract, sections 1.1, 2.9; checklist 13). */
import type { Letta } from '@letta-ai/letta-client'
import { afterAll, describe, expect, test } from 'vitest'
import { startTestServer } from '../support/server.ts'
import { clientOf, errorOf, freshStepId, idsOf, messageId, walk } from './support.ts'

const server = await startTestServer()
afterAll(() => server.close())

const [red, blue] = [await server.createProject('red'), await server.createProject('blue')]
const redKey = await server.createKey('admin', 'red')
const blueKey = await server.createKey('admin', 'blue')
const wholeKey = await server.createKey('admin', null)
const bearer = ({ key }: { key: string }) => ({ Authorization: `Bearer ${key}` })
const asRed = clientOf(server, { apiKey: redKey.key })
const asBlue = clientOf(server, { apiKey: blueKey.key })

/** Both projects hold steps of the same agent and the same run. */
const record = (key: { key: string }, tag: string, message: string) =>
  server.record(
    Array.from({ length: 3 }, (_, i) => ({
      agent_id: 'agent',
      run_id: 'run',
      tags: [tag],
      trace_id: 't',
      metrics: { step_ns: 1 },
      prompt_tokens: 1,
      provider_trace: { request_json: {}, response_json: {} },
      messages: i === 0 ? [{ id: message, role: 'user' as const, content: tag }] : [],
    })),
    bearer(key),
  )
const ofRed = await record(redKey, 'red', messageId(1))
const ofBlue = await record(blueKey, 'blue', messageId(2))
const [redStep, blueStep] = [ofRed[0]?.id ?? '', ofBlue[0]?.id ?? '']

/** A further project with a key and a client of its own. */
async function otherProject(slug: string) {
  await server.createProject(slug)
  const { key } = await server.createKey('admin', slug)
  return { key, client: clientOf(server, { apiKey: key }) }
}

async function problemOf(call: PromiseLike<unknown>) {
  const { status, error } = (await errorOf(call)) as { status: number; error: { detail: string } }
  return { status, detail: error.detail }
}

describe('lists hold what the caller’s project holds', () => {
  test('steps, with and without filters', async () => {
    expect(idsOf(await walk(asRed.steps.list({ limit: 1 }))).toSorted()).toEqual(idsOf(ofRed).toSorted())
    expect(idsOf((await asBlue.steps.list({ agent_id: 'agent', trace_ids: ['t'] })).items).toSorted()).toEqual(
      idsOf(ofBlue).toSorted(),
    )
    expect((await asRed.steps.list({ tags: ['blue'] })).items).toEqual([])
  })

  test('runs, their steps, messages and sums: the same run id is two runs', async () => {
    expect((await asRed.runs.list()).items).toMatchObject([{ id: 'run' }])
    expect(idsOf((await asRed.runs.steps.list('run')).items).toSorted()).toEqual(idsOf(ofRed).toSorted())
    expect((await asBlue.runs.messages.list('run')).items).toMatchObject([{ content: 'blue' }])
    expect(await asBlue.runs.usage.retrieve('run')).toMatchObject({ prompt_tokens: 3 })
  })

  test('tags', async () => {
    expect(await asRed.tags.list()).toEqual(['red'])
    expect(await asBlue.tags.list()).toEqual(['blue'])
  })

  test('a step says its project when its recorder did not', async () => {
    expect((await asRed.steps.retrieve(redStep)).project_id).toBe(red.id)
    expect((await asRed.steps.list({ project_id: red.id })).items).toHaveLength(3)
    expect((await asRed.steps.list({ project_id: blue.id })).items).toEqual([])
  })
})

describe('what is another project’s is like what does not exist (D8, D27)', () => {
  const CALLS: Record<string, (client: Letta, id: string) => PromiseLike<unknown>> = {
    retrieve: (c, id) => c.steps.retrieve(id),
    metrics: (c, id) => c.steps.metrics.retrieve(id),
    trace: (c, id) => c.steps.trace.retrieve(id),
    messages: (c, id) => c.steps.messages.list(id),
    feedback: (c, id) => c.steps.feedback.create(id, { feedback: 'positive' }),
    transaction: (c, id) => c.patch(`/v1/steps/${id}/transaction/t`),
    'a correction': (c, id) => c.patch(`/v1/steps/${id}`, { body: { model: 'm' } }),
    'the cursor after': (c, id) => c.steps.list({ after: id }),
    'the cursor before': (c, id) => c.steps.list({ before: id }),
    'a cursor of the run’s steps': (c, id) => c.runs.steps.list('run', { after: id }),
  }

  test.each(Object.keys(CALLS))('%s: 404 with the same words', async (name) => {
    const call = CALLS[name] as (client: Letta, id: string) => PromiseLike<unknown>
    const unknown = freshStepId()
    const [foreign, missing] = [await problemOf(call(asBlue, redStep)), await problemOf(call(asBlue, unknown))]
    expect(foreign.status).toBe(404)
    expect(foreign.detail.replace(redStep, unknown)).toBe(missing.detail)
    expect(missing.status).toBe(404)
  })

  test('message cursors', async () => {
    for (const list of [
      (after: string) => asBlue.runs.messages.list('run', { after }),
      (after: string) => asBlue.steps.messages.list(blueStep, { after }),
    ]) {
      const [foreign, missing] = [await problemOf(list(messageId(1))), await problemOf(list(messageId(99)))]
      expect(foreign.status).toBe(404)
      expect(foreign.detail.replace(messageId(1), messageId(99))).toBe(missing.detail)
    }
  })

  test('run cursors and runs', async () => {
    const { key, client } = await otherProject('run-owner')
    await server.record([{ run_id: 'run-elsewhere' }], bearer({ key }))
    expect((await client.runs.retrieve('run-elsewhere')).id).toBe('run-elsewhere')
    expect(await errorOf(asBlue.runs.retrieve('run-elsewhere'))).toMatchObject({ status: 404 })
    expect(await errorOf(asBlue.runs.list({ after: 'run-elsewhere' }))).toMatchObject({ status: 404 })
    expect(await errorOf(asBlue.delete('/v1/runs/run-elsewhere'))).toMatchObject({ status: 404 })
  })

  test('nothing was changed by all that', async () => {
    expect((await asRed.steps.retrieve(redStep)).feedback).toBeNull()
    expect((await asRed.steps.retrieve(redStep)).tid).toBeNull()
  })

  test('recording under an id of another project neither shows nor changes its step', async () => {
    const thief = await otherProject('thief')
    const recorded = await server.record([{ id: redStep, model: 'stolen' }], bearer(thief))
    expect(recorded).toMatchObject([{ tags: [], messages: [], model: 'stolen' }])
    expect(await asRed.steps.retrieve(redStep)).toMatchObject({ tags: ['red'], model: null, project_id: red.id })
  })
})

describe('X-Project and X-Project-Id', () => {
  const whole = (options: object) => clientOf(server, { apiKey: wholeKey.key, ...options })
  const seen = async (client: Letta) => new Set((await client.steps.list()).items.flatMap((step) => step.tags ?? []))

  test('choose the project for a key of the whole ledger, by slug or id', async () => {
    expect(await seen(whole({ project: 'red' }))).toEqual(new Set(['red']))
    expect(await seen(whole({ projectID: blue.id }))).toEqual(new Set(['blue']))
    expect(await seen(whole({ projectID: 'blue' }))).toEqual(new Set(['blue']))
  })

  test('absent: the default project', async () => {
    await server.record([{ tags: ['default'] }], bearer(wholeKey))
    expect(await seen(whole({}))).toEqual(new Set(['default']))
    expect(await seen(whole({ project: 'default' }))).toEqual(new Set(['default']))
  })

  test('naming an unknown project is 404', async () => {
    expect(await errorOf(whole({ project: 'green' }).steps.list())).toMatchObject({ status: 404 })
  })

  test('may repeat the project of a key, but not leave it', async () => {
    expect(await seen(clientOf(server, { apiKey: redKey.key, project: 'red', projectID: red.id }))).toEqual(
      new Set(['red']),
    )
    const foreign = await problemOf(clientOf(server, { apiKey: redKey.key, project: 'blue' }).steps.list())
    const unknown = await problemOf(clientOf(server, { apiKey: redKey.key, project: 'pink' }).steps.list())
    expect(foreign).toEqual({ status: 404, detail: unknown.detail.replace('pink', 'blue') })
  })

  test('do not stand for the parameter project_id', async () => {
    const { key } = await otherProject('green-house')
    await server.record([{ project_id: 'mine' }, {}], bearer({ key }))
    const client = clientOf(server, { apiKey: key, project: 'green-house' })
    expect((await client.steps.list({ project_id: 'mine' })).items).toHaveLength(1)
    expect((await client.steps.list()).items).toHaveLength(2)
  })
})

describe('keys', () => {
  test.each([
    ['none', {}],
    ['a wrong one', { Authorization: 'Bearer sl_wrong' }],
    ['an empty one', { Authorization: 'Bearer ' }],
    ['one in another scheme', { Authorization: `Basic ${redKey.key}` }],
    ['one cut short', { Authorization: `Bearer ${redKey.key.slice(0, -1)}` }],
    ['a wrong x-api-key', { 'x-api-key': 'sl_wrong' }],
  ])('%s: 401, on every path, known or not', async (_name, headers) => {
    for (const path of [
      '/v1/steps/',
      `/v1/steps/${redStep}`,
      '/v1/steps/foo',
      '/v1/steps/?limit=-1',
      '/v1/runs/',
      '/v1/tags/',
    ]) {
      const response = await server.request(path, { headers: headers as Record<string, string> })
      expect(response.status, path).toBe(401)
      expect(await response.json()).toEqual({ detail: 'Unauthorized' })
    }
    const body = {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers } as Record<string, string>,
      body: '[{}]',
    }
    expect((await server.request('/v1/steps/', body)).status).toBe(401)
  })

  test('x-api-key is another way to say it', async () => {
    expect((await server.request('/v1/steps/', { headers: { 'x-api-key': redKey.key } })).status).toBe(200)
  })

  test('health and readiness need none', async () => {
    expect(await clientOf(server).health()).toMatchObject({ status: 'ok' })
    expect((await server.request('/v1/ready/')).status).toBe(200)
  })

  test('a revoked one is 401 at once', async () => {
    const { id, key } = await server.createKey('read', 'red')
    const client = clientOf(server, { apiKey: key })
    await client.steps.list()
    await server.revokeKey(id)
    expect(await errorOf(client.steps.list())).toMatchObject({ status: 401, error: { detail: 'Unauthorized' } })
  })
})

describe('roles', async () => {
  const owner = await otherProject('roles')
  const [step] = await server.record([{ run_id: 'run-of-roles' }], bearer(owner))
  const id = step?.id ?? ''
  const CALLS: Record<string, [role: string, call: (client: Letta) => PromiseLike<unknown>]> = {
    'read steps': ['read', (c) => c.steps.list()],
    'read a run': ['read', (c) => c.runs.retrieve('run-of-roles')],
    'read messages': ['read', (c) => c.steps.messages.list(id)],
    'read tags': ['read', (c) => c.tags.list()],
    record: ['write', (c) => c.post('/v1/steps/', { body: {} })],
    correct: ['write', (c) => c.patch(`/v1/steps/${id}`, { body: { model: 'm' } })],
    rate: ['write', (c) => c.steps.feedback.create(id, { feedback: 'positive' })],
    'set the transaction': ['write', (c) => c.patch(`/v1/steps/${id}/transaction/t`)],
    'delete a run': ['admin', (c) => c.delete('/v1/runs/run-nowhere')],
  }
  const RANK = ['read', 'write', 'admin'] as const

  describe.each(RANK)('a key with role %s', async (role) => {
    const { key } = await server.createKey(role, 'roles')
    test.each(Object.keys(CALLS))('may or may not %s', async (name) => {
      const [needed, call] = CALLS[name] as [(typeof RANK)[number], (client: Letta) => PromiseLike<unknown>]
      const status = await call(clientOf(server, { apiKey: key })).then(
        () => 200,
        (error: { status: number }) => error.status,
      )
      const allowed = RANK.indexOf(role) >= RANK.indexOf(needed)
      if (allowed) expect([200, 404]).toContain(status)
      else expect(status).toBe(403)
    })
  })
})
