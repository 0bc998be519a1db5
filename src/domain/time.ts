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
const MOST_REMEMBERED = 4

/**
 * In lists of a fixed length: a `Map` that is emptied or made anew again and again leaves tables that lead to each other, and
 * so keeps what was in them from V8's collections of young objects.
 */
function remembering<K, V>(make: (key: K) => V): (key: K) => V {
  const keys: K[] = []
  const values: V[] = []
  let next = 0
  return (key) => {
    const known = keys.indexOf(key)
    if (known >= 0) return values[known] as V
    const value = make(key)
    keys[next] = key
    values[next] = value
    next = (next + 1) % MOST_REMEMBERED
    return value
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
  const day = Math.floor(micros / DAY)
  const within = micros - day * DAY
  const second = Math.floor(within / 1e6)
  const [hours, minutes, seconds] = [Math.floor(second / 3600), Math.floor(second / 60) % 60, second % 60]
  return `${dateOf(day)}${two(hours)}:${two(minutes)}:${two(seconds)}.${String(1e6 + within - second * 1e6).slice(1)}Z`
})

const DAY = 86_400 * 1e6
const two = (number: number) => (number < 10 ? `0${number}` : `${number}`)
/** `2026-11-21T`: a page of steps is of few days, and making a `Date` takes longer than all the rest. */
const dateOf = remembering((day: number) => new Date(day * 86_400_000).toISOString().slice(0, 11))

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
