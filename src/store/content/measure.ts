import { invalid } from '../../domain/errors.ts'
import type { JsonObject, JsonValue } from '../../domain/exact-json.ts'

/** Values nested deeper are refused: cutting is recursive, as are most readers of JSON that meet them later. */
export const MAX_DEPTH = 512

/**
 * Whether the text of a value has fewer than about `size` characters. Looks at no more of it than is needed to tell.
 * @param depth How many arrays and objects there are around the value.
 * @throws LedgerError `invalid` at `loc` when it comes upon something nested deeper than {@link MAX_DEPTH}.
 */
export function fitsIn(size: number, value: JsonValue, depth: number, loc: readonly (string | number)[]): boolean {
  return spend(size, value, depth, loc) > 0
}

/** What is left of a budget after the value; not positive as soon as it does not suffice. */
function spend(budget: number, value: JsonValue, depth: number, loc: readonly (string | number)[]): number {
  if (typeof value === 'string') return budget - value.length
  if (typeof value !== 'object' || value === null) return budget - 4
  if (depth >= MAX_DEPTH) throw invalid(loc, `nested deeper than ${MAX_DEPTH} levels`, 'too_deep')
  let left = budget
  if (Array.isArray(value)) {
    for (const element of value) {
      left = spend(left - 1, element, depth + 1, loc)
      if (left <= 0) return left
    }
    return left
  }
  // A raw number counts like an object that holds its text.
  const object = value as JsonObject
  for (const key of Object.keys(object)) {
    left = spend(left - key.length - 3, object[key] as JsonValue, depth + 1, loc)
    if (left <= 0) return left
  }
  return left
}
