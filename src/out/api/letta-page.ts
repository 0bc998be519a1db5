/** Pages of Letta messages (contract, section 4.3): limits and cursors count internal messages. */
import { windowOf, type Page } from '../../domain/page.ts'
import { notFound } from '../../domain/errors.ts'
import { stringifyExact } from '../../domain/exact-json.ts'
import { decodeMessages, type StepRow } from '../../store/step-row.ts'
import type { RunMessage, StepReader } from '../../store/store.ts'
import { messageToolCalls, toLettaMessages, usesMessageTool, type LettaMessage } from './letta-messages.ts'

/** Fetches the internal messages of a page. */
type Fetch = (page: Page) => Promise<RunMessage[]>

/**
 * The page as JSON text. All that comes of one internal message is on one page; internal messages that come to
 * nothing are read over, because an empty page ends an SDK's walk.
 */
export async function lettaPage(fetch: Fetch, page: Page, textIsReasoning: boolean): Promise<string> {
  const convert = converter(page, textIsReasoning)
  let at = page
  for (;;) {
    const found = await fetch(at)
    const shown = found.flatMap(convert)
    if (shown.length > 0 || found.length === 0) return stringifyExact(shown)
    const edge = page.before === undefined ? found.at(-1) : found[0]
    const id = edge && decodeMessages(edge.step.messages)[edge.index]?.id
    if (id === undefined) return '[]'
    at = page.before === undefined ? { ...page, after: id } : { ...page, before: id }
  }
}

function converter(page: Page, textIsReasoning: boolean): (message: RunMessage) => LettaMessage[] {
  const decoded = new Map<string, ReturnType<typeof decodeMessages>>()
  return ({ step, index }) => {
    const messages = decoded.get(step.id) ?? decodeMessages(step.messages)
    decoded.set(step.id, messages)
    const message = messages[index]
    if (!message) return []
    const textIsAssistant = !textIsReasoning && !usesMessageTool(messages)
    const context = { messageToolCallIds: messageToolCalls(messages), step_id: step.id, run_id: step.run_id }
    return toLettaMessages(message, context, { textIsAssistant, order: page.order })
  }
}

/** Whether the run's agent answers through a message tool, so that its plain text is thinking (D16). */
export async function answersByTool(read: StepReader, project: string, runId: string | null): Promise<boolean> {
  return runId !== null && (await read.getRunTools(project, runId)).includes('send_message')
}

/** The internal messages of one step as pages; cursors must be messages of that step. */
export function stepMessages(step: StepRow): Fetch {
  const ids = decodeMessages(step.messages).map((message) => message.id)
  const position = (id: string) => {
    const index = ids.indexOf(id)
    if (index < 0) throw notFound('Message', id)
    return { created_at: index, id: '' }
  }
  return async (page) => {
    const after = page.after === undefined ? undefined : position(page.after)
    const before = page.before === undefined ? undefined : position(page.before)
    const window = windowOf(page, { ...(after && { after }), ...(before && { before }) })
    if (window.empty) return []
    const from = window.lower ? window.lower.created_at + 1 : 0
    const to = window.upper?.created_at ?? ids.length
    const indexes = Array.from({ length: Math.max(to - from, 0) }, (_, i) => from + i)
    if (window.direction === 'desc') indexes.reverse()
    const taken = indexes.slice(0, page.limit)
    return (window.reversed ? taken.reverse() : taken).map((index) => ({ step, index }))
  }
}
