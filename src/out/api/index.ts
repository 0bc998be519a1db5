/** Every route that reads. */
import type { Route } from '../../http/route.ts'
import { health, ready } from './health.ts'
import { listIngestRejections, listIngestStats } from './list-ingest.ts'
import { listRunMessages } from './list-run-messages.ts'
import { listRunSteps } from './list-run-steps.ts'
import { listActiveRuns, listRuns } from './list-runs.ts'
import { listStepMessages } from './list-step-messages.ts'
import { listSteps } from './list-steps.ts'
import { listTags } from './list-tags.ts'
import { retrieveRunMetrics } from './retrieve-run-metrics.ts'
import { retrieveRunTrace } from './retrieve-run-trace.ts'
import { retrieveRunUsage } from './retrieve-run-usage.ts'
import { retrieveRun } from './retrieve-run.ts'
import { retrieveStepMetrics } from './retrieve-step-metrics.ts'
import { retrieveStepTrace, retrieveTelemetry } from './retrieve-step-trace.ts'
import { retrieveStep } from './retrieve-step.ts'

export const READ_ROUTES: readonly Route[] = [
  listSteps,
  retrieveStep,
  retrieveStepMetrics,
  retrieveStepTrace,
  listStepMessages,
  listRuns,
  listActiveRuns,
  retrieveRun,
  listRunSteps,
  listRunMessages,
  retrieveRunUsage,
  retrieveRunMetrics,
  retrieveRunTrace,
  listTags,
  listIngestStats,
  listIngestRejections,
  health,
  ready,
  retrieveTelemetry,
]
