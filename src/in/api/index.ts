/** Every route that writes. */
import type { Route } from '../../http/route.ts'
import { correctStep } from './correct-step.ts'
import { deleteRun } from './delete-run.ts'
import { rateStep } from './rate-step.ts'
import { recordSteps } from './record-steps.ts'
import { setTransaction } from './set-transaction.ts'

export const WRITE_ROUTES: readonly Route[] = [recordSteps, correctStep, rateStep, setTransaction, deleteRun]
