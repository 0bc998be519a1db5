/** Values of the API's answers as text for people. */
import type { JsonValue } from '../domain/exact-json.ts'
import type { Colors } from './output.ts'

/** A value as it is read: text without quotes, numbers with all their digits, nothing for null. */
export function textOf(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

const UNITS: readonly [nanoseconds: number, unit: string][] = [
  [3600e9, 'h'],
  [60e9, 'min'],
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'µs'],
]

/** Nanoseconds, as a number or exactly: `1.24 s`, `830 ms`; empty when not known. */
export function duration(nanoseconds: JsonValue | undefined): string {
  const text = textOf(nanoseconds)
  if (!/^-?\d+$/.test(text)) return ''
  const value = Number(text)
  const [size, unit] = UNITS.find(([least]) => Math.abs(value) >= least) ?? [1, 'ns']
  const scaled = value / size
  return `${scaled >= 100 ? Math.round(scaled) : Number(scaled.toPrecision(3))} ${unit}`
}

/** `2026-11-21 02:25:56`: to the second, as dates in filters without a zone are read. */
export function shortTime(time: unknown): string {
  return typeof time === 'string' ? time.slice(0, 19).replace('T', ' ') : ''
}

/** Green, red or yellow, by how it went. */
export function paintStatus(cell: string, colors: Colors): string {
  if (/^(success|completed)/.test(cell)) return colors.green(cell)
  return cell.startsWith('failed') ? colors.red(cell) : colors.yellow(cell)
}
