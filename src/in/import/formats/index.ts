/** The import formats, in the order they are tried. Adding one: its file, a line here, a section in docs/import.md. */
import type { ImportFormat, TelemetryFormat } from '../format.ts'
import { inspect } from './inspect.ts'
import { lettaAgentFile } from './letta-agent-file.ts'
import { lettaEvals } from './letta-evals.ts'
import { miniSweAgent } from './mini-swe-agent.ts'
import { otlp } from './otlp.ts'
import { stepledger } from './stepledger.ts'
import { tau2Bench } from './tau2-bench.ts'

export const FORMATS: readonly ImportFormat[] = [
  stepledger,
  lettaEvals,
  lettaAgentFile,
  tau2Bench,
  miniSweAgent,
  inspect,
]

/** Formats that do not tell steps but what steps are made from. */
export const TELEMETRY_FORMATS: readonly TelemetryFormat[] = [otlp]
