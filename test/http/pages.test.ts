/** Pages share buffers: whoever reads slowly, or goes away, must neither get another one's page nor spoil it. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'

const AGENTS = 4
const STEPS = 26
/** In characters of three bytes: a page of 7.8 MB is more than the system takes for somebody who does not read. */
const TEXT = 100_000
const FIRST_CHARACTER = 0x8a9e
let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
  for (let agent = 0; agent < AGENTS; agent++) {
    const messages = [{ role: 'user', content: String.fromCodePoint(FIRST_CHARACTER + agent).repeat(TEXT) }]
    const steps = Array.from({ length: STEPS }, () => ({ agent_id: `agent-${agent}`, messages }))
    const headers = { 'Content-Type': 'application/json' }
    const { status } = await fetch(`${server.url}/v1/steps/`, { method: 'POST', headers, body: JSON.stringify(steps) })
    expect(status).toBe(201)
  }
})
afterAll(() => server.close())

const pathOf = (agent: number) => `/v1/steps/?agent_id=agent-${agent}`

async function fetched(agent: number): Promise<string> {
  return (await fetch(server.url + pathOf(agent))).text()
}

/** Has asked for a page, and reads nothing until it is told to. */
function ask(agent: number): Socket {
  const { hostname, host, port } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  socket.pause()
  socket.on('error', () => {})
  socket.write(`GET ${pathOf(agent)} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
  return socket
}

async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.resume()
  await once(socket, 'end')
  const answer = Buffer.concat(chunks).toString()
  return answer.slice(answer.indexOf('\r\n\r\n') + 4)
}

test('slow readers get their own page, whoever comes and goes meanwhile', async () => {
  const all = Array.from({ length: AGENTS }, (_, agent) => agent)
  const expected = await Promise.all(all.map(fetched))
  expect(new Set(expected).size).toBe(AGENTS)
  const slow = all.map(ask)
  const leaving = all.map(ask)
  await sleep(200)
  for (const socket of leaving) socket.destroy()
  for (let round = 0; round < 5; round++)
    expect(await Promise.all(all.toReversed().map(fetched))).toEqual(expected.toReversed())
  expect(await Promise.all(slow.map(readAll))).toEqual(expected)
})
