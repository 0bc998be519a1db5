/** OTLP/HTTP as a protocol of routes: its content types, and problems as exporters expect them (mapping, 1.2). */
import { z } from 'zod'
import { essenceOf } from '../../http/body.ts'
import { problem, type Problem } from '../../http/problem.ts'
import type { Protocol } from '../../http/route.ts'
import { statusBody, TYPES } from './wire/answer.ts'
import type { Encoding } from './wire/decode.ts'

/** Callers that send something else altogether are told so in JSON, which people can read. */
export function encodingOf(type: string | null): Encoding {
  return essenceOf(type) === TYPES.protobuf ? 'protobuf' : 'json'
}

export const OTLP: Protocol = {
  types: Object.values(TYPES),
  problemSchema: z.object({ message: z.string() }).meta({ id: 'RpcStatus' }),
  problem(found, type) {
    const { status, headers, message } = asExportersRead(found)
    const encoding = encodingOf(type)
    return {
      status,
      headers: { ...headers, 'Content-Type': TYPES[encoding] },
      bytes: statusBody(encoding, message),
    }
  },
}

/**
 * Exporters send again after 429, 502, 503 and 504 only, and after any other status throw their data away. So an error
 * of ours, which may be a full disk, is one that passes; and what is wrong with a request is 400 to them.
 */
function asExportersRead(found: Problem): Problem {
  // A conflict is one between writers of the ledger, which passes too.
  if (found.status === 500 || found.status === 409)
    return problem(503, 'The ledger cannot take this now; send it again')
  return found.status === 422 ? { ...found, status: 400 } : found
}
