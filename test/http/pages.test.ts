/** Pages share buffers: whoever reads slowly, or goes away, must neither get another one's page nor spoil it. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { localApp } from '../../src/server.ts'
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

/** Has asked for pages at once, and reads nothing until it is told to. */
function ask(...agents: number[]): Socket {
  const { hostname, host, port } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  socket.pause()
  socket.on('error', () => {})
  for (const [i, agent] of agents.entries()) {
    const connection = i === agents.length - 1 ? 'close' : 'keep-alive'
    socket.write(`GET ${pathOf(agent)} HTTP/1.1\r\nHost: ${host}\r\nConnection: ${connection}\r\n\r\n`)
  }
  return socket
}

/** The bodies of all answers. */
async function readAll(socket: Socket): Promise<string[]> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.resume()
  await once(socket, 'end')
  const answers = Buffer.concat(chunks)
  const bodies: string[] = []
  for (let at = 0; at < answers.length;) {
    const start = answers.indexOf('\r\n\r\n', at) + 4
    const length = Number(/content-length: (\d+)/i.exec(answers.toString('latin1', at, start))?.[1])
    at = start + length
    bodies.push(answers.toString('utf8', start, at))
  }
  return bodies
}

test('slow readers get their own page, whoever comes and goes meanwhile', async () => {
  const all = Array.from({ length: AGENTS }, (_, agent) => agent)
  const expected = await Promise.all(all.map(fetched))
  expect(new Set(expected).size).toBe(AGENTS)
  const slow = all.map((agent) => ask(agent))
  const inOneGo = ask(...all)
  const leaving = all.map((agent) => ask(agent))
  await sleep(200)
  for (const socket of leaving) socket.destroy()
  for (let round = 0; round < 5; round++)
    expect(await Promise.all(all.toReversed().map(fetched))).toEqual(expected.toReversed())
  expect((await Promise.all(slow.map(readAll))).flat()).toEqual(expected)
  expect(await readAll(inOneGo)).toEqual(expected)
})

test('who asks for the head only gets that, and the next one the page', async () => {
  const head = await fetch(server.url + pathOf(1), { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])
  const expected = await fetched(1)
  const heads = Array.from({ length: 5 }, () => fetch(server.url + pathOf(0), { method: 'HEAD' }))
  expect(await fetched(1)).toBe(expected)
  await Promise.all(heads)
})

test('who asks in this process gets the same, and keeps it', async () => {
  const app = localApp(server.ledger)
  const pages = await Promise.all([0, 1].map(async (agent) => app.request(pathOf(agent))))
  const expected = await Promise.all([0, 1].map(fetched))
  expect(await Promise.all(pages.map((page) => page.text()))).toEqual(expected)
})
