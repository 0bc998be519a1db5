/** What arrives over OTLP, decoded: the same shape from protobuf and from JSON. */
import type { JsonValue } from '../../domain/exact-json.ts'

/** Attributes flattened to plain JSON values (mapping, section 2.2). */
export type Attributes = Readonly<Record<string, JsonValue>>

export interface Scope {
  readonly name: string
  readonly version: string
}

export interface SpanEvent {
  readonly name: string
  /** Nanoseconds since 1970. */
  readonly timeNs: bigint
  readonly attributes: Attributes
}

export interface Span {
  /** 32 lower-case hexadecimal digits. */
  readonly traceId: string
  /** 16 lower-case hexadecimal digits. */
  readonly spanId: string
  /** Null for a root: absent, empty and all zeros mean the same. */
  readonly parentId: string | null
  readonly name: string
  readonly kind: number
  readonly startNs: bigint
  /** 0 = not ended. */
  readonly endNs: bigint
  /** 0 unset, 1 OK, 2 error. */
  readonly statusCode: number
  readonly statusMessage: string
  readonly attributes: Attributes
  readonly droppedAttributes: number
  readonly events: readonly SpanEvent[]
  readonly scope: Scope
  /** Shared by all spans of one envelope. */
  readonly resource: Attributes
}

export interface LogRecord {
  /** Null when the record belongs to no span. */
  readonly traceId: string | null
  readonly spanId: string | null
  readonly timeNs: bigint
  /** From the field or, in older records, from the attribute `event.name`; empty = none. */
  readonly eventName: string
  readonly body: JsonValue
  readonly attributes: Attributes
  readonly scope: Scope
  readonly resource: Attributes
}
