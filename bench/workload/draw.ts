/** Drawing from tables and shares. Numbers between 0 and 1 come from a seeded generator, so that draws can be made again. */
import type { Table } from './figures.ts'

export type Random = () => number

/** What turns a number between 0 and 1 into a value of the table. */
export interface Sampler {
  (u: number): number
  readonly mean: number
}

/**
 * Straight lines between the logarithms of the table's points: sizes are roughly log-normal between them, and the means
 * come out as measured, which they do not with straight lines between the values.
 */
export function sampler({ shares, values }: Table): Sampler {
  const logs = values.map(Math.log)
  const at = (list: readonly number[], i: number) => list[i] as number
  const sample = (u: number): number => {
    let i = 1
    while (i < shares.length - 1 && u > at(shares, i)) i++
    const part = (u - at(shares, i - 1)) / (at(shares, i) - at(shares, i - 1))
    return Math.exp(at(logs, i - 1) + (at(logs, i) - at(logs, i - 1)) * part)
  }
  let mean = 0
  for (let i = 1; i < shares.length; i++) {
    const ratio = at(logs, i) - at(logs, i - 1)
    const segment = ratio === 0 ? at(values, i) : (at(values, i) - at(values, i - 1)) / ratio
    mean += (at(shares, i) - at(shares, i - 1)) * segment
  }
  return Object.assign(sample, { mean })
}

/** One of the items, by their shares. */
export function choose<T extends { readonly share: number }>(items: readonly T[], u: number): T {
  let left = u * items.reduce((sum, { share }) => sum + share, 0)
  for (const item of items) if ((left -= item.share) < 0) return item
  return items.at(-1) as T
}

export function pick<T>(items: readonly T[], u: number): T {
  return items[Math.floor(u * items.length)] as T
}

/** Ranks from 1 to `count`: the k-th is 1/k as likely as the first (Zipf with exponent 1). */
export function zipf(count: number): (u: number) => number {
  const sums = new Float64Array(count)
  let sum = 0
  for (let k = 0; k < count; k++) sums[k] = sum += 1 / (k + 1)
  return (u) => {
    let [low, high] = [0, count - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((sums[middle] as number) < u * sum) low = middle + 1
      else high = middle
    }
    return low + 1
  }
}

/** So many hexadecimal digits. */
export function hex(digits: number, next: Random): string {
  let text = ''
  while (text.length < digits) text += ((next() * 2 ** 32) >>> 0).toString(16).padStart(8, '0')
  return text.slice(0, digits)
}

/** `prefix-<uuid>`; with a time (microseconds) one that begins with it (version 7), as recorders make them. */
export function uuid(prefix: string, next: Random, micros?: number): string {
  const random = hex(32, next)
  const variant = '89ab'[Math.floor(next() * 4)] as string
  const time = micros === undefined ? random.slice(0, 12) : Math.floor(micros / 1000).toString(16).padStart(12, '0') // prettier-ignore
  const version = micros === undefined ? 4 : 7
  return `${prefix}-${time.slice(0, 8)}-${time.slice(8)}-${version}${random.slice(13, 16)}-${variant}${random.slice(17, 20)}-${random.slice(20)}`
}
