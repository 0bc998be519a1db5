/** The official SDK against a test server, and steps to record. */
import Letta from '@letta-ai/letta-client'
import type { Step } from '@letta-ai/letta-client/resources/steps'
import type { StepInput } from '../../src/domain/step.ts'
import type { TestServer } from '../support/server.ts'

type ClientOptions = NonNullable<ConstructorParameters<typeof Letta>[0]>

/** Steps as we answer them: the SDK's type and the extensions beside it. */
export type LedgerStep = Step & { created_at: string; job_id: string | null }

/** Without a key unless one is given, and without log lines. */
export function clientOf({ url }: Pick<TestServer, 'url'>, options: ClientOptions = {}): Letta {
  return new Letta({ baseURL: url, apiKey: null, logLevel: 'off', ...options })
}

/** A client that remembers what it asked for, as path and query. */
export function watchedClient(server: Pick<TestServer, 'url'>, options: ClientOptions = {}) {
  const requests: string[] = []
  const client = clientOf(server, {
    ...options,
    fetch(input, init) {
      const { pathname, search } = new URL(input instanceof Request ? input.url : String(input))
      requests.push(pathname + search)
      return fetch(input, init)
    },
  })
  return { client, requests }
}

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0')
let made = 0

/** `step-<uuid4>` whose order is that of `n`. */
export const stepId = (n: number) => `step-${hex(n, 8)}-0000-4000-8000-000000000000`
/** `message-<uuid4>` */
export const messageId = (n: number) => `message-${hex(n, 8)}-0000-4000-8000-000000000000`
/** A step id that no other test of the file uses. */
export const freshStepId = () => stepId((made += 1) + 0x1000_0000)
/** A text that no other test of the file uses. */
export const fresh = (prefix: string) => `${prefix}-${(made += 1)}`

/** An instant in microseconds, as text: `at(61_000_001)` is 61 seconds and one microsecond past the test's epoch. */
export function at(micros: number): string {
  const seconds = Math.floor(micros / 1e6)
  const date = new Date(Date.UTC(2026, 0, 29, 10) + seconds * 1000).toISOString().slice(0, 19)
  return `${date}.${String(micros - seconds * 1e6).padStart(6, '0')}Z`
}

/** `count` steps of one agent, oldest first; `gap` microseconds lie between them. */
export function steps(count: number, agent_id: string, gap = 1e6, extra: StepInput = {}): StepInput[] {
  return Array.from({ length: count }, (_, i) => ({ id: freshStepId(), agent_id, created_at: at(i * gap), ...extra }))
}

export const idsOf = (items: readonly { id?: string | null }[]) => items.map((item) => item.id)

/** Walks as a user of the SDK does, with a guard against walks without end. */
export async function walk<T extends { id?: string | null }>(list: AsyncIterable<T>, atMost = 2000): Promise<T[]> {
  const items: T[] = []
  for await (const item of list) {
    items.push(item)
    if (items.length > atMost) throw new Error(`the walk did not end after ${atMost} items`)
  }
  return items
}

/** The promise's error; fails when there is none. */
export async function errorOf(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('no error was thrown')
}
