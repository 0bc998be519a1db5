/** Where imported steps and telemetry go: into the ledger of a data directory, or to a server. */
import type { StepInput } from '../domain/step.ts'
import { LedgerError } from '../domain/errors.ts'
import { stringifyExact } from '../domain/exact-json.ts'
import type { TelemetryRequest } from '../in/import/format.ts'
import { addReceived, NOTHING_RECEIVED, receiveInto, type Receive, type Received } from '../in/import/telemetry.ts'
import { makeIngest } from '../in/otlp/recorder.ts'
import { TYPES } from '../in/otlp/wire/answer.ts'
import { countOutcomes } from '../ledger.ts'
import { HttpClient } from './http-client.ts'
import { scopeOf, withLedger } from './local-ledger.ts'
import { remoteOf, settingsOf, type SourceOptions } from './options.ts'

export interface ImportTarget {
  /** Records steps, all or none, and says how many were new. */
  record(steps: StepInput[]): Promise<{ created: number; merged: number }>
  receive: Receive
}

/** Does the work with the ledger that the flags name; a local one is made when it is not there. */
export async function withTarget<T>(options: SourceOptions, work: (target: ImportTarget) => Promise<T>): Promise<T> {
  const settings = settingsOf(options)
  const remote = remoteOf(options)
  if (remote) return work(await remoteTarget(new HttpClient(remote, options.project)))
  return withLedger(settings, { create: true }, async (ledger) => {
    const scope = await scopeOf(ledger, options.project)
    return work({
      record: async (steps) => countOutcomes(await ledger.record(scope, steps, ['steps'], true)),
      receive: receiveInto(makeIngest(ledger), scope),
    })
  })
}

/** Requests of telemetry that are under way at once. */
const AT_ONCE = 4

/** Asks once whether somebody is there, before all files are read for nothing. */
async function remoteTarget(client: HttpClient): Promise<ImportTarget> {
  await client.get('/v1/health/')
  const one = async ({ signal, encoding, bytes }: TelemetryRequest): Promise<Received> => {
    const { headers } = await client.post(`/v1/${signal}`, bytes, TYPES[encoding])
    const number = (name: string) => numberIn(headers, name, client.url)
    return {
      created: number('created'),
      updated: number('updated'),
      folded: number('folded'),
      duplicates: number('duplicates'),
      rejected: number('rejected'),
    }
  }
  return {
    async record(steps) {
      const { headers } = await client.post('/v1/steps/', stringifyExact(steps))
      return { created: numberIn(headers, 'created', client.url), merged: numberIn(headers, 'merged', client.url) }
    },
    async receive(requests) {
      let sum = NOTHING_RECEIVED
      for (let at = 0; at < requests.length; at += AT_ONCE) {
        const received = await Promise.all(requests.slice(at, at + AT_ONCE).map(one))
        sum = received.reduce(addReceived, sum)
      }
      return sum
    },
  }
}

/** @throws LedgerError when what answers is no ledger of ours */
function numberIn(headers: Headers, name: string, url: string): number {
  const number = Number(headers.get(`stepledger-${name}`) ?? Number.NaN)
  if (!Number.isNaN(number)) return number
  throw new LedgerError('unavailable', `What answers at ${url} is no Stepledger: it does not say what it recorded`)
}
