/** Each filter of lists: as the API is asked, and as the leanest program is. */
import type { Order } from '../src/domain/page.ts'
import { parseMicros } from '../src/domain/time.ts'
import type { At, BareFilter } from './bare.ts'
import type { Known, Range } from './known.ts'
import { FEEDBACK_TAGS, LLM_ERRORS, MODELS, TAGS } from './workload/figures.ts'

/** One value that is filtered by. */
export interface Variant {
  /** Query text of the API, without order, limit and cursor. */
  query: string
  bare: BareFilter
  values: readonly unknown[]
  /** Strict bounds beside those of a page. */
  above?: At
  below?: At
}

export interface FilterCase {
  name: string
  /** Documented in the Letta API; the others are ours. */
  documented: boolean
  /** Asked as of several moments ({@link asOf}), for which nothing else may bound its times. */
  timeless?: boolean
  variants(known: Known): Variant[]
  /** One that finds many pages, where the first of the others does not. */
  wide?(known: Known): Variant
}

const busiest = MODELS.slice(0, 4)
const [, second, third] = TAGS

/** A filter by one value. */
function by(name: BareFilter, documented: boolean, valuesOf: (known: Known) => readonly string[]): FilterCase {
  const variants = (known: Known) =>
    valuesOf(known).map((value) => ({ query: `${name}=${encodeURIComponent(value)}`, bare: name, values: [value] }))
  return { name, documented, timeless: documented, variants }
}

/** Behind and before all ids there are. */
const [AFTER_ALL, BEFORE_ALL] = ['~', '']

/** A filter without values to choose from. */
const fixed = (name: BareFilter, query: string, values: readonly unknown[] = []): FilterCase => ({
  name,
  documented: name !== 'match_all_tags',
  timeless: true,
  variants: () => [{ query, bare: name, values }],
})

/** A filter as it was at a moment; with the oldest first, what came since then. */
export function asOf(moment: string, order: Order, { query, ...variant }: Variant): Variant {
  const micros = parseMicros(moment) as number
  const joined = query === '' ? '' : `${query}&`
  return order === 'desc'
    ? { ...variant, query: `${joined}end_date=${moment}`, below: [micros, BEFORE_ALL] }
    : { ...variant, query: `${joined}start_date=${moment}`, above: [micros, AFTER_ALL] }
}

function between({ start, end }: Range): Variant {
  return {
    query: `start_date=${start}&end_date=${end}`,
    bare: 'dates',
    values: [],
    above: [parseMicros(start) as number, AFTER_ALL],
    below: [parseMicros(end) as number, BEFORE_ALL],
  }
}

export const FILTERS: readonly FilterCase[] = [
  fixed('none', ''),
  by('agent_id', true, ({ agents }) => agents),
  by('model', true, () => busiest.map(({ model }) => model)),
  {
    name: 'trace_ids',
    documented: true,
    variants: ({ traces }) =>
      traces.slice(1).map((trace, i) => {
        const values = [traces[i] as string, trace]
        return { query: values.map((value) => `trace_ids=${value}`).join('&'), bare: 'trace_ids', values }
      }),
  },
  fixed('tags', `tags=${second}&tags=${third}`, [second, third]),
  by('feedback', true, () => ['positive', 'negative']),
  fixed('has_feedback=true', 'has_feedback=true'),
  fixed('has_feedback=false', 'has_feedback=false'),
  by('project_id', true, ({ projects }) => projects),
  {
    name: 'start_date, end_date',
    documented: true,
    variants: ({ ranges }) => ranges.map(between),
    wide: ({ wideRange }) => between(wideRange),
  },
  by('run_id', false, ({ runs }) => runs),
  by('status', false, () => ['failed', 'cancelled']),
  by('stop_reason', false, () => ['end_turn', 'llm_api_error']),
  by('provider_name', false, () => [...new Set(busiest.map(({ provider }) => provider))]),
  by('model_handle', false, () => busiest.map(({ provider, model }) => `${provider}/${model}`)),
  by('error_type', false, () => LLM_ERRORS.slice(0, 2).map(({ error_type }) => error_type)),
  // Few steps carry both: one came with feedback.
  fixed('match_all_tags', `match_all_tags=true&tags=${encodeURIComponent(FEEDBACK_TAGS[0])}&tags=${second}`, [
    FEEDBACK_TAGS[0],
    second,
  ]),
]
