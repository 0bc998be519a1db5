/** Dictionaries as Python prints them: its SDKs put the provider's answer into their error messages that way. */
import type { JsonValue } from '../../../domain/exact-json.ts'
import { tryJson } from './values.ts'

/** Longer ones are nobody's error. */
const LONGEST = 4_000
const WORDS: Readonly<Record<string, string>> = { True: 'true', False: 'false', None: 'null' }
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' }
/** A text that does not end is one token, too, so that no character is looked at twice. */
const TOKEN =
  /(?<text>'(?:[^'\\]|\\.)*(?:'|\\?$)|"(?:[^"\\]|\\.)*(?:"|\\?$))|(?<word>\b(?:True|False|None)\b)|(?<brace>[{}])/gs

/** The dictionary that a text begins with, and what follows it; undefined where there is none. */
export function pythonDictionary(text: string): { value: JsonValue | undefined; rest: string } | undefined {
  const source = text.slice(0, LONGEST)
  let json = ''
  let end = 0
  let depth = 0
  for (const { 0: token, index, groups } of source.matchAll(TOKEN)) {
    json += source.slice(end, index)
    end = index + token.length
    if (groups?.text !== undefined) {
      if (token.length < 2 || !token.endsWith(token[0] as string)) return undefined
      json += JSON.stringify(unescaped(token.slice(1, -1)))
    } else {
      json += WORDS[token] ?? token
    }
    if (groups?.brace === undefined) continue
    depth += token === '{' ? 1 : -1
    if (depth === 0) return { value: tryJson(json), rest: text.slice(end) }
  }
  return undefined
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(?:x(?<hex>[0-9a-f]{2})|(?<one>.))/gis, (...match) => {
    const { hex, one = '' } = match.at(-1) as { hex?: string; one?: string }
    return hex === undefined ? (ESCAPES[one] ?? one) : String.fromCharCode(Number.parseInt(hex, 16))
  })
}
