/** Bytes of content: what requests and responses of recordings take beside each of them compressed by itself. */
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import Database from 'better-sqlite3'
import { stringifyExact } from '../src/domain/exact-json.ts'
import type { ProviderTraceInput, StepInput } from '../src/domain/step.ts'
import { importFiles } from '../src/in/import/importer.ts'
import { makeLedger } from '../src/ledger.ts'
import { checkStepInput } from '../src/schema/step-input.ts'
import { LEDGER_FILE, openStore } from '../src/store/open.ts'
import { DEFAULT_PROJECT } from '../src/store/store.ts'
import { Places } from './places.ts'
import type { Figure } from './report.ts'

/**
 * Imports recordings twice, once with their requests alone and once with the responses as well.
 * @param recordings files or directories; those whose format rebuilds requests count
 */
export async function benchRecordings(recordings: readonly string[]): Promise<Figure[]> {
  const requests = await storedAndAlone(recordings, (trace) => ({ ...trace, response_json: {} }))
  const both = await storedAndAlone(recordings, (trace) => trace)
  return [
    { name: 'requests', value: requests.count, unit: '' },
    { name: 'requests as JSON', value: requests.json, unit: 'bytes' },
    { name: 'each request by gzip -6', value: requests.gzip, unit: 'bytes' },
    { name: 'their content in the ledger', value: requests.stored, unit: 'bytes' },
    { name: 'requests: gzip / ledger', value: requests.gzip / requests.stored, unit: '', goal: 'at least 10' },
    { name: 'requests and responses: gzip / ledger', value: both.gzip / both.stored, unit: '' },
  ]
}

interface Sizes {
  count: number
  json: number
  gzip: number
  /** The content tables with their indexes, and the skeletons in the steps. */
  stored: number
}

async function storedAndAlone(
  recordings: readonly string[],
  kept: (trace: ProviderTraceInput) => ProviderTraceInput,
): Promise<Sizes> {
  const places = new Places()
  const sizes: Sizes = { count: 0, json: 0, gzip: 0, stored: 0 }
  const ledger = makeLedger(await openStore({ dataDir: places.directory }))
  try {
    const scope = { project: DEFAULT_PROJECT, projectId: null }
    await importFiles([...recordings], {
      check: (input) => checkStepInput(input, []),
      async record(steps) {
        const stripped = steps.map((step) => ({ ...step, provider_trace: tracesOf(step).map(kept) }))
        for (const trace of stripped.flatMap((step) => step.provider_trace)) weigh(trace, sizes)
        await ledger.record(scope, stripped, [], true)
        return { created: steps.length, merged: 0 }
      },
    })
    await ledger.close()
    return { ...sizes, stored: contentBytes(join(places.directory, LEDGER_FILE)) }
  } finally {
    await ledger.close()
    await places.remove()
  }
}

const tracesOf = (step: StepInput) => ([] as ProviderTraceInput[]).concat(step.provider_trace ?? [])

function weigh({ request_json, response_json }: ProviderTraceInput, sizes: Sizes): void {
  sizes.count += 1
  for (const document of [request_json, response_json]) {
    if (Object.keys(document).length === 0) continue
    const text = stringifyExact(document)
    sizes.json += Buffer.byteLength(text)
    sizes.gzip += gzipSync(text, { level: 6 }).length
  }
}

function contentBytes(file: string): number {
  const database = new Database(file, { readonly: true })
  const bytes = (query: string) => (database.prepare(query).get() as { bytes: number }).bytes
  const tables = bytes("select sum(pgsize) as bytes from dbstat where name in ('contents', 'contents_hash')")
  const skeletons = bytes('select sum(length(traces)) as bytes from steps')
  database.close()
  return tables + skeletons
}
