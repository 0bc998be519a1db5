/** Figures as a table and as JSON. */
export interface Figure {
  name: string
  value: number
  unit: string
  /** Milliseconds, one for each request. */
  latencies?: number[]
  /** Resident memory of the server in MiB. */
  memory?: number
  /** What the issue asks for, when it asks for something. */
  goal?: string
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** One part's figures, a line each. */
export function print(part: string, figures: readonly Figure[]): void {
  console.log(`\n${part}`)
  for (const { name, value, unit, latencies, memory, goal } of figures) {
    const number = Number.isInteger(value) ? value.toLocaleString('en') : value.toFixed(2)
    const times = latencies
      ? `  median ${median(latencies).toFixed(1)} ms, p99 ${quantile(latencies, 0.99).toFixed(1)} ms`
      : ''
    const resident = memory === undefined ? '' : `  ${memory} MiB`
    console.log(
      `  ${name.padEnd(40)} ${`${number} ${unit}`.padEnd(20)}${times}${resident}${goal ? `  (goal: ${goal})` : ''}`,
    )
  }
}
