/** Pages by key (contract, section 2.6): order, cursors and how the SDKs walk. */

export const ORDERS = ['asc', 'desc'] as const
export type Order = (typeof ORDERS)[number]

/** A page: cursors are ids and relative to the order. */
export interface Page {
  order: Order
  limit: number
  before?: string
  after?: string
}

/** Where an item stands in the total order of its kind. */
export interface Position {
  created_at: number
  id: string
}

/** Negative when `a` is older; ids break ties by their UTF-8 bytes, as the stores sort them. */
export function comparePositions(a: Position, b: Position): number {
  return a.created_at - b.created_at || compareBytes(a.id, b.id)
}

/** Compares texts as their UTF-8 bytes; JavaScript's own order differs beyond U+FFFF. */
export function compareBytes(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b))
}

/** What a page asks of a list sorted by position: strict bounds, the direction to read in, and whether to turn it round. */
export interface Window {
  lower?: Position
  upper?: Position
  direction: Order
  /** Read backwards from `before`: the rows come out in the opposite order. */
  reversed: boolean
  /** No item can lie in it. */
  empty: boolean
}

/** The window of a page once its cursors are known as positions. */
export function windowOf(page: Page, cursors: { after?: Position; before?: Position }): Window {
  const reversed = cursors.before !== undefined
  const ascending = page.order === 'asc'
  const lower = ascending ? cursors.after : cursors.before
  const upper = ascending ? cursors.before : cursors.after
  const direction: Order = ascending === reversed ? 'desc' : 'asc'
  return narrow({ direction, reversed, empty: page.limit === 0 }, lower, upper)
}

/** The window with further bounds; the tighter one counts. */
export function narrow(window: Window, lower?: Position, upper?: Position): Window {
  const low = tighter(window.lower, lower, 1)
  const high = tighter(window.upper, upper, -1)
  return {
    ...window,
    ...(low && { lower: low }),
    ...(high && { upper: high }),
    empty: window.empty || (low !== undefined && high !== undefined && comparePositions(low, high) >= 0),
  }
}

function tighter(a: Position | undefined, b: Position | undefined, sign: 1 | -1): Position | undefined {
  if (!a || !b) return a ?? b
  return comparePositions(a, b) * sign >= 0 ? a : b
}
