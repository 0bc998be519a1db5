/** The parts of the bench: a new one is a file in `parts/` and a row here. */
import type { Part } from './part.ts'
import { benchList, showList } from './parts/list.ts'
import { benchMixed } from './parts/mixed.ts'
import { benchOrphans, benchOtlp } from './parts/otlp.ts'
import { benchProcesses, benchRecord } from './parts/record.ts'
import { benchMessages, benchRetrieve } from './parts/retrieve.ts'
import { benchRun } from './parts/run.ts'
import { benchStart } from './parts/start.ts'
import { benchStorage } from './parts/storage.ts'

/** In the order in which they are measured: first what needs an idle machine. */
export const PARTS = {
  start: { about: 'from npm start to the first answer; what an idle server takes', run: benchStart },
  record: { about: 'durable recording, native and OTLP, 1, 16 and 64 connections', run: benchRecord },
  list: {
    about: 'every filter, both orders, first and deep pages, by size of the ledger',
    run: benchList,
    show: showList,
  },
  retrieve: { about: 'one step', run: benchRetrieve },
  messages: { about: 'messages of a step and of a run', run: benchMessages },
  run: { about: 'a run of 100,000 steps: first page, usage, reading all', run: benchRun },
  storage: { about: 'bytes of a step by kind; requests of recordings', run: benchStorage },
  mixed: { about: 'reading while others record', run: benchMixed },
  otlp: { about: 'OTLP alone, and what of it is decoding', run: benchOtlp, onlyNamed: true },
  orphans: { about: 'memory while parents of spans never come (minutes)', run: benchOrphans, onlyNamed: true },
  processes: { about: 'two server processes on one database', run: benchProcesses, onlyNamed: true },
} as const satisfies Record<string, Part>

export type PartName = keyof typeof PARTS
