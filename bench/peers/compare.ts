/** Which figure of ours stands beside which of theirs. */
import { FORMS } from './bodies.ts'
import type { LedgerFigures } from './ledger.ts'
import type { LettaFigures } from './letta.ts'
import type { Rate } from './load.ts'
import type { PhoenixFigures } from './phoenix.ts'
import { less, more, type Comparison, type Row } from './table.ts'

/** Ratios asked for. */
const GOALS = { list: 30, record: 20, bytes: 5 }
/** At this size. */
const GOAL_SIZE = 100_000

export function againstPhoenix(ours: LedgerFigures, theirs: PhoenixFigures): Comparison {
  const recording = FORMS.flatMap((form) => {
    const { http, grpc } = theirs.forms[form].spansPerSecond
    const mine = ours.forms[form]
    const its = theirs.forms[form]
    return [
      more(`record, ${form}: spans readable, ours fsynced`, '/s', mine.spansPerSecond, Math.max(http, grpc), {
        goal: GOALS.record,
        note: http > grpc ? 'theirs over HTTP' : 'theirs over gRPC',
      }),
      more(`record, ${form}: spans answered`, '/s', mine.spansPerSecond, its.acceptedPerSecond, {
        note: 'theirs in memory only',
      }),
      less(`disk, ${form}`, 'bytes/span', mine.bytesPerSpan, its.bytesPerSpan),
      less(
        `disk, ${form}: steps without telemetry kept beside them`,
        'bytes/span',
        mine.stepBytesPerSpan,
        its.bytesPerSpan,
      ),
    ]
  })
  const lists = [...theirs.lists].flatMap(([size, its]) =>
    rateRows(`newest 50 of one agent at ${size.toLocaleString('en')}`, ours.lists.get(size)?.full, its, {
      note: its.name,
      ...(size === GOAL_SIZE && { goal: GOALS.list }),
    }),
  )
  const [size, page] = [...ours.lists][0] as [number, { full: Rate }]
  return {
    peer: 'Phoenix',
    versions: theirs.versions,
    settings: theirs.settings,
    rows: [
      ...recording,
      less(
        'disk, recorded runs with their whole requests',
        'bytes/span',
        ours.recorded.bytesPerSpan,
        theirs.recordedBytes,
        {
          goal: GOALS.bytes,
        },
      ),
      less(
        'disk, recorded runs: steps without telemetry kept beside them',
        'bytes/span',
        ours.recorded.stepBytesPerSpan,
        theirs.recordedBytes,
      ),
      ...lists,
      ...rateRows(`the same at ${size.toLocaleString('en')}`, page.full, theirs.graphql, {
        note: "GraphQL, its page's fields",
      }),
      ...rateRows('retrieve one', ours.retrieve, theirs.retrieve, { note: theirs.retrieve.name }),
      ...processRows(ours, theirs),
    ],
    notes: [`Phoenix's first start of all, which makes its tables: ${theirs.firstStart.toFixed(1)} s`],
  }
}

/**
 * @param ours on PostgreSQL, as theirs
 * @param asItComes ours on SQLite, which is what somebody gets who chooses nothing
 */
export function againstLetta(ours: LedgerFigures, asItComes: LedgerFigures, theirs: LettaFigures): Comparison {
  const asked = (size: number) => (size === GOAL_SIZE ? { goal: GOALS.list } : {})
  const lists = [...theirs.lists].flatMap(([size, its]) => [
    ...rateRows(`newest 50 of one agent at ${size.toLocaleString('en')}`, ours.lists.get(size)?.full, its, {
      note: 'ours over HTTP with messages, theirs its function without',
      ...asked(size),
    }),
    ...rateRows(`the same at ${size.toLocaleString('en')}`, ours.lists.get(size)?.light, its, {
      note: 'both without messages',
      ...asked(size),
    }),
    ...rateRows(`the same at ${size.toLocaleString('en')}`, asItComes.lists.get(size)?.full, its, {
      note: 'ours as it comes, on SQLite, with messages',
      ...asked(size),
    }),
  ])
  const [first] = ours.lists.values()
  return {
    peer: 'Letta V1 server',
    versions: theirs.versions,
    settings: theirs.settings,
    rows: [
      more('newest 50 of one agent over HTTP', 'requests/s', first?.full.perSecond ?? Number.NaN, null, {
        note: `theirs answers ${theirs.listStatus}`,
      }),
      ...lists,
      more('record: steps', '/s', ours.forms.gen_ai.spansPerSecond / 2, theirs.stepsPerSecond, {
        note: 'ours OTLP over HTTP with messages, theirs its function without',
      }),
      less('disk', 'bytes/step', ours.forms.gen_ai.bytesPerSpan * 2, theirs.bytesPerStep, {
        note: 'ours with messages and telemetry, theirs without',
      }),
      ...rateRows('retrieve one', ours.retrieve, theirs.retrieve, { note: 'both over HTTP' }),
      ...processRows(ours, theirs),
    ],
    notes: [
      `GET /v1/steps/ of the Letta server: ${theirs.listStatus} ${theirs.listAnswer}`,
      `Its first start of all: ${theirs.firstStart.toFixed(1)} s`,
    ],
  }
}

function rateRows(what: string, ours: Rate | undefined, theirs: Rate, rest: Partial<Row>): Row[] {
  if (!ours) return []
  const { note } = rest
  const aside = note === undefined ? {} : { note }
  return [
    more(what, 'requests/s', ours.perSecond, theirs.perSecond, rest),
    less(`${what}: median`, 'ms', ours.median, theirs.median, aside),
    less(`${what}: p99`, 'ms', ours.p99, theirs.p99, aside),
  ]
}

function processRows(ours: { start: number; idle: number }, theirs: { start: number; idle: number }): Row[] {
  return [
    less('start to the first answer', 's', ours.start, theirs.start),
    less('idle, resident', 'MiB', ours.idle, theirs.idle),
  ]
}
