/**
 * Points in time as whole microseconds since the Unix epoch.
 *
 * A JavaScript `Date` holds milliseconds and accepts impossible dates, so it is not used to read one
 * (contract, section 2.3 rule 7). Microseconds since 1970 are exact in a double until the year 2255.
 */

/** Microseconds since 1970-01-01T00:00:00Z, a safe integer. */
export type Micros = number

const FORM =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?(?:(Z|z)|([+-]|[ ](?=\d{2}:?\d{2}$))(\d{2}):?(\d{2}))?)?$/

/**
 * Reads an ISO 8601 / RFC 3339 calendar date with optional time, fraction and offset.
 * No offset means UTC; digits beyond microseconds are cut, or rounded up; a blank before a trailing offset is an unescaped `+`.
 * Instants that a safe integer cannot hold become the nearest one that it can.
 * @returns undefined when the text is not such a date or names an impossible one.
 */
export function parseMicros(text: string, roundUp = false): Micros | undefined {
  if (roundUp) return readMicros(text, true)
  return lately(text)
}

/** The messages of a step mostly share its times, and each is asked for it several times. */
const lately = remembering((text: string) => readMicros(text, false))
const MOST_REMEMBERED = 64

function remembering<K, V>(make: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>()
  return (key) => {
    const found = known.get(key)
    if (found !== undefined || known.has(key)) return found as V
    if (known.size === MOST_REMEMBERED) known.clear()
    const made = make(key)
    known.set(key, made)
    return made
  }
}

function readMicros(text: string, roundUp: boolean): Micros | undefined {
  const match = FORM.exec(text)
  if (!match) return undefined
  const [
    ,
    year,
    month,
    day,
    hour = '0',
    minute = '0',
    second = '0',
    fraction = '',
    ,
    sign,
    offHour = '0',
    offMinute = '0',
  ] = match
  const [y, mo, d, h, mi, s] = [year, month, day, hour, minute, second].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  if (mo < 1 || mo > 12 || d < 1 || d > daysIn(y, mo) || h > 23 || mi > 59 || s > 59) return undefined
  if (Number(offHour) > 23 || Number(offMinute) > 59) return undefined
  const midnight = new Date(0)
  midnight.setUTCFullYear(y, mo - 1, d)
  const offset = (Number(offHour) * 60 + Number(offMinute)) * (sign === '-' ? -1 : 1)
  const seconds = midnight.getTime() / 1000 + h * 3600 + (mi - offset) * 60 + s
  const beyond = roundUp && /[1-9]/.test(fraction.slice(6)) ? 1 : 0
  const micros = seconds * 1e6 + Number(fraction.padEnd(6, '0').slice(0, 6)) + beyond
  return Math.min(Math.max(micros, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER)
}

/** Writes `2026-11-21T02:25:56.123456Z`, always with six digits. */
export function formatMicros(micros: Micros): string {
  return writtenLately(micros)
}

const writtenLately = remembering((micros: Micros): string => {
  const millis = Math.floor(micros / 1000)
  const rest = micros - millis * 1000
  return `${new Date(millis).toISOString().slice(0, -1)}${String(rest).padStart(3, '0')}Z`
})

let last: Micros = 0
/** A clock that was set back further than this is followed; a smaller step back is waited for. */
const CLOCK_STEP = 1e6

/** The present by the system's clock, never the same twice in one process, so that steps recorded in a row keep their order. */
export function nowMicros(): Micros {
  const now = Date.now() * 1000 + (Math.floor(performance.now() * 1000) % 1000)
  last = now > last || last - now > CLOCK_STEP ? now : last + 1
  return last
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}
