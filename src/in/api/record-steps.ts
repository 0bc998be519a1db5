import { z } from 'zod'
import { invalid } from '../../domain/errors.ts'
import { route, type ApiReply, type ApiRequest } from '../../http/route.ts'
import { countOutcomes } from '../../ledger.ts'
import { presentStep, presentSteps } from '../../present.ts'
import { StepSchema } from '../../schema/outputs.ts'
import type { StepOutcome } from '../../store/store.ts'
import { StepInputSchema } from '../../schema/step-input.ts'

/** The most steps that one request records. */
const LARGEST_BATCH = 1000

const reply = z.union([StepSchema, z.array(StepSchema)])

/** Ours: the documented API has no way to record. 201 when a step is new, 200 when all were there and were merged. */
export const recordSteps = route({
  method: 'POST',
  path: '/v1/steps/',
  name: 'recordSteps',
  tag: 'steps',
  summary: `Record one step or an array of up to ${LARGEST_BATCH}`,
  role: 'write',
  body: { schema: z.union([StepInputSchema, z.array(StepInputSchema).max(LARGEST_BATCH)]), required: true },
  replies: { 201: reply, 200: reply },
  // Two functions, so that nothing of the body is kept while the disk is waited for.
  handle: async (request) => answer(Array.isArray(request.body), record(request)),
})

async function record({ ledger, scope, body }: ApiRequest): Promise<StepOutcome[]> {
  const isArray = Array.isArray(body)
  const inputs = isArray ? body : [body]
  if (inputs.length > LARGEST_BATCH) {
    throw invalid(['body'], `holds ${inputs.length} steps; one request records up to ${LARGEST_BATCH}`, 'too_long')
  }
  return ledger.record(scope, inputs, ['body'], isArray)
}

async function answer(isArray: boolean, recorded: Promise<StepOutcome[]>): Promise<ApiReply> {
  const outcomes = await recorded
  const { created, merged } = countOutcomes(outcomes)
  const rows = outcomes.map(({ row }) => row)
  return {
    status: created > 0 ? 201 : 200,
    headers: { 'Stepledger-Created': String(created), 'Stepledger-Merged': String(merged) },
    ...(isArray ? presentSteps(rows) : { json: rows[0] ? presentStep(rows[0]) : 'null' }),
  }
}
