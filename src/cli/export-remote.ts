/** The records of an export, out of the API's answers. */
import { isJsonObject, type JsonObject } from '../domain/exact-json.ts'
import { recordOfApi } from '../out/export/record.ts'
import { metricsOf, type ApiClient } from './api-client.ts'
import { textOf } from './value-text.ts'
import { walk } from './walk.ts'

/** Steps whose metrics and traces are asked for at the same time. */
const AT_ONCE = 8

/** Oldest first. The API gives the one trace that it chooses of a step's. */
export async function* remoteRecords(client: ApiClient, filters: URLSearchParams): AsyncGenerator<string> {
  const query = new URLSearchParams(filters)
  query.set('order', 'asc')
  for await (const steps of walk(client, '/v1/steps/', query, Infinity)) {
    for (let at = 0; at < steps.length; at += AT_ONCE) {
      yield* await Promise.all(steps.slice(at, at + AT_ONCE).map((step) => recordOf(client, step)))
    }
  }
}

async function recordOf(client: ApiClient, step: JsonObject): Promise<string> {
  const path = `/v1/steps/${textOf(step.id)}`
  const [metrics, trace] = await Promise.all([metricsOf(client, path), client.get(`${path}/trace`)])
  return recordOfApi(step, metrics, isJsonObject(trace) ? trace : null)
}
