/** OpenTelemetry requests in files: JSON, JSON lines and protobuf. See docs/import.md. */
import { LedgerError } from '../../../domain/errors.ts'
import { signalOfProtobuf } from '../../otlp/wire/sniff.ts'
import type { SourceFile, TelemetryFormat, TelemetryRequest } from '../format.ts'
import { topLevelKeys } from '../place.ts'

/** By the field of a request in JSON. */
const SIGNALS = { resourceSpans: 'traces', resourceLogs: 'logs', resourceMetrics: 'metrics' } as const
const FIELDS = Object.keys(SIGNALS) as (keyof typeof SIGNALS)[]

export const otlp: TelemetryFormat = {
  name: 'otlp',
  describe: 'OpenTelemetry requests: JSON, JSON lines or protobuf (.json, .jsonl, .bin)',
  detect(file) {
    const head = file.headBytes()
    return isJson(head) ? signalsIn(head.toString('utf8')).length > 0 : sniff(head, file) !== null
  },
  async *requests(file) {
    const head = file.headBytes()
    if (!isJson(head)) return yield* protobufRequests(file)
    if (!hasLines(head.toString('utf8'))) return yield* jsonRequests(file.text(), '')
    for await (const { line, text } of file.lines()) yield* jsonRequests(text, `line ${line}`)
  },
}

/** Nothing but white space before the first brace; as protobuf that would be a request of one byte. */
function isJson(head: Buffer): boolean {
  return /^\uFEFF?\s*\{/.test(head.subarray(0, 1024).toString('utf8'))
}

/** Whether the first line is a value of its own; a longer one than the head counts as such. */
function hasLines(head: string): boolean {
  const text = head.trimStart()
  const end = text.indexOf('\n')
  if (end < 0) return true
  try {
    JSON.parse(text.slice(0, end))
    return true
  } catch {
    // Cut off in the middle it is broken, and the file is told so as a whole.
    return false
  }
}

const signalsIn = (json: string) => {
  const keys = topLevelKeys(json.replace(/^\uFEFF/, ''))
  return FIELDS.filter((field) => keys.has(field))
}

/** One request may hold several signals. @throws LedgerError `invalid` for an object that holds none */
function* jsonRequests(text: string, where: string): Generator<TelemetryRequest> {
  const fields = signalsIn(text)
  const json = text.replace(/^\uFEFF/, '')
  if (fields.length === 0 && json.trim() !== '{}') {
    const place = where === '' ? '' : `${where}: `
    throw new LedgerError('invalid', `${place}expected an object with ${FIELDS.join(', ')}, found ${excerpt(json)}`)
  }
  const bytes = Buffer.from(json)
  for (const field of fields) yield { signal: SIGNALS[field], encoding: 'json', bytes, where }
}

const excerpt = (text: string) => (text.length > 60 ? `${text.slice(0, 60)}…` : text)

/** As far as one can see: of what is compressed only that its beginning is one. */
function sniff(head: Buffer, file: SourceFile): TelemetryRequest['signal'] | null {
  return signalOfProtobuf(head, file.isPacked ? Number.MAX_SAFE_INTEGER : file.size)
}

function* protobufRequests(file: SourceFile): Generator<TelemetryRequest> {
  const bytes = file.bytes()
  const signal = signalOfProtobuf(bytes, bytes.length)
  if (signal === null) throw new LedgerError('invalid', 'neither JSON nor a protobuf request of spans or log records')
  yield { signal, encoding: 'protobuf', bytes, where: '' }
}
