/** Request bodies: limited before and after inflating, decoded, parsed with exact numbers. */
import { gunzip, inflate, inflateRaw, zstdDecompress, type InputType } from 'node:zlib'
import { promisify } from 'node:util'
import { LedgerError, invalid } from '../domain/errors.ts'
import { MAX_NESTING, parseExact, type JsonValue } from '../domain/exact-json.ts'

type Inflater = (bytes: InputType, options: { maxOutputLength: number }) => Promise<Buffer>

const unzip: Inflater = promisify(gunzip)
const unwrapped: Inflater = promisify(inflateRaw)
const wrapped: Inflater = promisify(inflate)

/** By the name in Content-Encoding. */
const INFLATERS: Record<string, Inflater> = {
  gzip: unzip,
  'x-gzip': unzip,
  // The name means zlib's wrapping, but some senders leave it out; its first byte tells.
  deflate: (bytes, options) => (((bytes as Buffer)[0] ?? 0) % 16 === 8 ? wrapped : unwrapped)(bytes, options),
  zstd: promisify(zstdDecompress),
}
const ENCODINGS = `identity, ${Object.keys(INFLATERS).join(', ')}`

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
  const text = decodeText(await inflated(bytes, encodingOf(request), limit))
  try {
    return parseExact(text)
  } catch (error) {
    if (error instanceof RangeError)
      throw invalid(['body'], `is nested deeper than ${MAX_NESTING} levels`, 'json_invalid')
    throw invalid(['body'], `is not JSON: ${(error as Error).message}`, 'json_invalid')
  }
}

export interface RawBody {
  bytes: Buffer
  /** One of the types that were asked for. */
  type: string
}

/**
 * A body that is not ours to parse.
 * @param types the content types that are read, in lower case
 * @param limit the most bytes, before and after inflating
 * @param take accounts for bytes that have been read
 * @throws LedgerError `unsupported` for another type or encoding, `too_large`, `invalid` for broken compression
 */
export async function readRaw(
  request: Request,
  types: readonly string[],
  limit: number,
  take: (bytes: number) => void,
): Promise<RawBody> {
  const given = request.headers.get('content-type')
  const type = essenceOf(given)
  if (!types.includes(type)) {
    throw new LedgerError('unsupported', `Content-Type must be one of ${types.join(', ')}, got '${given ?? ''}'`)
  }
  const encoding = encodingOf(request)
  if (inflaterOf(encoding) === undefined) {
    throw new LedgerError('unsupported', `Content-Encoding must be one of ${ENCODINGS}, got '${encoding}'`)
  }
  const sent = await readBytes(request, limit, take)
  const bytes = await inflated(sent, encoding, limit)
  if (bytes !== sent) take(bytes.length)
  return { bytes, type }
}

/** A content type without its parameters, in lower case. */
export function essenceOf(type: string | null): string {
  return (type ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}

async function readBytes(request: Request, limit: number, take?: (bytes: number) => void): Promise<Buffer> {
  const announced = Number(request.headers.get('content-length') ?? 0)
  if (announced > limit) throw tooLarge(limit)
  if (!request.body) return Buffer.alloc(0)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > limit) throw tooLarge(limit)
    take?.(chunk.length)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** @returns null for bytes that are not compressed, undefined for an encoding that is not known */
function inflaterOf(encoding: string): Inflater | null | undefined {
  if (encoding === '' || encoding === 'identity') return null
  return Object.hasOwn(INFLATERS, encoding) ? INFLATERS[encoding] : undefined
}

async function inflated(bytes: Buffer, encoding: string, limit: number): Promise<Buffer> {
  const inflater = inflaterOf(encoding)
  if (inflater === null || bytes.length === 0) return bytes
  if (!inflater) throw invalid(['header', 'content-encoding'], `must be one of ${ENCODINGS}, got '${encoding}'`)
  try {
    return await inflater(bytes, { maxOutputLength: limit })
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limit)
    throw invalid(['body'], `is not ${encoding}, as its content-encoding says`)
  }
}

const encodingOf = (request: Request) => request.headers.get('content-encoding')?.trim().toLowerCase() ?? ''

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
