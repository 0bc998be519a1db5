/** Everything that can be read, over any executor. */
import { accessReader } from './access.ts'
import { aliasStatements, following } from './aliases.ts'
import { contentStatements } from './contents.ts'
import type { Differences, Executor } from './engine.ts'
import { getRun, listRunMessages, listRuns, runStatements } from './runs.ts'
import { listSteps, stepStatements } from './steps.ts'
import { listTags, tagStatements } from './tags.ts'
import { telemetryReader } from './telemetry.ts'
import { presentTraces, readTraces, traceStatements } from './traces.ts'
import type { AccessReader, StepReader } from '../store.ts'
import type { StepRow } from '../step-row.ts'

export type Reader = StepReader & AccessReader

export function sqlReader(x: Executor, d: Differences): Reader {
  const steps = stepStatements(d)
  const runs = runStatements(d)
  const tags = tagStatements(d)
  const aliases = aliasStatements(d)
  const traces = traceStatements(d, contentStatements(d))
  return {
    ...accessReader(x, d),
    ...telemetryReader(x, d),
    listSteps: (query) => listSteps(x, steps, query),
    getStep: (project, id) =>
      following(x, aliases, project, id, async (own) => {
        const [row] = await x.forKeys<StepRow>(steps.get, { project }, [own])
        return row
      }),
    getTraces: async (project, id) => presentTraces(await readTraces(x, traces, project, id), id),
    listRuns: (query) => listRuns(x, runs, query),
    getRun: (project, id) => getRun(x, runs, project, id),
    getRunTools: async (project, run) =>
      (await x.all<{ tool: string }>(runs.tools, { project, run })).map((row) => row.tool),
    listRunMessages: (project, run, page) => listRunMessages(x, runs, steps.get, project, run, page),
    listTags: (query) => listTags(x, tags, query),
  }
}
