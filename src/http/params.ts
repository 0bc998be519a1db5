/** Query and path parameters: read by the contract's rules (section 2.3) from one description each. */
import { LedgerError, type Issue } from '../domain/errors.ts'
import { isOpaqueId, MESSAGE_ID, OPAQUE_ID_LENGTH, STEP_ID } from '../domain/id.ts'
import { ORDERS, type Order, type Page } from '../domain/page.ts'
import type { ParamSpec, ParamValue } from '../domain/step-query.ts'
import { parseMicros } from '../domain/time.ts'
import { shown } from '../schema/issues.ts'

/** The largest page of a list; a larger limit means this one. */
export const LARGEST_PAGE = 1000
/** The most values that the list parameters of a query take together: each is a walk of an index. */
export const LARGEST_LIST = 200

/** What an id in a path or cursor names, and the form it must have. */
export const ID_FORMS = {
  step: { form: STEP_ID, accepted: 'step-<uuid> in lower case', example: 'step-123e4567-e89b-42d3-8456-426614174000' },
  message: {
    form: MESSAGE_ID,
    accepted: 'message-<uuid> in lower case',
    example: 'message-123e4567-e89b-42d3-8456-426614174000',
  },
  opaque: {
    form: undefined,
    accepted: `1 to ${OPAQUE_ID_LENGTH} characters without control characters`,
    example: 'run-1',
  },
} as const
export type IdForm = keyof typeof ID_FORMS

export interface PageSpec {
  cursor: IdForm
  order: Order
  orderBy: string
  limit: { default: number; min: number; max: number; /** Above max: refuse instead of clamp. */ strict?: boolean }
}

export type QuerySpec = Readonly<Record<string, ParamSpec>>
export type QueryValues<Q extends QuerySpec> = { -readonly [N in keyof Q]?: ParamValue<Q[N]> }

const TRUE = new Set(['true', '1', 't', 'yes', 'y', 'on'])
const FALSE = new Set(['false', '0', 'f', 'no', 'n', 'off'])

/** Reads the described parameters; unknown ones are ignored. Collects every fault before it throws. */
export class QueryReader {
  private readonly issues: Issue[] = []
  private readonly search: URLSearchParams
  /** Values of lists so far. */
  private listed = 0

  constructor(search: string) {
    this.search = new URLSearchParams(search)
  }

  /** @throws LedgerError `unusable` for a text that is no date */
  values<Q extends QuerySpec>(spec: Q): QueryValues<Q> {
    const values: Record<string, unknown> = {}
    for (const [name, param] of Object.entries(spec)) {
      const value = this.value(name, param)
      if (value !== undefined) values[name] = value
    }
    return values as QueryValues<Q>
  }

  page(spec: PageSpec): Page {
    const order = this.word('order', ORDERS) as Order | undefined
    this.word('order_by', [spec.orderBy])
    const page: Page = { order: order ?? spec.order, limit: this.limit(spec.limit) }
    for (const name of ['before', 'after'] as const) {
      const cursor = this.id(name, spec.cursor)
      if (cursor !== undefined) page[name] = cursor
    }
    return page
  }

  /** @throws LedgerError `invalid` with all faults found so far */
  finish(): void {
    const [first] = this.issues
    if (first) throw new LedgerError('invalid', `${first.loc.join('.')}: ${first.msg}`, { issues: this.issues })
  }

  limit({ default: byDefault, min, max, strict }: PageSpec['limit']): number {
    const text = this.last('limit')
    if (text === undefined) return byDefault
    if (!/^[+-]?\d+(\.0+)?$/.test(text)) return this.refuse('limit', text, 'a whole number', 'int_parsing', byDefault)
    const limit = Number(text)
    if (limit < min || (strict && limit > max)) {
      return this.refuse(
        'limit',
        text,
        strict ? `a number from ${min} to ${max}` : `a number from ${min}`,
        'out_of_range',
        byDefault,
      )
    }
    return Math.min(limit, max)
  }

  private value(name: string, spec: ParamSpec): unknown {
    switch (spec.kind) {
      case 'id':
        return this.id(name, 'opaque')
      case 'ids':
        return this.ids(name, spec.values)
      case 'date':
        return this.date(name, spec.upper)
      case 'flag':
        return this.flag(name)
      case 'word':
        return this.word(name, spec.values ?? [])
    }
  }

  /** The last value counts; an empty one is none. */
  private last(name: string): string | undefined {
    return this.search.getAll(name).at(-1) || undefined
  }

  private id(name: string, kind: IdForm): string | undefined {
    const text = this.last(name)
    if (text === undefined) return undefined
    const { form, accepted } = ID_FORMS[kind]
    const fits = form ? form.test(text) : isOpaqueId(text)
    return fits ? text : this.refuse(name, text, accepted, 'string_pattern_mismatch')
  }

  private ids(name: string, words: readonly string[] | undefined): string[] | undefined {
    const texts = [...new Set(this.search.getAll(name))].filter((text) => text !== '')
    this.listed += texts.length
    if (this.listed > LARGEST_LIST) {
      return this.refuse(
        name,
        `${this.listed} values`,
        `up to ${LARGEST_LIST} values in all lists together`,
        'too_long',
      )
    }
    for (const text of texts) {
      if (words && !words.includes(text)) return this.refuse(name, text, `one of ${words.join(', ')}`, 'enum')
      if (!isOpaqueId(text)) return this.refuse(name, text, ID_FORMS.opaque.accepted, 'string_pattern_mismatch')
    }
    return texts.length > 0 ? texts : undefined
  }

  private date(name: string, upper = false): number | undefined {
    const text = this.last(name)
    if (text === undefined) return undefined
    const micros = parseMicros(text, upper)
    if (micros !== undefined) return micros
    throw new LedgerError(
      'unusable',
      `${name}: ${shown(text)} is not an ISO 8601 date, such as 2026-01-29T15:01:19-08:00`,
    )
  }

  private flag(name: string): boolean | undefined {
    const text = this.last(name)
    if (text === undefined) return undefined
    const word = text.toLowerCase()
    if (TRUE.has(word)) return true
    return FALSE.has(word) ? false : this.refuse(name, text, 'true or false', 'bool_parsing')
  }

  private word(name: string, words: readonly string[]): string | undefined {
    const text = this.last(name)
    if (text === undefined || words.includes(text)) return text
    return this.refuse(name, text, `one of ${words.join(', ')}`, 'enum')
  }

  private refuse<T>(name: string, value: string, accepted: string, type: string, instead?: T): T {
    this.issues.push({ loc: ['query', name], msg: `must be ${accepted}, got ${shown(value)}`, type })
    return instead as T
  }
}

/** @throws LedgerError `invalid` when a path's id has not the form it must have */
export function checkPathId(name: string, text: string, kind: IdForm): string {
  const { form, accepted } = ID_FORMS[kind]
  if (form ? form.test(text) : isOpaqueId(text)) return text
  const msg = `must be ${accepted}, got ${shown(text)}`
  throw new LedgerError('invalid', `${name}: ${msg}`, {
    issues: [{ loc: ['path', name], msg, type: 'string_pattern_mismatch' }],
  })
}
