/** From Zod's issues to ours: the place, what is wrong with which value, and what is accepted. */
import type { z } from 'zod'
import type { Issue } from '../domain/errors.ts'

const SHOWN = 80
/** Faults that one answer tells. */
const MOST_ISSUES = 20

/** One issue per wrong field; an unknown key is named by its own place. */
export function issuesOf(error: z.ZodError, input: unknown, loc: readonly (string | number)[]): Issue[] {
  const issues = error.issues
    .slice(0, MOST_ISSUES)
    .flatMap((issue) => flatten(issue, input, loc))
    .slice(0, MOST_ISSUES)
  const more = error.issues.length - issues.length
  return more > 0 ? [...issues, { loc, msg: `and ${more} more faults`, type: 'too_many' }] : issues
}

function flatten(issue: z.core.$ZodIssue, input: unknown, loc: readonly (string | number)[]): Issue[] {
  const path = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))
  const at = [...loc, ...path]
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ loc: [...at, key], msg: `unknown field '${key}'`, type: 'extra_forbidden' }))
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // The alternative that got furthest is the one that was meant.
    const best = issue.errors.reduce((a, b) => (depth(b) > depth(a) ? b : a))
    if (depth(best) > 0)
      return best.flatMap((inner) => flatten({ ...inner, path: [...issue.path, ...inner.path] }, input, loc))
  }
  const value = valueAt(input, path)
  return [
    { loc: at, msg: `${message(issue)}, got ${shown(value)}`, type: value === undefined ? 'missing' : issue.code },
  ]
}

function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(...issues.map((issue) => issue.path.length + (issue.code === 'unrecognized_keys' ? 1 : 0)))
}

function message(issue: z.core.$ZodIssue): string {
  const text = issue.message.replace(/, received .*$/, '')
  return text.startsWith('Invalid input: ') ? text.slice('Invalid input: '.length) : text
}

function valueAt(input: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string | number, unknown> | undefined)?.[key], input)
}

/** A value as an error shows it: short, on one line, however large or deep the value is. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'string')
    return value.length > SHOWN ? `${JSON.stringify(value.slice(0, SHOWN))}…` : JSON.stringify(value)
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (JSON.isRawJSON(value)) return value.rawJSON
  if (typeof value === 'object' && value !== null)
    return `an object with the keys ${Object.keys(value).slice(0, 5).join(', ')}`
  return JSON.stringify(value)
}
