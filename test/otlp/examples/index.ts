import { besideTheCaptures } from './beside-the-captures.ts'
import { codingAgents } from './coding-agents.ts'
import type { Example } from './example.ts'
import { frameworks } from './frameworks.ts'
import { furtherPackages } from './further-packages.ts'
import { genAiOlder } from './gen-ai-older.ts'
import { lookAlikes } from './look-alikes.ts'
import { measuredFrameworks } from './measured-frameworks.ts'
import { onOthersSpans } from './on-others-spans.ts'
import { runs } from './runs.ts'

/** Every hand-made example. */
export function examples(): Example[] {
  return [
    ...genAiOlder,
    ...frameworks,
    ...codingAgents,
    ...besideTheCaptures,
    ...onOthersSpans,
    ...measuredFrameworks,
    ...lookAlikes,
    ...runs,
    ...furtherPackages,
  ]
}
