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
import { logfire } from './logfire.ts'
import { mastra } from './mastra.ts'
import { mlflow } from './mlflow.ts'
import { openInference } from './openinference.ts'
import { openLlmetry } from './openllmetry.ts'
import { Panels } from './panel.ts'
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
  logfire,
  unmarked,
  // Readers only.
  genAiEvents,
]

/** The dialect that fixes the span's kind, and that kind; undefined for a span that no row of the table marks. */
export function classify(view: View): { dialect: Dialect; kind: SpanKind } | undefined {
  for (const dialect of DIALECTS) {
    const kind = dialect.kind?.(view)
    if (kind !== undefined) return { dialect, kind }
  }
  return undefined
}

/** Where dialects share an attribute, GenAI's reading comes before the others' (the general lists of section 5). */
export const PANELS = new Panels([genAi, ...DIALECTS.filter((dialect) => dialect !== genAi)])
