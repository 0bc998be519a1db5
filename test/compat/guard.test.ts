/** A ledger without keys answers this machine only, and no web page (design 9). Raw requests, as fetch sets Host. */
import { request as send } from 'node:http'
import { connect } from 'node:net'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { startTestServer } from '../support/server.ts'
import { freshStepId } from './support.ts'

const server = await startTestServer({ settings: { 'cors-origins': ['https://app.example.org'] } })
afterAll(() => server.close())
const { host, port } = new URL(server.url)

interface Answer {
  status: number | undefined
  headers: Record<string, string | string[] | undefined>
  body: string
}

function ask(
  headers: Record<string, string>,
  { path = '/v1/steps/', method = 'GET', of = server, body = '' } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = send(`${of.url}${path}`, { method, headers, agent: false }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body: text }))
    })
    request.on('error', reject).end(body)
  })
}

describe('Host', () => {
  test.each([
    `127.0.0.1:${port}`,
    `localhost:${port}`,
    'localhost',
    '127.0.0.1',
    `[::1]:${port}`,
    '127.1.2.3',
    'LOCALHOST:1',
    'app.localhost',
  ])('%s is this machine', async (name) => {
    expect((await ask({ Host: name })).status).toBe(200)
  })

  test.each([
    'evil.example',
    `evil.example:${port}`,
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '192.168.0.7',
    '0.0.0.0',
    '127.0.0.1@evil.example',
    'evil.example#localhost',
    '127.0.0.1.',
    '2130706433',
    '[::ffff:8.8.8.8]',
    'xlocalhost',
    '[::2]',
  ])('%s is not (a name bound to 127.0.0.1 by its owner)', async (name) => {
    const answer = await ask({ Host: name })
    expect([400, 403]).toContain(answer.status)
    expect(answer.body).not.toContain('step-')
  })

  test('guards every path: writing, the reference, unknown ones', async () => {
    const Host = 'evil.example'
    for (const path of [
      '/v1/steps/',
      '/v1/health/',
      '/v1/ready/',
      '/docs',
      '/openapi.json',
      '/nowhere',
      '/v1/runs/',
      '/v1/tags',
    ]) {
      expect((await ask({ Host }, { path })).status, path).toBe(403)
    }
    const record = { method: 'POST', body: '{}' }
    expect((await ask({ Host, 'Content-Type': 'application/json' }, record)).status).toBe(403)
    expect((await ask({ Host }, { method: 'OPTIONS' })).status).toBe(403)
  })

  test('an absolute request line does not get round it', async () => {
    const answer = await rawAnswer(
      `GET http://evil.example/v1/steps/ HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`,
    )
    const other = await rawAnswer(
      `GET http://127.0.0.1:${port}/v1/steps/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`,
    )
    expect(other).toMatch(/^HTTP\/1.1 (400|403)/)
    expect(answer).toMatch(/^HTTP\/1.1 (200|400|403)/)
  })

  test('a request without one is no browser’s; it is answered or refused, not an error', async () => {
    expect(await rawAnswer('GET /v1/health/ HTTP/1.0\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1.1 (200|400|403)/)
  })
})

function rawAnswer(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(text))
    socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk))
    socket.on('end', () => resolve(answer)).on('error', reject)
  })
}

describe('Origin', () => {
  test.each([
    'https://evil.example',
    'null',
    'http://localhost:3000',
    'http://127.0.0.1',
    `https://localhost:${port}`,
    'https://app.example.org.evil.example',
    'file://',
  ])('%s may not call', async (Origin) => {
    const answer = await ask({ Host: host, Origin })
    expect(answer.status).toBe(403)
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
  })

  test('may not write either, not even with a body that needs no preflight', async () => {
    const id = freshStepId()
    const body = JSON.stringify({ id })
    const refused = await ask(
      { Host: host, Origin: 'https://evil.example', 'Content-Type': 'text/plain' },
      { method: 'POST', body },
    )
    expect(refused.status).toBe(403)
    const untyped = await ask({ Host: host, 'Content-Type': 'text/plain' }, { method: 'POST', body })
    expect(untyped.status).toBe(422)
    expect((await server.request(`/v1/steps/${id}`)).status).toBe(404)
  })

  test('its own pages may', async () => {
    expect((await ask({ Host: host, Origin: server.url })).status).toBe(200)
  })

  test('one that the user named may, and is told so', async () => {
    const Origin = 'https://app.example.org'
    const answer = await ask({ Host: host, Origin })
    expect(answer.status).toBe(200)
    expect(answer.headers['access-control-allow-origin']).toBe(Origin)
  })

  test('a preflight of a named one allows all headers of the SDKs', async () => {
    const Origin = 'https://app.example.org'
    const answer = await ask(
      { Host: host, Origin, 'Access-Control-Request-Method': 'PATCH' },
      { method: 'OPTIONS', path: `/v1/steps/${freshStepId()}/feedback` },
    )
    expect(answer.status).toBe(204)
    expect(answer.headers['access-control-allow-methods']).toContain('PATCH')
    const allowed = String(answer.headers['access-control-allow-headers']).toLowerCase()
    for (const name of [
      'authorization',
      'content-type',
      'x-project',
      'x-project-id',
      'x-stainless-lang',
      'x-stainless-package-version',
      'x-stainless-os',
      'x-stainless-arch',
      'x-stainless-runtime',
      'x-stainless-runtime-version',
      'x-stainless-retry-count',
      'x-stainless-timeout',
    ]) {
      expect(allowed).toContain(name)
    }
  })

  test('a request that a page of another site caused without one is refused (Sec-Fetch-Site)', async () => {
    expect((await ask({ Host: host, 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403)
    expect((await ask({ Host: host, 'Sec-Fetch-Site': 'none' })).status).toBe(200)
    expect((await ask({ Host: host, 'Sec-Fetch-Site': 'same-origin' })).status).toBe(200)
  })
})

describe('with a key', () => {
  test('any Host is served, an unnamed Origin still is not', async () => {
    const locked = await startTestServer()
    onTestFinished(() => locked.close())
    const { key } = await locked.createKey('read')
    const Authorization = `Bearer ${key}`
    expect((await ask({ Host: 'ledger.example.org', Authorization }, { of: locked })).status).toBe(200)
    expect((await ask({ Host: 'ledger.example.org' }, { of: locked })).status).toBe(401)
    expect(
      (await ask({ Host: 'ledger.example.org', Authorization, Origin: 'https://evil.example' }, { of: locked })).status,
    ).toBe(403)
  })

  test('listening for others without one is refused at start, with the command that makes one', async () => {
    const refused = await startTestServer({ settings: { host: '0.0.0.0' } }).catch((error: unknown) => error)
    expect(String(refused)).toContain('stepledger keys create')
  })
})
