/** The OTLP/HTTP receiver: one route a signal, each under the prefixes that SDKs use (mapping, section 1). */
import { z } from 'zod'
import { LedgerError } from '../../domain/errors.ts'
import type { Signal } from '../../domain/ingest.ts'
import { route, type ApiReply, type ApiRequest, type Route } from '../../http/route.ts'
import type { Scope } from '../../ledger.ts'
import { Admission } from './admission.ts'
import { NOTHING_MADE, type Ingest, type IngestResult } from './ingest.ts'
import { encodingOf, OTLP } from './protocol.ts'
import { exportResponse, TYPES } from './wire/answer.ts'
import { decodeLogs, decodeSpans, type Encoding } from './wire/decode.ts'
import { misplaced } from './wire/sniff.ts'

/** Where the SDKs of Langfuse and LangSmith post. */
const KNOWN_PREFIXES = ['/api/public/otel', '/otel']

/**
 * Bytes of bodies that are worked on at the same time, from decoding until they are written. Others wait as bytes, which
 * cost nothing: as steps on their way to the disk they would take a multiple.
 */
const MOST_DECODED = 12 * 1024 * 1024

interface Receiver {
  path: string
  name: string
  summary: string
  /** The request's one field, and what the answer counts. */
  holds: string
  counted: string
  take(request: ApiRequest): Promise<IngestResult>
}

/** @param prefixes further paths under which the signals are served: `/my/gateway` */
export function otlpRoutes(ingest: Ingest, prefixes: readonly string[]): Route[] {
  const under = [...KNOWN_PREFIXES, ...prefixes.map(checkPrefix)]
  return receivers(ingest).map(({ path, name, summary, holds, counted, take }) =>
    route({
      method: 'POST',
      path,
      also: [...new Set(under)].filter((prefix) => prefix !== '').map((prefix) => prefix + path),
      name,
      tag: 'otlp',
      summary,
      role: 'write',
      protocol: OTLP,
      body: { schema: z.looseObject({ [holds]: z.array(z.unknown()).optional() }), required: false },
      replies: {
        200: z.object({
          partialSuccess: z
            .object({ [counted]: z.string(), errorMessage: z.string() })
            .partial()
            .optional(),
        }),
      },
      handle: async (request) => answer(request, counted, await take(request)),
    }),
  )
}

/** What a request weighs beside its bytes. */
const OVERHEAD = 1024
const NOTHING: IngestResult = { rejected: 0, message: null, made: NOTHING_MADE }

const HOLDS = { traces: 'resourceSpans', logs: 'resourceLogs' } as const

/** Whether it became of a request as of one that is empty. */
function isNothing({ rejected, message, made }: IngestResult): boolean {
  return rejected === 0 && message === null && Object.values(made).every((count) => count === 0)
}

function receivers(ingest: Ingest): Receiver[] {
  const admission = new Admission(MOST_DECODED)
  const taken = <T>(
    signal: Signal,
    { scope, raw }: ApiRequest,
    decode: (bytes: Uint8Array, encoding: Encoding) => T,
    take: (scope: Scope, read: () => T) => Promise<IngestResult>,
  ): Promise<IngestResult> =>
    admission.run(OVERHEAD + raw.bytes.length, async () => {
      let unreadable: unknown
      try {
        const result = await take(scope, () => {
          try {
            return decode(raw.bytes, encodingOf(raw.type))
          } catch (error) {
            unreadable = error
            throw error
          }
        })
        const why = isNothing(result) ? misplaced(raw.bytes, encodingOf(raw.type), HOLDS[signal]) : null
        if (why === null) return result
        await ingest.unreadable(scope, signal, why)
        return { ...result, message: why }
      } catch (error) {
        // Told to people, too: an exporter seldom shows what it is answered. What it is answered does not depend on that.
        if (error === unreadable && error instanceof LedgerError)
          await ingest.unreadable(scope, signal, error.message).catch(() => {})
        throw error
      }
    })
  return [
    {
      path: '/v1/traces',
      name: 'exportTraces',
      summary: `OTLP traces: spans of LLM calls become steps. Also under ${KNOWN_PREFIXES.join(' and ')}`,
      holds: HOLDS.traces,
      counted: 'rejectedSpans',
      take: (request) => taken('traces', request, decodeSpans, (scope, read) => ingest.spans(scope, read)),
    },
    {
      path: '/v1/logs',
      name: 'exportLogs',
      summary: 'OTLP logs: messages of calls, and the calls of coding agents',
      holds: HOLDS.logs,
      counted: 'rejectedLogRecords',
      take: (request) => taken('logs', request, decodeLogs, (scope, read) => ingest.logs(scope, read)),
    },
    // Exporters are often switched on for every signal, and would report any other answer as an error for ever.
    {
      path: '/v1/metrics',
      name: 'exportMetrics',
      summary: 'OTLP metrics: accepted and not kept',
      holds: 'resourceMetrics',
      counted: 'rejectedDataPoints',
      take: async () => NOTHING,
    },
    {
      path: '/v1development/profiles',
      name: 'exportProfiles',
      summary: 'OTLP profiles: accepted and not kept',
      holds: 'resourceProfiles',
      counted: 'rejectedProfiles',
      take: async () => NOTHING,
    },
  ]
}

function answer({ raw }: ApiRequest, counted: string, result: IngestResult): ApiReply {
  const encoding = encodingOf(raw.type)
  return {
    headers: { 'Content-Type': TYPES[encoding], ...countsOf(result) },
    bytes: exportResponse(encoding, counted, result),
  }
}

/** For our own `import`, which tells people; exporters do not look. */
function countsOf({ rejected, made }: IngestResult): Record<string, string> {
  return {
    'Stepledger-Created': String(made.created),
    'Stepledger-Updated': String(made.updated),
    'Stepledger-Folded': String(made.folded),
    'Stepledger-Duplicates': String(made.duplicates),
    'Stepledger-Rejected': String(rejected),
  }
}

/** `my/gateway/` → `/my/gateway` */
function checkPrefix(prefix: string): string {
  const path = prefix.replaceAll(/^\/+|\/+$/g, '')
  if (/^[\w.~-]+(\/[\w.~-]+)*$/.test(path)) return `/${path}`
  if (path === '') return ''
  throw new LedgerError('unusable', `--otlp-prefixes: must be paths such as /my/gateway, got '${prefix}'`)
}
