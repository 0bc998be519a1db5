/** Request bodies: limited before and after inflating, decoded, parsed with exact numbers. */
import { gunzip } from 'node:zlib'
import { promisify } from 'node:util'
import { LedgerError, invalid } from '../domain/errors.ts'
import { MAX_NESTING, parseExact, type JsonValue } from '../domain/exact-json.ts'

const inflate = promisify(gunzip)
const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * @param limit the most bytes, before and after inflating
 * @returns undefined for an empty body
 * @throws LedgerError `too_large`, or `invalid` when the body is not what its headers say
 */
export async function readJson(request: Request, limit: number): Promise<JsonValue | undefined> {
  const bytes = await readBytes(request, limit)
  if (bytes.length === 0) return undefined
  requireJson(request.headers.get('content-type'))
  const text = decodeText(await inflated(bytes, request.headers.get('content-encoding'), limit))
  try {
    return parseExact(text)
  } catch (error) {
    if (error instanceof RangeError)
      throw invalid(['body'], `is nested deeper than ${MAX_NESTING} levels`, 'json_invalid')
    throw invalid(['body'], `is not JSON: ${(error as Error).message}`, 'json_invalid')
  }
}

async function readBytes(request: Request, limit: number): Promise<Buffer> {
  const announced = Number(request.headers.get('content-length') ?? 0)
  if (announced > limit) throw tooLarge(limit)
  if (!request.body) return Buffer.alloc(0)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > limit) throw tooLarge(limit)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

async function inflated(bytes: Buffer, encoding: string | null, limit: number): Promise<Buffer> {
  const name = encoding?.trim().toLowerCase() ?? 'identity'
  if (name === 'identity' || name === '') return bytes
  if (name !== 'gzip') throw invalid(['header', 'content-encoding'], `must be gzip or identity, got '${name}'`)
  try {
    return await inflate(bytes, { maxOutputLength: limit })
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limit)
    throw invalid(['body'], 'is not gzip, as its content-encoding says')
  }
}

function decodeText(bytes: Buffer): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw invalid(['body'], 'is not UTF-8', 'json_invalid')
  }
}

function requireJson(type: string | null): void {
  if (type !== null && /^application\/([\w.+-]+\+)?json\b/i.test(type)) return
  throw invalid(['header', 'content-type'], `must be application/json, got ${type === null ? 'nothing' : `'${type}'`}`)
}

function tooLarge(limit: number): LedgerError {
  return new LedgerError('too_large', `The request body is larger than ${limit} bytes (setting max-body-bytes)`)
}
