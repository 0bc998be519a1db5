/** One span's or log record's attributes, read through the rules of mapping section 2.2; JSON texts are parsed once. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../domain/exact-json.ts'
import type { DegradedReason } from '../../../domain/ingest.ts'
import type { Attributes, Scope, SpanEvent } from '../signal.ts'
import { asCount, asFlag, asNumber, asText, asTexts, isEmpty, looksLikeJson, tryJson, unquoted } from './values.ts'

/** Why what was read is poorer than what was sent; `sample` is short and for people. */
export interface Degraded {
  readonly reason: DegradedReason
  readonly dialect: string
  readonly sample: string
}

const SAMPLE_LENGTH = 200
/** Gemini CLI cuts long values itself. */
const CUT_MARK = '...[TRUNCATED: original length'

/** Of a span's status. */
const OK = 1

/** What a view is of. */
export interface Source {
  readonly name: string
  readonly attributes: Attributes
  readonly events: readonly SpanEvent[]
  readonly scope: Scope
  readonly resource: Attributes
  readonly statusCode: number
  readonly statusMessage: string
  readonly startNs: bigint
  readonly endNs: bigint
  readonly droppedAttributes: number
  readonly kind: number
}

export class View {
  readonly name: string
  readonly attributes: Attributes
  readonly source: Source
  /** The dialect that section 3's table fixed, for what is said about trouble. */
  dialect = ''
  readonly degraded: Degraded[] = []
  /** Attributes whose JSON is broken. */
  readonly broken: string[] = []
  private readonly parsed = new Map<string, JsonValue | undefined>()
  private readonly used = new Set<string>()
  private keyList: string[] | undefined

  constructor(source: Source) {
    this.source = source
    this.name = source.name
    this.attributes = source.attributes
  }

  get keys(): readonly string[] {
    return (this.keyList ??= Object.keys(this.attributes))
  }

  /** Whether the span's status is OK, which some exporters set after success only. */
  get isOk(): boolean {
    return this.source.statusCode === OK
  }

  has(key: string): boolean {
    return this.raw(key) !== undefined
  }

  /** The value as it was sent, unless it counts as not set. */
  raw(key: string): JsonValue | undefined {
    // Asked for are names of dialects and the span's own names: none of them is inherited from anywhere.
    const value = this.attributes[key]
    if (value === undefined) return undefined
    this.used.add(key)
    return isEmpty(value) ? undefined : value
  }

  /** The first attribute that yields a text. */
  text(...keys: readonly string[]): string | undefined {
    for (const key of keys) {
      const text = asText(this.raw(key))
      if (text !== undefined) return text
    }
    return undefined
  }

  /** The same where the text may be JSON of a text. */
  unquoted(...keys: readonly string[]): string | undefined {
    return unquoted(this.text(...keys))
  }

  count(...keys: readonly string[]): number | undefined {
    for (const key of keys) {
      const count = asCount(this.raw(key))
      if (count !== undefined) return count
    }
    return undefined
  }

  number(...keys: readonly string[]): number | undefined {
    for (const key of keys) {
      const number = asNumber(this.raw(key))
      if (number !== undefined) return number
    }
    return undefined
  }

  flag(key: string): boolean | undefined {
    return asFlag(this.raw(key))
  }

  texts(key: string): string[] {
    return asTexts(this.raw(key))
  }

  /** The value, parsed where it is JSON text (2.2, rule 1); broken JSON stays text and is noted (rule 2). */
  json(key: string): JsonValue | undefined {
    if (this.parsed.has(key)) return this.parsed.get(key)
    const raw = this.raw(key)
    const value = typeof raw === 'string' ? this.parse(key, raw) : raw
    this.parsed.set(key, value)
    return value
  }

  object(key: string): JsonObject | undefined {
    const value = this.json(key)
    return isJsonObject(value) ? value : undefined
  }

  /** Attributes below a prefix, by the rest of their names. */
  under(prefix: string): [string, JsonValue][] {
    const found: [string, JsonValue][] = []
    for (const key of this.keys) {
      if (!key.startsWith(prefix) || key.length === prefix.length) continue
      const value = this.raw(key)
      if (value !== undefined) found.push([key.slice(prefix.length), value])
    }
    return found
  }

  /** Whether any reader asked for the attribute. */
  isRead(key: string): boolean {
    return this.used.has(key)
  }

  /** Marks attributes as read that were read by other means. */
  take(prefix: string): void {
    for (const key of this.keys) if (key.startsWith(prefix)) this.used.add(key)
  }

  note(reason: DegradedReason, sample: string): void {
    this.degraded.push({ reason, dialect: this.dialect, sample: sample.slice(0, SAMPLE_LENGTH).toWellFormed() })
  }

  private parse(key: string, text: string): JsonValue {
    const first = text.charCodeAt(0)
    // A quote may begin text that was encoded twice, or text that is just quoted.
    const isCandidate = first === 123 || first === 91 || first === 34 || first <= 32
    if (!isCandidate) {
      if (text.includes(CUT_MARK)) this.broke(key, text)
      return text
    }
    const value = tryJson(text)
    if (value !== undefined) return value
    if (looksLikeJson(text)) this.broke(key, text)
    return text
  }

  private broke(key: string, text: string): void {
    this.broken.push(key)
    this.note('truncated_json', `${key} (${text.length} characters): ${text}`)
  }
}
