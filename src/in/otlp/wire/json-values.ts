/** `AnyValue` and `KeyValue` from OTLP/JSON, flattened to plain JSON (mapping, section 2.2). */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../domain/exact-json.ts'
import { MAX_VALUE_NESTING, Refusal, setAttribute } from './intake.ts'
import { double, integer, list, object, scalar, text } from './json-fields.ts'

/** How each kind of value is flattened; `room` says how many levels may be below it. */
const KINDS: Record<string, (value: JsonValue, room: number) => JsonValue> = {
  // A number in the wrong field is still that number; what an attribute must be is for the dialects to say.
  stringValue: scalar,
  boolValue: scalar,
  intValue: integer,
  doubleValue: double,
  arrayValue: (value, room) => arrayFrom(value, below(room)),
  kvlistValue: (value, room) => attributesFrom(object(value, 'kvlistValue').values, 'kvlistValue.values', below(room)),
  bytesValue: (value) => Buffer.from(text(value, 'bytesValue'), 'base64').toString('base64'),
}

/** @throws Refusal `too_deep`, `malformed` */
export function attributesFrom(field: JsonValue | undefined, name: string, room = MAX_VALUE_NESTING): JsonObject {
  const attributes: JsonObject = {}
  for (const entry of list(field, name)) {
    const { key, value } = object(entry, name)
    setAttribute(attributes, text(key, `${name}.key`), anyValue(value, room))
  }
  return attributes
}

/** @throws Refusal `too_deep`, `malformed` */
export function anyValue(field: JsonValue | undefined, room = MAX_VALUE_NESTING): JsonValue {
  // A bare value instead of a message around it says as much.
  if (!isJsonObject(field)) return scalar(field ?? null)
  for (const [kind, value] of Object.entries(field)) {
    const flatten = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined
    if (flatten && value !== null) return flatten(value, room)
  }
  return null
}

function arrayFrom(value: JsonValue, room: number): JsonValue[] {
  return list(object(value, 'arrayValue').values, 'arrayValue.values').map((item) => anyValue(item, room))
}

function below(room: number): number {
  if (room === 0) throw new Refusal('too_deep', `more than ${MAX_VALUE_NESTING} levels`)
  return room - 1
}
