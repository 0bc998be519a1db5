import { LedgerError } from '../../domain/errors.ts'
import { route } from '../../http/route.ts'
import { HealthSchema } from '../../schema/outputs.ts'
import { VERSION } from '../../version.ts'

const healthy = { json: JSON.stringify({ version: VERSION, status: 'ok' }) }

/** Contract, section 1.6: the process lives. */
export const health = route({
  method: 'GET',
  path: '/v1/health/',
  name: 'health',
  tag: 'server',
  summary: 'Whether the server runs',
  role: null,
  replies: { 200: HealthSchema },
  handle: async () => healthy,
})

/** Contract, table 1.4, number 19: the database answers. */
export const ready = route({
  method: 'GET',
  path: '/v1/ready/',
  name: 'ready',
  tag: 'server',
  summary: 'Whether the server can answer requests',
  role: null,
  replies: { 200: HealthSchema },
  async handle({ ledger }) {
    try {
      await ledger.ping()
    } catch (cause) {
      throw new LedgerError('unavailable', 'The database does not answer', { cause })
    }
    return healthy
  },
})
