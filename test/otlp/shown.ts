/** What a ledger shows and holds of what it was sent. */
import type Letta from '@letta-ai/letta-client'
import type { AssembledStep } from '../../src/in/otlp/assemble/index.ts'
import type { StepInput } from '../../src/domain/step.ts'
import type { IngestTotal } from '../../src/store/store.ts'
import { clientOf, walk, type LedgerStep } from '../compat/support.ts'
import { startTestServer, type TestStore } from '../support/server.ts'
import { asCaptured, piecesOf, sendAll } from './sending.ts'
import { capturedRequests } from './support.ts'

/** Every step as the official SDK reads it, oldest first, with what was measured and what was said to the provider. */
export async function shownSteps({ url }: { url: string }): Promise<AssembledStep[]> {
  const client = clientOf({ url })
  const steps = (await walk(client.steps.list({ order: 'asc', limit: 100 }))) as LedgerStep[]
  return Promise.all(steps.map((step) => shown(client, step)))
}

async function shown(client: Letta, step: LedgerStep): Promise<AssembledStep> {
  const [metrics, trace] = await Promise.all([
    client.steps.metrics.retrieve(step.id),
    client.steps.trace.retrieve(step.id),
  ])
  const input = { ...step, metrics, provider_trace: trace } as unknown as StepInput & { id: string }
  return { id: step.id, input, folded: [], fingerprint: '' }
}

/** What is equal for equal ledgers: every table but what is kept of the telemetry itself, without times of writing. */
const TABLES = {
  steps: 'id',
  step_tags: 'id, tag',
  runs: 'id',
  run_messages: 'run_id, step_id, id',
  run_tools: 'run_id, tool',
  contents: 'hash',
}

export async function rowsOf(store: TestStore): Promise<Record<keyof typeof TABLES, unknown[]>> {
  const tables = Object.entries(TABLES).map(async ([table, order]) => {
    const rows = await store.query(`select * from ${table} order by ${order}`)
    return [table, rows.map(comparable)] as const
  })
  return Object.fromEntries(await Promise.all(tables)) as Record<keyof typeof TABLES, unknown[]>
}

function comparable(row: Record<string, unknown>): unknown {
  const kept = Object.entries(row).filter(([name]) => name !== 'updated_at')
  return Object.fromEntries(
    kept.map(([name, value]) => [name, value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value]),
  )
}

/** All of a ledger. */
export interface Ledger {
  rows: Awaited<ReturnType<typeof rowsOf>>
  steps: AssembledStep[]
  counts: IngestTotal[]
}

export async function ledgerIn(store: TestStore): Promise<Ledger> {
  const server = await startTestServer({ store })
  try {
    const counts = await server.ledger.read.listIngestCounts('default')
    return { rows: await rowsOf(store), steps: await shownSteps(server), counts }
  } finally {
    await server.close()
  }
}

/** Every request of every capture. */
export const requests = capturedRequests()
/** Each capture's pieces; its traces are nobody else's. */
export const pieces = [...Map.groupBy(requests, ({ name }) => name.split('/')[0]).values()].map((own) =>
  own.flatMap(piecesOf),
)

/** What a ledger is after all captures came as they were sent, one after the other. */
export async function orderlyLedger(store: TestStore): Promise<Ledger> {
  const server = await startTestServer({ store })
  await sendAll(requests.map(asCaptured), () => server.url, 1)
  await server.close()
  const ledger = await ledgerIn(store)
  await store.dispose()
  return ledger
}
