/** Lists longer than a page. */
import type { JsonObject } from '../domain/exact-json.ts'
import type { ApiClient } from './api-client.ts'
import { textOf } from './value-text.ts'

/** Items that one request asks for. */
const PAGE = 100

/**
 * The pages of a list, until `limit` items or its end. Walks the way the query's cursor points: with `before`, the
 * pages come nearest first, each in the asked order.
 */
export async function* walk(
  client: ApiClient,
  path: string,
  query: URLSearchParams,
  limit: number,
): AsyncGenerator<JsonObject[]> {
  const backwards = query.has('before')
  const at = new URLSearchParams(query)
  for (let left = limit; left > 0;) {
    const size = Math.min(left, PAGE)
    at.set('limit', String(size))
    const items = (await client.get(path, at)) as JsonObject[]
    // A short page may be followed by more: the server ends pages of large steps early.
    if (items.length === 0) return
    yield items
    left -= items.length
    const edge = backwards ? items[0] : items.at(-1)
    at.set(backwards ? 'before' : 'after', textOf(edge?.id))
  }
}

/** The same in one order from the first item to the last: pages before a cursor are turned round. */
export async function* walkInOrder(...args: Parameters<typeof walk>): AsyncGenerator<JsonObject[]> {
  const [, , query] = args
  if (query.has('before')) {
    const pages: JsonObject[][] = []
    for await (const page of walk(...args)) pages.unshift(page)
    yield* pages
  } else {
    yield* walk(...args)
  }
}
