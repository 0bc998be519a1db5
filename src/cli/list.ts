/** What `steps list` and `runs list` share: walk, and print as a table, JSON or JSON lines. */
import { stringifyExact, type JsonObject } from '../domain/exact-json.ts'
import type { ApiClient } from './api-client.ts'
import { withClient } from './client.ts'
import type { ListOptions, SourceOptions } from './options.ts'
import { colorsOf, counted, note, print, widthOf } from './output.ts'
import { TablePrinter, type Column } from './table.ts'
import { textOf } from './value-text.ts'
import { walk, walkInOrder } from './walk.ts'

export type ListCommandOptions = SourceOptions & ListOptions & { json?: boolean; jsonl?: boolean }

export interface ListSpec {
  /** `step` */
  noun: string
  path: string
  query: URLSearchParams
  columns: readonly Column[]
}

/** Prints a list as the flags ask for it. */
export async function printList(spec: ListSpec, options: ListCommandOptions): Promise<void> {
  const limit = options.all ? Infinity : (options.limit ?? 0)
  await withClient(options, async (client) => {
    const pages = walkInOrder(client, spec.path, spec.query, limit)
    if (options.json) return printArray(pages)
    if (options.jsonl) return printLines(pages)
    const edge = await printTable(pages, spec)
    if (!options.all && edge) await tellMore(client, spec, edge)
  })
}

/** One array, an item a line, so that it needs no more memory than a page. */
async function printArray(pages: AsyncIterable<JsonObject[]>): Promise<void> {
  let before = '['
  for await (const items of pages) {
    for (const item of items) {
      await print(`${before}\n${stringifyExact(item)}`)
      before = ','
    }
  }
  await print(before === '[' ? '[]\n' : '\n]\n')
}

async function printLines(pages: AsyncIterable<JsonObject[]>): Promise<void> {
  for await (const items of pages) await print(items.map((item) => `${stringifyExact(item)}\n`).join(''))
}

interface Edge {
  first: JsonObject
  last: JsonObject
  printed: number
}

async function printTable(pages: AsyncIterable<JsonObject[]>, spec: ListSpec): Promise<Edge | undefined> {
  const table = new TablePrinter(spec.columns, widthOf(process.stdout), colorsOf(process.stdout))
  let edge: Edge | undefined
  for await (const items of pages) {
    await print(table.page(items))
    const [first] = items
    const last = items.at(-1)
    if (first && last) edge = { first: edge?.first ?? first, last, printed: (edge?.printed ?? 0) + items.length }
  }
  if (!edge) note(`No ${spec.noun}s${[...spec.query.keys()].some((key) => key !== 'order') ? ' match' : ' yet'}.`)
  return edge
}

/** Says how to see the rest, if there is any. */
async function tellMore(
  client: ApiClient,
  { noun, path, query }: ListSpec,
  { first, last, printed }: Edge,
): Promise<void> {
  const cursor = query.has('before') ? 'before' : 'after'
  const next = new URLSearchParams(query)
  const id = textOf((cursor === 'before' ? first : last).id)
  next.set(cursor, id)
  for await (const _ of walk(client, path, next, 1)) {
    note(`There are more than ${counted(printed, noun)}: --${cursor} '${id}', --limit, or --all`)
  }
}
