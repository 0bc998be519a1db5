/** From one log record to what is kept of it (mapping, sections 9.4 and 13). Pure. */
import { claudeCodeLogs } from './logs/claude-code.ts'
import { codexLogs } from './logs/codex.ts'
import { genAiLogs } from './logs/gen-ai.ts'
import { geminiCliLogs } from './logs/gemini-cli.ts'
import { viewOf, type LogDialect } from './logs/log-dialect.ts'
import type { Reduced, Unread } from './reduce.ts'
import type { LogRecord } from './signal.ts'

/** The first that owns a record reads it. */
const LOG_DIALECTS: readonly LogDialect[] = [claudeCodeLogs, geminiCliLogs, codexLogs, genAiLogs]

/**
 * Read at once: where a record belongs is told by its dialect with all the rest.
 * @param order the record's place in its request: what was written at the same moment keeps its order (9.4)
 */
export function placeLog(log: LogRecord, order: number): Unread {
  const reduced = reduceLog(log, order)
  return { group: reduced.facts?.context.group ?? null, read: () => reduced }
}

function reduceLog(log: LogRecord, order: number): Reduced {
  const dialect = LOG_DIALECTS.find((each) => each.owns(log))
  if (!dialect) return { facts: null, degraded: [] }
  const view = viewOf(log)
  view.dialect = dialect.name
  try {
    return { facts: dialect.read(log, view, order) ?? null, degraded: view.degraded }
  } catch (error) {
    view.note('unreadable', `${log.eventName}: ${String(error)}`)
    return { facts: null, degraded: view.degraded }
  }
}
