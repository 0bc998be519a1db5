/** Programs as a user has them: a process of its own, its telemetry set up as `docs/otlp.md` says. */
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { clientOf, walk, type LedgerStep } from '../../compat/support.ts'
import type { TestServer } from '../../support/server.ts'
import type { Answer, Asked } from './openai-answers.ts'
import type { StandIn } from './stand-in.ts'

export const pathOf = (name: string) => fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url))

/**
 * Runs `programs/<name>.ts` with `programs/<telemetry>.ts` loaded before it.
 * @returns what the program and its exporters complained of
 */
export async function run(
  name: string,
  telemetry: string,
  ledger: TestServer,
  provider: StandIn,
  variables: Record<string, string> = {},
): Promise<string> {
  const child = spawn(process.execPath, ['--import', pathOf(telemetry), pathOf(name)], {
    env: {
      PATH: process.env.PATH,
      OPENAI_API_KEY: 'none',
      OPENAI_BASE_URL: provider.url,
      OTEL_EXPORTER_OTLP_ENDPOINT: ledger.url,
      OTEL_SERVICE_NAME: 'shop',
      OTEL_METRICS_EXPORTER: 'none',
      ...variables,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const left = new Promise((resolve) => {
    child.on('exit', resolve)
  })
  const [out, complaints, code] = await Promise.all([text(child.stdout), text(child.stderr), left])
  if (code !== 0) throw new Error(`${name} ended with ${String(code)}: ${out}${complaints}`)
  return out + complaints
}

/** Every step, oldest first, as the Letta SDK reads them. */
export async function stepsOf(ledger: TestServer, apiKey: string | null = null): Promise<LedgerStep[]> {
  return (await walk(clientOf(ledger, { apiKey }).steps.list({ order: 'asc' }))) as LedgerStep[]
}

interface Message {
  role: string
  content: ({ type: string } & Record<string, unknown>)[]
}

/** Messages in short: `user: Hello`, `assistant: weather({"city":"Lisbon"})`, `tool: call_1 = 21 degrees`. */
export function said(step: LedgerStep): string[] {
  const messages = step.messages as unknown as Message[]
  return messages.flatMap(({ role, content }) => content.map((part) => `${role}: ${inShort(part)}`))
}

function inShort(part: Message['content'][number]): string {
  if (part.type === 'text') return String(part.text)
  if (part.type === 'tool_call') return `${String(part.name)}(${JSON.stringify(part.input)})`
  if (part.type === 'tool_return') return `${String(part.tool_call_id)} = ${String(part.content)}`
  return JSON.stringify(part)
}

/** What the step says of a call that was answered. */
export function answered(asked: Asked, { usage }: Answer) {
  return {
    status: 'success',
    provider_name: 'openai',
    model: asked.model,
    prompt_tokens: usage.prompt,
    completion_tokens: usage.completion,
    total_tokens: usage.prompt + usage.completion,
  }
}
