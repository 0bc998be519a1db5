/** What an attribute's name alone tells. Names repeat from span to span, so each is looked at once. */
import { isSecret } from './metadata.ts'

export interface AttributeName {
  /** Up to the first dot, or colon as Genkit writes them. */
  readonly namespace: string
  /** Raw token counts, raw costs, what must never be stored, the rest. */
  readonly holds: 'usage' | 'cost' | 'secret' | 'other'
  /** A token count of one modality: of which side, under which name in the details columns. */
  readonly modality?: { readonly side: 'prompt' | 'completion'; readonly name: string }
}

const known = new Map<string, AttributeName>()
/** Names come from outside: their number and length are nobody's to fill memory with. */
const MOST_NAMES = 10_000
const LONGEST_NAME = 200

export function attributeName(name: string): AttributeName {
  const found = known.get(name)
  if (found) return found
  const modality = modalityOf(name)
  const read = { namespace: namespaceOf(name), holds: holdsOf(name), ...(modality && { modality }) }
  if (name.length <= LONGEST_NAME) {
    if (known.size >= MOST_NAMES) known.clear()
    known.set(name, read)
  }
  return read
}

function namespaceOf(name: string): string {
  const end = name.search(/[.:]/)
  return end < 0 ? name : name.slice(0, end)
}

const MODALITIES = [
  /^gen_ai\.usage\.(?<name>text|image|audio|video)\.(?<side>input|output)_tokens$/,
  /^gen_ai\.usage\.(?<side>input|output)_tokens\.(?<name>text|image|audio|video)$/,
  /^llm\.token_count\.(?<side>prompt|completion)_details\.(?<name>audio)$/,
]

function modalityOf(name: string): AttributeName['modality'] {
  const groups = MODALITIES.map((pattern) => pattern.exec(name)?.groups).find((each) => each !== undefined)
  if (!groups) return undefined
  const isPrompt = groups['side'] === 'input' || groups['side'] === 'prompt'
  return { side: isPrompt ? 'prompt' : 'completion', name: `${groups['name']}_tokens` }
}

/** A setting is no count, whatever it is called. */
const SETTING = /settings|max_|request\./i

function holdsOf(name: string): AttributeName['holds'] {
  const isCount = /usage|token/i.test(name) && !SETTING.test(name)
  if (isSecret(name)) return 'secret'
  if (/cost/i.test(name)) return 'cost'
  return isCount ? 'usage' : 'other'
}
