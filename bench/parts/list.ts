/**
 * Lists: each filter in both orders at the first page, at page 1,000 and before it, in ledgers of several sizes; each beside
 * its bare prepared statement on the same ledger, and beside the same page of the next smaller ledger, all of them in turn.
 */
import autocannon from 'autocannon'
import type { Order } from '../../src/domain/page.ts'
import type { StoreAddress } from '../../src/store/open.ts'
import { LARGEST_PAGE_TEXT } from '../../src/store/sql/steps.ts'
import type { At, BareList, BareQuery } from '../bare.ts'
import { asOf, FILTERS, type FilterCase, type Variant } from '../filters.ts'
import { knownOf, type Known } from '../known.ts'
import { startLean, type LeanServer } from '../lean-server.ts'
import type { Context } from '../part.ts'
import { digits, latency, mark, median, p99, table, type Figure } from '../report.ts'
import { startServer, type ServerProcess } from '../server.ts'
import { Stopwatch } from '../stopwatch.ts'
import { Caller, inTurn } from '../turns.ts'
import { agentId } from '../workload/step.ts'

const PAGE = 50
/** Which page is deep. */
const DEEP = 1000
/** Deep pages are measured in turn with their neighbours. */
const NEIGHBOURS = 5
/** Of so many first pages of a filter the {@link ALIKE} that weigh about the same in each ledger are measured. */
const CANDIDATES = 30
const ALIKE = 10
/** How far into a ledger these lie: each of them is a full page. */
const DEEPEST = 1 / 3

export async function benchList({ engine, ledgers, sizes, rounds }: Context): Promise<Figure[]> {
  const addresses: [number, StoreAddress][] = []
  for (const steps of sizes) addresses.push([steps, await ledgers.of(engine, steps)])
  const figures = await benchLedgers(addresses, rounds)
  return [...figures, ...growth(figures, sizes), ...(await benchPage(await ledgers.of(engine, sizes[0] as number)))]
}

/** One request, to both sides. */
interface Asked {
  url: string
  bare: BareQuery
}

const KINDS: readonly { page: string; order: Order; ask(side: Side, filter: FilterCase): Promise<Asked[]> }[] = [
  { page: 'first page', order: 'desc', ask: (side, filter) => Promise.resolve(first(side, filter, 'desc')) },
  { page: 'first page', order: 'asc', ask: (side, filter) => Promise.resolve(first(side, filter, 'asc')) },
  { page: 'page 1,000', order: 'desc', ask: (side, filter) => deep(side, filter, 'desc', 'after') },
  { page: 'page 1,000', order: 'asc', ask: (side, filter) => deep(side, filter, 'asc', 'after') },
  { page: 'before page 1,000', order: 'desc', ask: (side, filter) => deep(side, filter, 'desc', 'before') },
]

/** One ledger, and who reads it. */
interface Side {
  steps: number
  server: ServerProcess
  lean: LeanServer
  caller: Caller
  watch: Stopwatch
  leanWatch: Stopwatch
  known: Known
}

async function open(steps: number, address: StoreAddress, opened: AsyncDisposableStack): Promise<Side> {
  const server = opened.adopt(await startServer(address), (each) => each.stop())
  const lean = opened.adopt(await startLean(address), (each) => each.stop())
  const [caller, watch, leanWatch] = [new Caller(), new Stopwatch(), new Stopwatch()]
  for (const each of [caller, watch, leanWatch]) opened.defer(() => each.close())
  const known = await knownOf(caller, server.url, steps)
  return { steps, server, lean, caller, watch, leanWatch, known }
}

async function benchLedgers(addresses: readonly [number, StoreAddress][], rounds: number): Promise<Figure[]> {
  const figures: Figure[] = []
  const sides: Side[] = []
  const opened = new AsyncDisposableStack()
  try {
    for (const [steps, address] of addresses) sides.push(await open(steps, address, opened))
    for (const { page, order, ask } of KINDS) {
      for (const filter of FILTERS) {
        // What is ours alone is walked in one way only.
        if (!filter.documented && (page !== 'first page' || order !== 'desc')) continue
        const asked: { side: Side; pages: Page[] }[] = []
        for (const side of sides) {
          const pages = await weighed(side, await ask(side, filter))
          if (pages.length > 0) asked.push({ side, pages })
        }
        const chosen = alike(asked)
        for (const { side, requests } of chosen) for (const each of requests) await expectSameRows(side, each)
        for (const { side, ours, bare, bytes } of await measure(chosen, rounds)) {
          figures.push({
            ...latency(`${filter.name}, ${page}, ${order}`, ours, { name: 'bare statement', latencies: bare }),
            goal: 'under 20',
            memory: side.server.memory(),
            labels: { steps: side.steps, filter: filter.name, page, order, bytes: Math.round(bytes) },
          })
        }
      }
    }
    for (const { steps, server } of sides) {
      const name = `resident after all lists of ${steps.toLocaleString('en')} steps`
      figures.push({ name, value: server.memory(), unit: 'MiB', labels: { steps } })
    }
  } finally {
    await opened.disposeAsync()
  }
  return figures
}

interface Page {
  asked: Asked
  bytes: number
}

async function weighed({ watch }: Side, all: readonly Asked[]): Promise<Page[]> {
  const pages: Page[] = []
  for (const asked of all) pages.push({ asked, bytes: (await watch.get(asked.url)).bytes })
  return pages
}

/**
 * Pages of about the same bytes in all ledgers, where there are enough to choose from: a p99 is made of the slowest page, and
 * that one ledger's happens to hold a large image says nothing about its size.
 */
function alike(all: readonly { side: Side; pages: readonly Page[] }[]): { side: Side; requests: Asked[] }[] {
  const usual = median(all.flatMap(({ pages }) => pages.map(({ bytes }) => bytes)))
  const unlike = ({ bytes }: Page) => Math.abs(bytes - usual)
  return all.map(({ side, pages }) => {
    const chosen = pages.toSorted((a, b) => unlike(a) - unlike(b)).slice(0, ALIKE)
    return { side, requests: chosen.map(({ asked }) => asked) }
  })
}

/** The same list of every ledger and of the bare statement in turn, each with its ledger's values. */
async function measure(asked: readonly { side: Side; requests: Asked[] }[], rounds: number) {
  const variants = Array.from({ length: Math.max(0, ...asked.map(({ requests }) => requests.length)) }, (_, i) => i)
  const bytes = asked.map((): number[] => [])
  const timed = await inTurn(
    variants,
    asked.flatMap(({ side, requests }, ledger) => {
      const of = (i: number) => requests[i % requests.length] as Asked
      return [
        async (i: number) => {
          const answer = await side.watch.get(of(i).url)
          bytes[ledger]?.push(answer.bytes)
          return answer.ms
        },
        (i: number) => side.lean.statement(side.leanWatch, of(i).bare),
      ]
    }),
    rounds,
  )
  return asked.map(({ side }, ledger) => ({
    side,
    ours: timed[2 * ledger] ?? [],
    bare: timed[2 * ledger + 1] ?? [],
    bytes: mean(bytes[ledger] ?? []),
  }))
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** Both sides read the same, but for a page that ends early; else there is nothing to compare. */
async function expectSameRows({ caller, lean }: Side, { url, bare }: Asked): Promise<void> {
  const read = async (from: string) => {
    const { body } = await caller.get(from)
    return { bytes: body.length, ids: (JSON.parse(body.toString()) as { id: string }[]).map(({ id }) => id) }
  }
  const { bytes, ids: ours } = await read(url)
  const theirs = new Set((await read(lean.url(bare))).ids)
  const isWhole = ours.length === theirs.size || bytes >= LARGEST_PAGE_TEXT
  if (!isWhole || !ours.every((id) => theirs.has(id))) {
    throw new Error(`${url}: ${ours.length} steps, and ${theirs.size} of ${JSON.stringify(bare)}`)
  }
}

const urlOf = ({ server }: Side, { query }: Variant, order: Order) =>
  `${server.url}/v1/steps/?order=${order}${query === '' ? '' : `&${query}`}`

function first(side: Side, filter: FilterCase, order: Order): Asked[] {
  const own = filter.variants(side.known)
  const more = filter.timeless ? Math.max(0, CANDIDATES - own.length) : 0
  const earlier = Array.from({ length: more }, (_, i) => {
    const share = (DEEPEST * (i + 1)) / more
    const moment = side.known.moment(order === 'desc' ? 1 - share : share)
    return asOf(moment, order, own[i % own.length] as Variant)
  })
  return [...own, ...earlier].map((variant) => ({
    url: `${urlOf(side, variant, order)}&limit=${PAGE}`,
    bare: bareList(variant, order),
  }))
}

/**
 * The page that deep, or the last full one of a filter that has fewer, with its neighbours; none when there are too few. Small
 * ledgers have no such page at all.
 */
async function deep(side: Side, filter: FilterCase, order: Order, cursor: 'after' | 'before'): Promise<Asked[]> {
  if (side.steps < PAGE * DEEP) return []
  const variant = filter.wide?.(side.known) ?? filter.variants(side.known)[0]
  if (!variant) return []
  const url = urlOf(side, variant, order)
  const positions = await positionsOf(side, variant, order)
  const last = Math.floor(positions.length / PAGE) - 1
  if (last <= NEIGHBOURS) return []
  return Array.from({ length: NEIGHBOURS }, (_, i) => {
    const at = positions[(last - i) * PAGE - 1] as At
    return {
      url: `${url}&limit=${PAGE}&${cursor}=${at[1]}`,
      // Backwards is the other order from there; the rows are the same.
      bare: cursor === 'after' ? bareList(variant, order, at) : bareList(variant, order === 'asc' ? 'desc' : 'asc', at),
    }
  })
}

/** Where a list's steps are, up to the last one of the deep page. */
async function positionsOf({ caller, lean }: Side, variant: Variant, order: Order): Promise<At[]> {
  const query = { ...bareList(variant, order), limit: PAGE * DEEP, positions: true }
  const rows = await caller.json<{ created_at: number | string; id: string }[]>(lean.url(query))
  return rows.map(({ created_at, id }) => [Number(created_at), id])
}

function bareList({ bare, values, above, below }: Variant, order: Order, from?: At): BareList {
  const bounds = { ...(above && { above }), ...(below && { below }) }
  // A position inside of the filter's own bounds is the tighter one.
  const start = from && (order === 'asc' ? { above: from } : { below: from })
  return { kind: 'list', filter: bare, values, order, ...bounds, ...start, limit: PAGE }
}

const keyOf = ({ labels }: Figure) => `${labels?.filter}, ${labels?.page}, ${labels?.order}`

/** Each page's p99 over that of the next smaller ledger. */
function growth(figures: readonly Figure[], sizes: readonly number[]): Figure[] {
  return sizes.slice(1).flatMap((steps, i) => {
    const smaller = new Map(
      figures.filter(({ labels }) => labels?.steps === sizes[i]).map((each) => [keyOf(each), each]),
    )
    return figures.flatMap((figure) => {
      const before = smaller.get(keyOf(figure))
      if (figure.labels?.steps !== steps || !before?.latencies || !figure.latencies) return []
      const value = p99(figure.latencies) / p99(before.latencies)
      const ofMedians = median(figure.latencies) / median(before.latencies)
      const labels = { ...figure.labels, growth: 1, ofMedians }
      return [{ name: `growth of ${keyOf(figure)}`, value, unit: '', goal: 'at most 1.5', labels }]
    })
  })
}

/** A table for each kind of page: filters down, ledgers across. */
export function showList(figures: readonly Figure[]): string {
  const sizes = [...new Set(figures.map(({ labels }) => labels?.steps))].filter((steps) => typeof steps === 'number')
  const find = (filter: string, page: string, order: string, steps: number, grown: boolean) =>
    figures.find(
      ({ labels }) =>
        labels?.filter === filter &&
        labels.page === page &&
        labels.order === order &&
        labels.steps === steps &&
        'growth' in labels === grown,
    )
  const head = ['filter', ...sizes.flatMap((steps, i) => [`${short(steps)}: median, ms`, 'p99', '/ bare p99', ...(i > 0 ? ['/ smaller p99', '/ smaller median'] : [])])] // prettier-ignore
  const tables = KINDS.map(({ page, order }) => {
    const rows = FILTERS.flatMap(({ name }) => {
      const cells = sizes.flatMap((steps, i) => {
        const own = find(name, page, order, steps, false)
        const grown = find(name, page, order, steps, true)
        const told = own?.latencies ? [digits(median(own.latencies)), digits(p99(own.latencies)), `${digits(own.ratio ?? Number.NaN)}${mark(own)}`] : ['', '', ''] // prettier-ignore
        const more = grown ? [`${digits(grown.value)}${mark(grown)}`, digits(grown.labels?.ofMedians as number)] : ['', ''] // prettier-ignore
        return i > 0 ? [...told, ...more] : told
      })
      return cells.every((cell) => cell === '') ? [] : [[name, ...cells]]
    })
    return `${page}, ${order === 'desc' ? 'newest' : 'oldest'} first\n\n${table(head, rows)}`
  })
  const plain = figures.filter(({ labels }) => labels?.filter === undefined)
  const lines = plain.map((figure) => [figure.name, `${digits(figure.value)} ${figure.unit}`.trim(), figure.goal ? `${figure.goal}${mark(figure)}` : '']) // prettier-ignore
  return [...tables, table(['what', 'figure', 'goal'], lines)].join('\n\n')
}

function short(steps: number): string {
  return steps >= 1e6 ? `${steps / 1e6} M` : `${steps / 1e3} k`
}

const ROUNDS_OF_LOAD = 3
const SECONDS = 1

/** Requests per second of a page of 50 for one agent, ours and the leanest program's. */
async function benchPage(address: StoreAddress): Promise<Figure[]> {
  const lean = await startLean(address)
  const server = await startServer(address)
  const ours: number[] = []
  const theirs: number[] = []
  const agent = agentId(3)
  const bare = lean.url(bareList({ query: '', bare: 'agent_id', values: [agent] }, 'desc'))
  for (let round = 0; round <= ROUNDS_OF_LOAD; round++) {
    const a = await requestsPerSecond(`${server.url}/v1/steps/?agent_id=${agent}`)
    const b = await requestsPerSecond(bare)
    if (round > 0) {
      ours.push(a)
      theirs.push(b)
    }
  }
  const memory = server.memory()
  await server.stop()
  await lean.stop()
  const ratio = median(ours.map((value, i) => value / (theirs[i] as number)))
  return [
    { name: 'page of 50 for one agent, 8 connections', value: Math.round(median(ours)), unit: 'requests/s', memory },
    { name: 'the leanest program', value: Math.round(median(theirs)), unit: 'requests/s' },
    { name: 'share of the leanest', value: ratio, unit: '', goal: 'at least 0.6' },
  ]
}

async function requestsPerSecond(url: string): Promise<number> {
  const result = await autocannon({ url, connections: 8, duration: SECONDS })
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${url}: ${result.non2xx} refused, ${result.errors} failed`)
  return result.requests.total / result.duration
}
