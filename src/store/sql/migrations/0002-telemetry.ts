/** Telemetry that is kept to finish steps, the ids of steps that became part of others, and what became of telemetry. */
import type { Differences } from '../engine.ts'

export function telemetry(d: Differences): string[] {
  const { textType: text, bigintType: bigint, bytesType: bytes, clusteredTable: clustered } = d
  return [
    // The contents last: reading the contexts does not read them.
    `CREATE TABLE telemetry_parts (
      project ${text} NOT NULL, group_id ${text} NOT NULL, part ${bigint} NOT NULL,
      received_at ${bigint} NOT NULL, size ${bigint} NOT NULL,
      contexts ${bytes} NOT NULL, content ${bytes},
      PRIMARY KEY (project, group_id, part)
    )`,
    d.compressedColumn('telemetry_parts', 'content'),
    d.compressedColumn('telemetry_parts', 'contexts'),
    `CREATE INDEX telemetry_parts_received ON telemetry_parts (received_at, size)`,

    // Ids first: a planner that takes the table for small would walk all of a project by whichever index begins with that.
    `CREATE TABLE step_aliases (
      project ${text} NOT NULL, id ${text} NOT NULL, step_id ${text} NOT NULL,
      PRIMARY KEY (id, project)
    )${clustered}`,
    `CREATE INDEX step_aliases_step ON step_aliases (step_id, project)`,

    `CREATE TABLE ingest_counts (
      project ${text} NOT NULL, signal ${text} NOT NULL, dialect ${text} NOT NULL, outcome ${text} NOT NULL,
      writer ${bigint} NOT NULL, count ${bigint} NOT NULL, last_at ${bigint} NOT NULL, sample ${text},
      PRIMARY KEY (project, signal, dialect, outcome, writer)
    )${d.changingTable}`,
  ].filter((statement) => statement !== '')
}
