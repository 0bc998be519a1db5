/** The retired Letta V1 server on PostgreSQL, with its default settings. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, openSync, closeSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { onServer, type Places } from '../places.ts'
import { atEnd } from './cleanup.ts'
import type { Sizes } from './ledger.ts'
import { measureReads, median, rateOf, READERS, type Rate } from './load.ts'
import { environment, freePort, startProgram, type Running } from './process.ts'
import { installed, programsOf } from './venv.ts'

const SCRIPT = join(import.meta.dirname, 'letta_steps.py')
const IDLE_MS = 5000
const WRITERS = 16
const RECORDED = 5000
const [WARM_SECONDS, SECONDS] = [3, 8]
/** Seven agents, as in the OTLP requests; the listed one is the fourth. */
const agent = (index: number | string) => `agent-00000000-0000-4000-8000-00000000000${index}`
const AGENT = agent(3)

/** Off are what it would send to others; nothing that changes how it works. */
const SETTINGS = {
  LETTA_TELEMETRY_ENABLE_DATADOG: 'false',
  DD_TRACE_ENABLED: 'false',
  DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
}

export interface LettaFigures {
  versions: string[]
  settings: Record<string, string>
  start: number
  firstStart: number
  /** MiB, without PostgreSQL. */
  idle: number
  /** What its list answers over HTTP. */
  listStatus: number
  listAnswer: string
  /** By its own function, inside a process of it. */
  stepsPerSecond: number
  bytesPerStep: number
  lists: Map<number, Rate>
  retrieve: Rate
}

export async function measureLetta(places: Places, sizes: Sizes): Promise<LettaFigures> {
  const programs = await programsOf('letta')
  const versions = installed(programs, ['letta', 'sqlalchemy', 'asyncpg', 'pydantic', 'fastapi', 'uvicorn'])
  const address = await places.make('postgres')
  if (!('url' in address)) throw new Error('Letta needs a database')
  const home = join(places.directory, 'letta')
  mkdirSync(home, { recursive: true })
  // Its own driver insists on TLS unless told otherwise.
  const place = { LETTA_PG_URI: `${address.url.replace('postgres:', 'postgresql:')}?ssl=disable` }
  const inside = (...args: string[]) => runInside(programs, home, { ...SETTINGS, ...place }, args)
  await inside('tables')
  const start = () => startLetta(programs, home, { ...SETTINGS, ...place })

  const starts: number[] = []
  let idle = 0
  let list = { status: 0, text: '' }
  for (let round = 0; round <= 2; round++) {
    const server = await start()
    starts.push(server.startSeconds)
    if (round === 2) {
      await wait(IDLE_MS)
      idle = server.memory()
      const answer = await fetch(`${server.url}/v1/steps/?agent_id=${AGENT}&limit=50`)
      list = { status: answer.status, text: await answer.text() }
    }
    await server.stop()
  }

  const out = join(home, 'result.json')
  await inside('record', AGENT, String(RECORDED), String(WRITERS), out)
  const recorded = resultOf(out)
  const lists: LettaFigures['lists'] = new Map()
  let retrieve: Rate | undefined
  let bytesPerStep = Number.NaN
  for (const size of sizes.lists) {
    bytesPerStep = await putRows(address.url, size)
    await inside('list', AGENT, String(WARM_SECONDS), String(SECONDS), String(READERS), out)
    const listed = resultOf(out)
    lists.set(size, rateOf(listed.latencies, listed.seconds))
    if (retrieve) continue
    const server = await start()
    const [row] = (await onServer(address.url, `select id from steps where agent_id = '${AGENT}' limit 1`)) as {
      id: string
    }[]
    retrieve = await measureReads({ name: 'step', url: `${server.url}/v1/steps/${row?.id}` })
    await server.stop()
  }
  return {
    versions,
    settings: { ...SETTINGS, LETTA_PG_URI: '…?ssl=disable' },
    start: median(starts.slice(1)),
    firstStart: starts[0] as number,
    idle,
    listStatus: list.status,
    listAnswer: list.text,
    stepsPerSecond: recorded.latencies.length / recorded.seconds,
    bytesPerStep,
    lists,
    retrieve: retrieve as Rate,
  }
}

async function startLetta(programs: string, home: string, settings: Record<string, string>) {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const args = ['server', '--host', '127.0.0.1', '--port', `${port}`]
  const running: Running = await startProgram({
    command: join(programs, 'letta'),
    args,
    settings,
    home,
    url: `${url}/v1/health/`,
  })
  return { ...running, url }
}

/** Runs `letta_steps.py`; what it logs is shown when it fails. */
async function runInside(programs: string, home: string, settings: Record<string, string>, args: string[]) {
  const log = join(home, 'inside.log')
  const output = openSync(log, 'w')
  const stdio = ['ignore', output, output] as const
  const child = spawn(join(programs, 'python'), [SCRIPT, ...args], {
    cwd: home,
    env: environment(home, settings),
    stdio: [...stdio],
  })
  closeSync(output)
  atEnd(() => child.kill())
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0)
    throw new Error(`letta_steps.py ${args[0]} ended with ${code}:\n${readFileSync(log, 'utf8').slice(-3000)}`)
}

function resultOf(file: string): { seconds: number; latencies: number[] } {
  return JSON.parse(readFileSync(file, 'utf8')) as { seconds: number; latencies: number[] }
}

/** Rows straight into its table until there are so many, as its own recording leaves them. Returns the bytes of one. */
async function putRows(url: string, steps: number): Promise<number> {
  const fixed = `gen_random_uuid(), organization_id, provider_name, provider_category, model, model_endpoint,
    context_window_limit, completion_tokens, prompt_tokens, total_tokens, tags, status`
  const [row] = (await onServer(
    url,
    `insert into steps (id, organization_id, provider_name, provider_category, model, model_endpoint, context_window_limit,
      completion_tokens, prompt_tokens, total_tokens, tags, status, agent_id, created_at, updated_at)
     select 'step-' || ${fixed}, left('${AGENT}', -1) || n % 7, moment, moment
     from (select * from steps limit 1) as example,
       lateral (select n, timestamptz '2026-02-01' + n * interval '1 second' as moment
         from generate_series((select count(*) from steps) + 1, ${steps}) as n) as numbers`,
    'vacuum analyze steps',
    `select pg_total_relation_size('steps')::float8 / count(*) as bytes from steps`,
  )) as { bytes: number }[]
  return row?.bytes ?? Number.NaN
}
