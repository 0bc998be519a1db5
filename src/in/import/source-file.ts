/** Files on disk as import formats see them; what is gzip-compressed is unpacked for all of them. */
import { closeSync, createReadStream, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import type { Readable } from 'node:stream'
import { constants, createGunzip, gunzipSync } from 'node:zlib'
import { LedgerError } from '../../domain/errors.ts'
import { parseExact, type JsonValue } from '../../domain/exact-json.ts'
import type { SourceFile, SourceLine } from './format.ts'

const HEAD_BYTES = 64 * 1024
/** The longest text that Node can hold in one string, with room for what is made from it. */
const TEXT_BYTES = 500 * 1024 * 1024

/** What a compressed file may unpack to where it is read as a whole. */
const MAX_UNPACKED = 1024 * 1024 * 1024

/** Opens a file lazily. @throws the system's error when it does not exist */
export function openSourceFile(path: string): SourceFile {
  const { size } = statSync(path)
  let position = 0
  let beginning: Buffer<ArrayBuffer> | undefined
  let head: Buffer<ArrayBuffer> | undefined
  let json: { value: JsonValue } | undefined

  const raw = () => (beginning ??= readHead(path, size))
  // Every format looks at it.
  const headBytes = () => (head ??= isGzip(raw()) ? unpackedHead(raw()) : raw())

  function bytes(): Buffer<ArrayBuffer> {
    const all = readFileSync(path)
    position = size
    return isGzip(all) ? unpacked(all) : all
  }

  function text(): string {
    const refuse = (length: number) => {
      if (length <= TEXT_BYTES) return
      const why = `${length} bytes are too much for one JSON document, the most is ${TEXT_BYTES}`
      throw new LedgerError('too_large', why)
    }
    refuse(size)
    const all = bytes()
    refuse(all.length)
    return all.toString('utf8').replace(/^\uFEFF/, '')
  }

  return {
    path,
    name: basename(path),
    size,
    get position() {
      return position
    },
    get isPacked() {
      return isGzip(raw())
    },
    head: () => textOf(headBytes()),
    headBytes,
    bytes,
    text,
    json() {
      json ??= { value: parseJson(text()) }
      return json.value
    },
    async *lines(): AsyncIterable<SourceLine> {
      position = 0
      let line = 0
      // Not node:readline, which also ends a line at U+2028, a character that JSON leaves unescaped.
      let parts: string[] = []
      const file = createReadStream(path, { highWaterMark: 1 << 18 })
      for await (const chunk of textsOf(file, isGzip(raw()))) {
        position = file.bytesRead
        let from = 0
        for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', from)) {
          parts.push(chunk.slice(from, end))
          const whole = oneLine(parts, ++line)
          if (whole) yield whole
          parts = []
          from = end + 1
        }
        parts.push(chunk.slice(from))
      }
      const rest = oneLine(parts, ++line)
      if (rest) yield rest
    },
  }
}

function oneLine(parts: string[], line: number): SourceLine | undefined {
  const text = parts.join('').replace(/^\uFEFF/, '')
  return text.trim() === '' ? undefined : { line, text }
}

const isGzip = (bytes: Uint8Array) => bytes[0] === 0x1f && bytes[1] === 0x8b

/** The beginning of what a compressed file holds; as it stands there when it cannot be unpacked. */
function unpackedHead(head: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
  try {
    // A cut-off end is no error.
    const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MAX_UNPACKED }
    return gunzipSync(head, options).subarray(0, HEAD_BYTES)
  } catch {
    return head
  }
}

function unpacked(bytes: Buffer): Buffer<ArrayBuffer> {
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_UNPACKED })
  } catch (cause) {
    const isLarge = (cause as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE'
    if (isLarge) throw new LedgerError('too_large', `unpacks to more than ${MAX_UNPACKED} bytes`, { cause })
    throw brokenGzip(cause)
  }
}

async function* textsOf(file: Readable, isPacked: boolean): AsyncGenerator<string> {
  if (!isPacked) return yield* file.setEncoding('utf8') as AsyncIterable<string>
  const texts = file.pipe(createGunzip()).setEncoding('utf8')
  let fault: Error | undefined
  file.once('error', (error) => texts.destroy((fault = error)))
  try {
    yield* texts as AsyncIterable<string>
  } catch (cause) {
    throw fault ?? brokenGzip(cause)
  } finally {
    file.destroy()
  }
}

function brokenGzip(cause: unknown): LedgerError {
  return new LedgerError('invalid', `not gzip, as which it begins: ${(cause as Error).message}`, { cause })
}

function readHead(path: string, size: number): Buffer<ArrayBuffer> {
  const buffer = Buffer.alloc(Math.min(size, HEAD_BYTES))
  const file = openSync(path, 'r')
  try {
    readSync(file, buffer, 0, buffer.length, 0)
  } finally {
    closeSync(file)
  }
  return buffer
}

function textOf(buffer: Buffer): string {
  const text = buffer.toString('utf8').replace(/^\uFEFF/, '')
  // The last character may be cut; anything else that is not UTF-8 means that it is not text.
  return text.slice(0, -4).includes('\uFFFD') || text.includes('\0') ? buffer.toString('latin1') : text
}

/**
 * Reads JSON exactly; `where` is put before an error's text.
 * @throws LedgerError `invalid` with the engine's words on line and column
 */
export function parseJson(text: string, where = ''): JsonValue {
  try {
    return parseExact(text)
  } catch (cause) {
    throw new LedgerError('invalid', `${where}not JSON: ${jsonProblem(text, cause)}`, { cause })
  }
}

function jsonProblem(text: string, cause: unknown): string {
  try {
    // parseExact may have marked numbers, which moves positions; the plain parser names the true one.
    JSON.parse(text)
  } catch (error) {
    const { message } = error as Error
    return message.includes('position') ? message : `${message} (at the end, after ${text.length} characters)`
  }
  return (cause as Error).message
}
