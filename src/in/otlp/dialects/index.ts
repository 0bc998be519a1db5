/** The dialects in the order of mapping, section 3: the first whose marker is on a span says what the span is. */
import { attributeName } from '../reading/attribute-names.ts'
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
  if (view.source.events.length > 0 && view.source.events.some(({ name }) => name.startsWith('gen_ai.'))) {
    present |= (BY_NAMESPACE.get('event:gen_ai') ?? 0) | (BY_NAMESPACE.get('gen_ai') ?? 0)
  }
  let last = ''
  for (const key of view.keys) {
    const { namespace } = attributeName(key)
    if (namespace === last) continue
    last = namespace
    present |= BY_NAMESPACE.get(namespace) ?? 0
  }
  const found = fixed ? [fixed] : []
  for (let i = 0; present !== 0; i++, present >>>= 1) {
    const dialect = (present & 1) === 0 ? undefined : READING_ORDER[i]
    if (dialect && dialect !== fixed) found.push(dialect)
  }
  return found
}
