/** The history of the schema: numbered, in order, never edited once released. */
import type { Differences } from '../engine.ts'
import { ledger } from './0001-ledger.ts'
import { telemetry } from './0002-telemetry.ts'

export interface Migration {
  readonly number: number
  readonly name: string
  readonly statements: (differences: Differences) => string[]
}

export const MIGRATIONS: readonly Migration[] = [
  { number: 1, name: 'ledger', statements: ledger },
  { number: 2, name: 'telemetry', statements: telemetry },
]

/** The schema this program knows. */
export const SCHEMA_VERSION = MIGRATIONS.length

/** Why a ledger of a newer program is left alone, and what to do. */
export function newerSchemaMessage(found: number): string {
  return (
    `The ledger was written by a newer Stepledger (schema ${found}, this one knows ${SCHEMA_VERSION}). ` +
    'Nothing was changed. Install the newer version, or use another data directory or database.'
  )
}
