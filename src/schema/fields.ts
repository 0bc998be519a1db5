/** Zod schemas for the kinds of values that records are made of. */
import { z } from 'zod'
import { isJsonObject, isShallow, MAX_NESTING, type JsonObject, type JsonValue } from '../domain/exact-json.ts'
import { isOpaqueId, OPAQUE_ID_LENGTH } from '../domain/id.ts'
import { FEEDBACKS, STATUSES, STOP_REASONS, type FieldKind, type StopReason } from '../domain/step.ts'
import { parseMicros } from '../domain/time.ts'

export const OpaqueId = z
  .string()
  .refine(isOpaqueId, `must be 1 to ${OPAQUE_ID_LENGTH} characters, none of them a control character`)

/** A tag can be whatever can be filtered by. */
export const Tag = OpaqueId

/** Free text of a column. PostgreSQL cannot store U+0000 and UTF-8 no lone surrogate, so no engine accepts them here. */
export const PlainText = z
  .string()
  .refine((text) => !text.includes('\0') && text.isWellFormed(), 'must not contain U+0000 or half of a surrogate pair')

export const Count = z.int().min(0)

const TOO_DEEP = `must not be nested deeper than ${MAX_NESTING} levels`

/** A JSON object, taken as it is: its keys belong to whoever sent it. */
export const AnyObject = z
  .custom<JsonObject>(isJsonObject, 'must be a JSON object')
  .refine((value) => isShallow(value), TOO_DEEP)
  .meta({ type: 'object', additionalProperties: true })

export const AnyValue = z.custom<JsonValue>(() => true).refine((value) => isShallow(value), TOO_DEEP)

export const StopReasonSchema = z.enum(Object.keys(STOP_REASONS) as [StopReason, ...StopReason[]])
const StatusSchema = z.enum(STATUSES)
const FeedbackSchema = z.enum(FEEDBACKS)

const INT64 = { min: 0n, max: 2n ** 63n - 1n }

/** Nanoseconds as decimal text; read from a number, an exact number or decimal text (contract, section 8.1). */
export const Nanoseconds = z
  .custom<JsonValue>(
    (value) => nanosecondText(value) !== undefined,
    'must be a whole number of nanoseconds from 0, within 64 bit',
  )
  .transform((value) => nanosecondText(value) as string)
  .meta({ type: 'integer', format: 'int64' })

function nanosecondText(value: unknown): string | undefined {
  const text = JSON.isRawJSON(value) ? value.rawJSON : typeof value === 'number' ? String(value) : value
  if (typeof text !== 'string' || !/^-?\d{1,19}$/.test(text)) return undefined
  const exact = BigInt(text)
  return exact >= INT64.min && exact <= INT64.max ? exact.toString() : undefined
}

const RECORDABLE = { min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }

/** ISO 8601 text of an instant that microseconds can hold exactly (until the year 2255). */
export const DateTime = z
  .string()
  .refine((text) => {
    const micros = parseMicros(text)
    return micros !== undefined && micros > RECORDABLE.min && micros < RECORDABLE.max
  }, 'must be an ISO 8601 date and time between the years 1685 and 2255, such as 2026-01-29T15:01:19.123456Z')
  .meta({ format: 'date-time' })

/** The schema of each kind of step field. */
export const BY_KIND = {
  id: OpaqueId,
  text: PlainText,
  count: Count,
  object: AnyObject,
  stop_reason: StopReasonSchema,
  status: StatusSchema,
  feedback: FeedbackSchema,
} as const satisfies Record<FieldKind, z.ZodType>
