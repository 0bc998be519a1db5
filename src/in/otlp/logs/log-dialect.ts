/** What a dialect of log records is: whose records it knows, and what each of them says (mapping, sections 9.4 and 13). */
import type { About, CallFacts, Context, Facts } from '../facts.ts'
import { earlier } from '../reading/durations.ts'
import { fingerprint } from '../reading/keys.ts'
import { spoken, type Spoken } from '../reading/spoken.ts'
import type { Said } from '../reading/said.ts'
import { asText } from '../reading/values.ts'
import { View } from '../reading/view.ts'
import type { LogRecord } from '../signal.ts'

export interface LogDialect {
  readonly name: string
  /** Whether the record is one of its own. The name is empty where a record has none. */
  owns(log: LogRecord): boolean
  /** Undefined for a record that is of no use to any step. */
  read(log: LogRecord, view: View, order: number): Facts | undefined
}

/** A record's attributes, read like a span's. */
export function viewOf(log: LogRecord): View {
  return new View({
    ...log,
    name: log.eventName,
    events: [],
    statusCode: 0,
    statusMessage: '',
    startNs: log.timeNs,
    endNs: log.timeNs,
    droppedAttributes: 0,
    kind: 0,
  })
}

/** One record as facts; what happened ended when the record was written, `duration_ms` after it began. */
export function record(
  log: LogRecord,
  what: {
    readonly dialect: string
    readonly group: string
    /** Identity among the group's records; null = its content. */
    readonly identity: string | null
    readonly kind: Context['kind']
    readonly order: number
    readonly durationMs?: number | undefined
    readonly about: { [K in keyof About]: About[K] | undefined }
    readonly spoken?: Spoken
    readonly result?: { text: string; isError: boolean } | undefined
    readonly rest?: Facts['content'] | undefined
  },
): Facts {
  const endNs = log.timeNs
  const startNs = earlier(endNs, what.durationMs ?? 0)
  const about = Object.fromEntries(Object.entries(what.about).filter(([, value]) => value !== undefined)) as About
  const service = asText(log.resource['service.name'])
  const identity = what.identity ?? `${log.traceId}:${log.spanId}:${endNs}:${log.eventName}:${contentKey(log)}`
  const { content: said, said: keys } = what.spoken ?? {}
  const content = { ...said, ...what.rest, ...(what.result && { result: what.result }) }
  return {
    context: {
      group: what.group,
      key: `log:${what.dialect}:${identity}`,
      kind: what.kind,
      dialect: what.dialect,
      name: log.eventName.slice(0, 255).toWellFormed(),
      traceId: log.traceId,
      spanId: what.kind === 'content' ? log.spanId : null,
      // What is told inside of a span happened there.
      parentId: what.kind === 'content' ? null : log.spanId,
      startNs: String(startNs),
      endNs: String(endNs),
      weight: Object.keys(log.attributes).length,
      ...(what.order > 0 && { order: what.order }),
      ...(service !== undefined && { service }),
      ...about,
      ...(keys && { said: keys }),
    },
    content: Object.keys(content).length > 0 ? content : null,
  }
}

function contentKey(log: LogRecord): string {
  return fingerprint(`${JSON.stringify([log.body, log.attributes])}.`)
}

/** The moment that a record tells of itself, else the one it was written at. */
export function momentOf(log: LogRecord, view: View): string {
  return view.text('event.timestamp') ?? String(log.timeNs)
}

export function heard(said: readonly Said[]): Spoken {
  return spoken([], said, [])
}

/** Only what is known. */
export function callFacts(facts: { [K in keyof CallFacts]: CallFacts[K] | undefined } & { scope: string }): CallFacts {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as unknown as CallFacts
}

/** Raw counts and costs as they were sent. */
export function rawCounts(view: View): Facts['content'] {
  const entries = view.keys.filter((key) => /token|cost/i.test(key)).map((key) => [key, view.raw(key) ?? null] as const)
  return entries.length === 0 ? null : { response: { usage: Object.fromEntries(entries) } }
}
