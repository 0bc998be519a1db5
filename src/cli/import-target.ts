/** Where imported steps go: into the ledger of a data directory, or to a server. */
import type { StepInput } from '../domain/step.ts'
import { LedgerError } from '../domain/errors.ts'
import { stringifyExact } from '../domain/exact-json.ts'
import { countOutcomes } from '../ledger.ts'
import { HttpClient } from './http-client.ts'
import { scopeOf, withLedger } from './local-ledger.ts'
import { remoteOf, settingsOf, type SourceOptions } from './options.ts'

/** Records steps, all or none, and says how many were new. */
export type ImportTarget = (steps: StepInput[]) => Promise<{ created: number; merged: number }>

/** Does the work with the ledger that the flags name; a local one is made when it is not there. */
export async function withTarget<T>(options: SourceOptions, work: (target: ImportTarget) => Promise<T>): Promise<T> {
  const settings = settingsOf(options)
  const remote = remoteOf(options)
  if (remote) return work(await remoteTarget(new HttpClient(remote, options.project)))
  return withLedger(settings, { create: true }, async (ledger) => {
    const scope = await scopeOf(ledger, options.project)
    return work(async (steps) => countOutcomes(await ledger.record(scope, steps, ['steps'], true)))
  })
}

/** Asks once whether somebody is there, before all files are read for nothing. */
async function remoteTarget(client: HttpClient): Promise<ImportTarget> {
  await client.get('/v1/health/')
  return async (steps) => {
    const { headers } = await client.post('/v1/steps/', stringifyExact(steps))
    const created = Number(headers.get('stepledger-created') ?? Number.NaN)
    const merged = Number(headers.get('stepledger-merged') ?? Number.NaN)
    if (Number.isNaN(created + merged)) throw notALedger(client.url)
    return { created, merged }
  }
}

function notALedger(url: string): LedgerError {
  return new LedgerError('unavailable', `What answers at ${url} is no Stepledger: it does not say what it recorded`)
}
