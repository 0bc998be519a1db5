/** `stepledger steps get ID` */
import type { JsonObject, JsonValue } from '../domain/exact-json.ts'
import { checkPathId } from '../http/params.ts'
import { LedgerError } from '../domain/errors.ts'
import { metricsOf, type ApiClient } from './api-client.ts'
import { withClient } from './client.ts'
import { UsageError } from './errors.ts'
import type { SourceOptions } from './options.ts'
import { colorsOf, print } from './output.ts'
import { stepText } from './step-text.ts'

export type StepsGetOptions = SourceOptions & { json?: boolean; trace?: boolean }

export async function stepsGetCommand(id: string, options: StepsGetOptions): Promise<void> {
  checkStepId(id)
  await withClient(options, async (client) => {
    const path = `/v1/steps/${id}`
    if (options.trace) return printJson(await traceOf(client, path))
    const step = (await client.get(path)) as JsonObject
    if (options.json) return printJson(step)
    await print(stepText(step, await metricsOf(client, path), colorsOf(process.stdout)))
  })
}

function checkStepId(id: string): void {
  try {
    checkPathId('ID', id, 'step')
  } catch (error) {
    throw error instanceof LedgerError ? new UsageError(error.message) : error
  }
}

function printJson(value: JsonValue): Promise<void> {
  return print(`${JSON.stringify(value, null, 2)}\n`)
}

async function traceOf(client: ApiClient, path: string): Promise<JsonValue> {
  const trace = await client.get(`${path}/trace`)
  if (trace === null) throw new LedgerError('not_found', 'No trace was recorded for this step')
  return trace
}
