/** The API as commands see it, wherever the ledger is. */
import { LedgerError } from '../domain/errors.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../domain/exact-json.ts'

export interface ApiClient {
  /**
   * The answer to a GET, every digit kept.
   * @throws UsageError for parameters that the API refuses, LedgerError for everything else that it refuses
   */
  get(path: string, query?: URLSearchParams): Promise<JsonValue>
}

/** `/v1/steps/?limit=2` */
export function withQuery(path: string, query?: URLSearchParams): string {
  return query && query.size > 0 ? `${path}?${query.toString()}` : path
}

/** The metrics of the step at this path; null when none were recorded, which the API tells by 404. */
export async function metricsOf(client: ApiClient, path: string): Promise<JsonObject | null> {
  try {
    const metrics = await client.get(`${path}/metrics`)
    return isJsonObject(metrics) ? metrics : null
  } catch (error) {
    if (error instanceof LedgerError && error.code === 'not_found') return null
    throw error
  }
}
