/** What every store must do. An engine proves itself by passing all of it. */
import { describe } from 'vitest'
import type { TestEngine } from '../../support/stores.ts'
import { describeChanges } from './changes.ts'
import { describeDerive } from './derive.ts'
import { describeLasting } from './lasting.ts'
import { describeLists } from './lists.ts'
import { describeRuns } from './runs.ts'
import { describeSteps } from './steps.ts'
import { describeTags } from './tags.ts'
import { describeTelemetry } from './telemetry.ts'
import { describeTenancy } from './tenancy.ts'
import { describeTraces } from './traces.ts'

export function describeStore(engine: TestEngine): void {
  describe(`the store on ${engine.name}`, () => {
    describeSteps(engine)
    describeRuns(engine)
    describeTags(engine)
    describeTraces(engine)
    describeTenancy(engine)
    describeLasting(engine)
    describeLists(engine)
    describeChanges(engine)
    describeDerive(engine)
    describeTelemetry(engine)
  })
}
