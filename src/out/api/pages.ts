/** The paging parameters of each list (contract, table 1.4). */
import { LARGEST_PAGE, type PageSpec } from '../../http/params.ts'

const upTo = (byDefault: number) => ({ default: byDefault, min: 0, max: LARGEST_PAGE })

export const STEP_PAGE: PageSpec = { cursor: 'step', order: 'desc', orderBy: 'created_at', limit: upTo(50) }
export const RUN_STEP_PAGE: PageSpec = { ...STEP_PAGE, limit: upTo(100) }
export const MESSAGE_PAGE: PageSpec = { cursor: 'message', order: 'asc', orderBy: 'created_at', limit: upTo(100) }
export const TAG_PAGE: PageSpec = { cursor: 'opaque', order: 'asc', orderBy: 'name', limit: upTo(50) }
export const RUN_PAGE: PageSpec = {
  cursor: 'opaque',
  order: 'desc',
  orderBy: 'created_at',
  limit: { default: 100, min: 1, max: LARGEST_PAGE, strict: true },
}
