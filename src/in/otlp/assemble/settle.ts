/** What a request leaves open of tool calls and their results, and other steps and spans of the run tell. Pure. */
import type { Said, SaidPart } from '../reading/said.ts'
import type { StepPlan } from './plan.ts'

/** Among so many calls of one message that of a result without an id is looked for. */
const MOST_OPEN = 500

/**
 * A request whose tool calls and results have ids, where their source told none: Gemini's results answer the calls before them
 * one after another, those with a name the calls of that tool. And whose results say that they are errors where the tools' own spans tell it.
 */
export function settled(plan: StepPlan, request: readonly Said[]): readonly Said[] {
  const { id, givenIds, failedCalls } = plan
  if (failedCalls.size === 0 && !request.some(({ parts }) => parts.some(isUnnamed))) return request
  /** Names of the tools by the calls that wait for their results. */
  const open = new Map<string, string>()
  let [unnamed, hasAnswer] = [0, false]
  return request.map((said, i) => {
    // Parallel calls may come as messages of their own.
    if (hasAnswer && said.parts.some(({ type }) => type === 'tool_call')) {
      open.clear()
      hasAnswer = false
    }
    hasAnswer ||= said.parts.some(({ type }) => type === 'tool_return')
    const given = (givenIds[i] ?? []).values()
    const parts = said.parts.map((part) => {
      if (part.type === 'tool_call') {
        const callId = part.id || (given.next().value ?? `${id}:earlier:${unnamed++}`)
        open.set(callId, part.name)
        return { ...part, id: callId }
      }
      if (part.type !== 'tool_return') return part
      const callId = part.tool_call_id || firstOf(open, said.name)
      open.delete(callId)
      return { ...part, tool_call_id: callId, is_error: part.is_error || failedCalls.has(callId) }
    })
    return { ...said, parts }
  })
}

function firstOf(open: ReadonlyMap<string, string>, name: string | undefined): string {
  let left = MOST_OPEN
  for (const [id, tool] of open) {
    if (name === undefined || name === tool) return id
    if (--left === 0) break
  }
  return ''
}

/** A tool call or result whose id nobody told. */
function isUnnamed(part: SaidPart): boolean {
  return part.type === 'tool_call' ? part.id === '' : part.type === 'tool_return' && part.tool_call_id === ''
}
