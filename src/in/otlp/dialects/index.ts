/** The dialects in the order of mapping, section 3: the first whose marker is on a span says what the span is. */
import type { View } from '../reading/view.ts'
import { claudeCode } from './claude-code.ts'
import { codex } from './codex.ts'
import type { Dialect, SpanKind } from './dialect.ts'
import { geminiCli } from './gemini-cli.ts'
import { genAi } from './gen-ai.ts'
import { genAiEvents } from './gen-ai-events.ts'
import { genkit } from './genkit.ts'
import { googleAdk } from './google-adk.ts'
import { langfuse } from './langfuse.ts'
import { langSmith } from './langsmith.ts'
import { mastra } from './mastra.ts'
import { mlflow } from './mlflow.ts'
import { openInference } from './openinference.ts'
import { openLlmetry } from './openllmetry.ts'
import { pydanticAi } from './pydantic-ai.ts'
import { sentry } from './sentry.ts'
import { strands } from './strands.ts'
import { unmarked } from './unmarked.ts'
import { vercel } from './vercel.ts'

export const DIALECTS: readonly Dialect[] = [
  vercel,
  langfuse,
  mastra,
  genkit,
  genAi,
  openInference,
  langSmith,
  openLlmetry,
  mlflow,
  googleAdk,
  claudeCode,
  geminiCli,
  codex,
  sentry,
  strands,
  pydanticAi,
  unmarked,
  // Readers only.
  genAiEvents,
]

/** Where dialects share an attribute, GenAI's reading comes before the others' (the general lists of section 5). */
const READING_ORDER: readonly Dialect[] = [genAi, ...DIALECTS.filter((dialect) => dialect !== genAi)]

const BY_NAMESPACE = new Map<string, number>()
READING_ORDER.forEach((dialect, i) => {
  for (const namespace of dialect.namespaces) BY_NAMESPACE.set(namespace, (BY_NAMESPACE.get(namespace) ?? 0) | (1 << i))
})

/** The dialect that fixes the span's kind, and that kind; undefined for a span that no row of the table marks. */
export function classify(view: View): { dialect: Dialect; kind: SpanKind } | undefined {
  for (const dialect of DIALECTS) {
    const kind = dialect.kind?.(view)
    if (kind !== undefined) return { dialect, kind }
  }
  return undefined
}

/** Whose attributes are on the span: the fixed dialect first, the others in the order of the general lists. */
export function dialectsOn(view: View, fixed: Dialect | undefined): Dialect[] {
  let present = BY_NAMESPACE.get(`scope:${view.source.scope.name}`) ?? 0
  const service = view.source.resource['service.name']
  if (typeof service === 'string') present |= BY_NAMESPACE.get(`service:${service}`) ?? 0
  if (view.source.events.some(({ name }) => name.startsWith('gen_ai.'))) {
    present |= (BY_NAMESPACE.get('event:gen_ai') ?? 0) | (BY_NAMESPACE.get('gen_ai') ?? 0)
  }
  let last = ''
  for (const key of view.keys) {
    if (last !== '' && key.startsWith(last)) continue
    const end = firstWordEnd(key)
    const word = key.slice(0, end)
    last = end === key.length ? '' : key.slice(0, end + 1)
    present |= BY_NAMESPACE.get(word) ?? 0
  }
  const found = READING_ORDER.filter((dialect, i) => dialect !== fixed && (present & (1 << i)) !== 0)
  return fixed ? [fixed, ...found] : found
}

/** Genkit's names have colons where others have dots. */
function firstWordEnd(key: string): number {
  for (let i = 0; i < key.length; i++) {
    const code = key.charCodeAt(i)
    if (code === 46 || code === 58) return i
  }
  return key.length
}
