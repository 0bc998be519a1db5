/** What kind of value each column holds, by its name: one name means one kind in all tables. */
import { STEP_FIELD_NAMES, STEP_FIELDS } from '../../domain/step.ts'

/** `number`: whole, exact up to 2^53; `bigint`: 64 bit, as a number or a BigInt. */
export type ColumnType = 'text' | 'bigint' | 'number' | 'bytes'

/** SQL's names of these types where values travel as arrays. Numbers that are no keys need not be cut to 64 bit. */
export const ARRAY_TYPES: Record<ColumnType, string> = {
  text: 'text',
  bigint: 'int8',
  number: 'float8',
  bytes: 'bytea',
}

const typed = (type: ColumnType, columns: readonly string[]) => columns.map((column) => [column, type] as const)

const TYPES = new Map<string, ColumnType>([
  ...typed('bigint', ['created_at', 'updated_at', 'ended_at', 'last_created_at', 'step_created_at', 'start_ns']),
  ...typed('bigint', ['position', 'refs', 'gone', 'revoked_at']),
  ...typed('bigint', ['part', 'received_at', 'size', 'writer', 'count', 'last_at']),
  ...typed('number', ['num_steps', 'pending_steps', 'cache_read_tokens', 'cached_tokens', 'cache_creation_tokens']),
  ...typed('number', STEP_FIELD_NAMES.filter((name) => STEP_FIELDS[name].kind === 'count')), // prettier-ignore
  ...typed('bytes', ['traces', 'hash', 'data', 'contexts', 'content']),
])

export function columnType(column: string): ColumnType {
  return TYPES.get(column) ?? 'text'
}
