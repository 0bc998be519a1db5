import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatMicros, nowMicros, parseMicros } from './time.ts'

const assert = <T extends unknown[]>(property: fc.IProperty<T>) => fc.assert(property, { numRuns: 2000 })
const two = (n: number | bigint) => String(n).padStart(2, '0')

/** Days since 1970-01-01 of a date in the proleptic Gregorian calendar, counted month by month in whole numbers. */
function daysSince1970(year: number, month: number, day: number): bigint {
  const y = BigInt(month <= 2 ? year - 1 : year)
  const era = (y >= 0n ? y : y - 399n) / 400n
  const yearOfEra = y - era * 400n
  const dayOfYear = (153n * BigInt(month + (month > 2 ? -3 : 9)) + 2n) / 5n + BigInt(day) - 1n
  return era * 146_097n + yearOfEra * 365n + yearOfEra / 4n - yearOfEra / 100n + dayOfYear - 719_468n
}

const isLeap = (year: number) => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
const lengthOf = (year: number, month: number) =>
  [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] as number

/** Years that microseconds in a safe integer can hold. */
const date = fc
  .record({
    year: fc.integer({ min: 1686, max: 2254 }),
    month: fc.integer({ min: 1, max: 12 }),
    day: fc.integer({ min: 1, max: 31 }),
  })
  .filter(({ year, month, day }) => day <= lengthOf(year, month))
const clock = fc.record({
  hour: fc.integer({ min: 0, max: 23 }),
  minute: fc.integer({ min: 0, max: 59 }),
  second: fc.option(fc.integer({ min: 0, max: 59 }), { nil: undefined }),
  fraction: fc.option(fc.stringMatching(/^[0-9]{1,9}$/), { nil: undefined }),
})
const zone = fc.oneof(
  fc.constantFrom('', 'Z', 'z').map((text) => ({ text, minutes: 0 })),
  fc
    .tuple(
      fc.constantFrom('+', '-', ' '),
      fc.integer({ min: 0, max: 23 }),
      fc.integer({ min: 0, max: 59 }),
      fc.constantFrom(':', ''),
    )
    .map(([sign, hours, minutes, colon]) => ({
      text: `${sign}${two(hours)}${colon}${two(minutes)}`,
      minutes: (hours * 60 + minutes) * (sign === '-' ? -1 : 1),
    })),
)
const ymd = ({ year, month, day }: { year: number; month: number; day: number }) => `${year}-${two(month)}-${two(day)}`

describe('parseMicros', () => {
  test('agrees with a calendar counted in whole numbers', () => {
    assert(
      fc.property(date, clock, zone, fc.constantFrom('T', ' '), (d, c, z, separator) => {
        const seconds =
          c.second === undefined ? '' : `:${two(c.second)}${c.fraction === undefined ? '' : `.${c.fraction}`}`
        const text = `${ymd(d)}${separator}${two(c.hour)}:${two(c.minute)}${seconds}${z.text}`
        const days = daysSince1970(d.year, d.month, d.day)
        const minutes = days * 1440n + BigInt(c.hour * 60 + c.minute - z.minutes)
        const fraction = c.second === undefined ? 0n : BigInt((c.fraction ?? '').padEnd(6, '0').slice(0, 6))
        const expected = (minutes * 60n + BigInt(c.second ?? 0)) * 1_000_000n + fraction
        expect(parseMicros(text), text).toBe(Number(expected))
      }),
    )
  })

  test('reads a date alone as midnight UTC', () => {
    assert(
      fc.property(date, (d) => {
        expect(parseMicros(ymd(d))).toBe(Number(daysSince1970(d.year, d.month, d.day) * 86_400_000_000n))
      }),
    )
  })

  test('refuses dates that do not exist, and takes those that do', () => {
    const anyDate = fc.record({
      year: fc.integer({ min: 1700, max: 2200 }),
      month: fc.integer({ min: 0, max: 99 }),
      day: fc.integer({ min: 0, max: 99 }),
    })
    assert(
      fc.property(anyDate, (d) => {
        const exists = d.month >= 1 && d.month <= 12 && d.day >= 1 && d.day <= lengthOf(d.year, d.month)
        expect(parseMicros(`${ymd(d)}T00:00:00Z`) !== undefined, ymd(d)).toBe(exists)
      }),
    )
    expect(parseMicros('2024-02-29')).toBeDefined()
    expect(parseMicros('2000-02-29')).toBeDefined()
    for (const text of [
      '2025-02-29',
      '1900-02-29',
      '2025-02-31',
      '2025-04-31',
      '2025-13-01',
      '2025-00-10',
      '2025-01-00',
    ]) {
      expect(parseMicros(text), text).toBeUndefined()
    }
  })

  test.each([
    '',
    ' ',
    '2026',
    '2026-01',
    '2026-1-1',
    '26-01-01',
    '20260129',
    '2026-01-29T',
    '2026-01-29T15',
    '2026-01-29T15:1',
    '2026-01-29T24:00',
    '2026-01-29T15:60',
    '2026-01-29T15:01:60',
    '2026-01-29T15:01:19.',
    '2026-01-29T15:01:19+24:00',
    '2026-01-29T15:01:19+08:60',
    '2026-01-29T15:01:19+8:00',
    '2026-01-29T15:01:19+08',
    '2026-01-29T15:01:19ZZ',
    '2026-01-29Z',
    '2026-01-29  15:01',
    ' 2026-01-29',
    '2026-01-29\n',
    '2026-W05-4',
    '2026-029',
    '+2026-01-29',
    '-2026-01-29',
    '12026-01-29',
    '2026/01/29',
    'now',
    '1769698879',
    'Jan 29 2026',
    '２０２６-01-29',
    '2026-01-29t15:01:19Z',
  ])('refuses %j', (text) => {
    expect(parseMicros(text)).toBeUndefined()
  })

  test('reads one instant in all its spellings', () => {
    const expected = 1_769_698_879_123_456
    for (const text of [
      '2026-01-29T15:01:19.123456Z',
      '2026-01-29 15:01:19.123456',
      '2026-01-29T15:01:19.123456789Z',
      '2026-01-29T15:01:19,123456Z',
      '2026-01-29T23:01:19.123456+08:00',
      '2026-01-29T23:01:19.123456+0800',
      '2026-01-29T23:01:19.123456 08:00',
      '2026-01-29T07:01:19.123456-08:00',
      '2026-01-30T00:31:19.123456+09:30',
    ]) {
      expect(parseMicros(text), text).toBe(expected)
    }
  })

  test('holds what is too far away at the last instant that it can say', () => {
    for (const text of ['9999-12-31T23:59:59.999999Z', '2300-01-01'])
      expect(parseMicros(text)).toBe(Number.MAX_SAFE_INTEGER)
    for (const text of ['0000-01-01', '0001-01-01T00:00:00Z', '1600-01-01'])
      expect(parseMicros(text)).toBe(Number.MIN_SAFE_INTEGER)
  })

  test('never fails on any text', () => {
    const noise = fc.oneof(fc.string(), fc.stringMatching(/^[0-9T :.,+Z-]{0,32}$/))
    assert(
      fc.property(noise, (text) => {
        const micros = parseMicros(text)
        if (micros !== undefined) expect(Number.isSafeInteger(micros)).toBe(true)
      }),
    )
  })
})

describe('formatMicros', () => {
  const micros = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER })

  test('is read back as the same instant', () => {
    assert(
      fc.property(micros, (at) => {
        expect(parseMicros(formatMicros(at))).toBe(at)
      }),
    )
  })

  test('always has six digits and says UTC', () => {
    assert(
      fc.property(micros, (at) => {
        expect(formatMicros(at)).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/)
      }),
    )
    expect(formatMicros(0)).toBe('1970-01-01T00:00:00.000000Z')
    expect(formatMicros(-1)).toBe('1969-12-31T23:59:59.999999Z')
    expect(formatMicros(1_769_698_879_123_456)).toBe('2026-01-29T15:01:19.123456Z')
  })

  test('sorts as text as the instants do', () => {
    assert(
      fc.property(micros, micros, (a, b) => {
        expect(formatMicros(a) < formatMicros(b)).toBe(a < b)
      }),
    )
  })
})

describe('nowMicros', () => {
  test('never says the same or an earlier time twice, and stays near the clock', () => {
    const times = Array.from({ length: 20_000 }, nowMicros)
    expect(times.every((time, i) => i === 0 || time > (times[i - 1] as number))).toBe(true)
    expect(times.every(Number.isSafeInteger)).toBe(true)
    expect(Math.abs((times.at(-1) as number) / 1000 - Date.now())).toBeLessThan(2000)
  })
})
