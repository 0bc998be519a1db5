/** Requests to record the load, made beforehand so that making them costs nothing while the clock runs. */
import { stringifyExact } from '../src/domain/exact-json.ts'
import { sentSteps } from './workload/index.ts'

/** Steps in a request. */
export const BATCH = 20

/** Requests of {@link BATCH} steps. Each step is sent once, but for the load's own resends. */
export function recordBodies(seed: number, count: number): Buffer[] {
  const steps = sentSteps(seed)
  return Array.from({ length: count }, () =>
    Buffer.from(stringifyExact(Array.from({ length: BATCH }, () => steps.next().value))),
  )
}

/** The single steps of such requests. */
export function stepsOf(bodies: readonly Buffer[]): Buffer[] {
  return bodies.flatMap((body) =>
    (JSON.parse(body.toString()) as unknown[]).map((step) => Buffer.from(JSON.stringify(step))),
  )
}
