/** Durations that sources tell beside their instants (mapping, section 10). */

/** What is said to have taken longer than a month is not believed. */
const LONGEST_MS = 31 * 86_400_000

/** The instant so many milliseconds before another; both in nanoseconds since 1970, never before that. */
export function earlier(ns: bigint, ms: number): bigint {
  const start = ms < LONGEST_MS ? ns - BigInt(Math.round(ms * 1e6)) : ns
  return start < 0n ? 0n : start
}
