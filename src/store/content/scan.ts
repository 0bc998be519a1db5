/** Where the values of JSON text end, without parsing it. The text is as `stringifyExact` writes it: without blanks. */
import { invalid, type LedgerError } from '../../domain/errors.ts'

/** Values nested deeper are refused: cutting is recursive, as are most readers of JSON that meet them later. */
export const MAX_DEPTH = 512

const [QUOTE, BACKSLASH, COMMA, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [34, 92, 44, 91, 93, 123, 125]

export function tooDeep(loc: readonly (string | number)[]): LedgerError {
  return invalid(loc, `nested deeper than ${MAX_DEPTH} levels`, 'too_deep')
}

/**
 * Where the value ends that begins at `from`; undefined when that is more than `size` bytes away, of a number `size` or more. Looks at no more of
 * it than is needed to tell.
 * @param depth How many arrays and objects there are around the value.
 * @throws LedgerError `invalid` at `loc` when it comes upon something nested deeper than {@link MAX_DEPTH}.
 */
export function endWithin(
  text: Buffer,
  from: number,
  size: number,
  depth: number,
  loc: readonly (string | number)[],
): number | undefined {
  const limit = Math.min(text.length, from + size)
  let open = 0
  for (let at = from; at < limit; at++) {
    switch (text[at]) {
      case QUOTE:
        while (++at < limit && text[at] !== QUOTE) if (text[at] === BACKSLASH) at++
        if (at >= limit) return undefined
        break
      case OPEN_LIST:
      case OPEN_OBJECT:
        if (depth + open++ >= MAX_DEPTH) throw tooDeep(loc)
        continue
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        // Of what is around a number.
        if (open-- === 0) return at
        break
      case COMMA:
        if (open === 0) return at
        continue
      default:
        continue
    }
    // A text, a list or an object ended here.
    if (open === 0) return at + 1
  }
  // A number may end with the text.
  return open === 0 && limit === text.length ? limit : undefined
}

/** The position behind the closing quote of the string that opens at `from`. */
export function endOfString(text: Buffer, from: number): number {
  let close = text.indexOf(QUOTE, from + 1)
  while (isEscaped(text, close)) close = text.indexOf(QUOTE, close + 1)
  return close + 1
}

/** An odd number of backslashes before it. */
function isEscaped(text: Buffer, at: number): boolean {
  let backslashes = 0
  while (text[at - 1 - backslashes] === BACKSLASH) backslashes++
  return backslashes % 2 === 1
}
