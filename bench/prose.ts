/** Text that compresses like what agents write and read: words, JSON and source code. */

const WORDS = `the of and to a in that is was for on with as by at from this be are or an it not have which one all were
their can has more when there if no out so what up about into them then some could time these two may first any new
order customer flight reservation refund account request response server client error value number list file function
return result user agent message model token search query index table row column update delete create check whether
because before after should would between during without please confirm booking payment card date airport baggage
policy eligible compensation membership silver gold regular economy business passenger cabin insurance change cancel
implementation parser handler exception argument parameter default option string integer object class method module
import test assert expected actual failed passed directory path line code patch commit branch merge issue fix bug`.split(
  /\s+/,
)
const SNIPPETS = [
  '{"id": "R4K2PQ", "status": "confirmed", "amount": 412.5, "currency": "USD"}',
  '    def get_context(self, request, **kwargs):\n        return super().get_context(request, **kwargs)\n',
  '  File "/testbed/src/core/handlers.py", line 214, in inner\n    response = get_response(request)\n',
  '{"name": "search_files", "matches": [{"line": 12, "text": "import re"}, {"line": 48, "text": "re.match(pattern"}]}',
  'for (const entry of entries) {\n  if (entry.kind !== wanted) continue\n  results.push(entry)\n}\n',
]

/** About `bytes` bytes of ASCII text. */
export function prose(bytes: number, next: () => number): string {
  const parts: string[] = []
  let size = 0
  while (size < bytes) {
    const part = next() < 0.02 ? (SNIPPETS[Math.floor(next() * SNIPPETS.length)] as string) : word(next)
    parts.push(part)
    size += part.length + 1
  }
  return parts.join(' ').slice(0, Math.max(bytes, 1))
}

function word(next: () => number): string {
  // Frequent words first, as in a language; sometimes a number or a name of no meaning.
  if (next() < 0.08) return Math.floor(next() * 1e6).toString(next() < 0.5 ? 10 : 36)
  return WORDS[Math.floor(next() ** 2 * WORDS.length)] as string
}

/** Numbers between 0 and 1, the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
