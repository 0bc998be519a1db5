/** Images in any provider's or framework's shape (mapping, section 9.3); other media is not an image. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../domain/exact-json.ts'
import type { ImageSource } from '../../../domain/message.ts'
import type { SaidPart } from './said.ts'
import { at, firstText } from './values.ts'

const DATA_URL = /^data:([^;,]*)(?:;[^,]*)?;base64,/

/** What some call an image all the same. */
const DOCUMENT = /^(?:application\/pdf|text\/|audio\/|video\/)/

/** Undefined when the part holds no image: audio, video, documents, or nothing that can be shown. */
export function imagePart(part: JsonObject): SaidPart | undefined {
  const mime = mimeOf(part)
  const modality = firstText(part.modality)
  const isImage =
    modality === 'image' ? !DOCUMENT.test(mime ?? '') : modality === undefined && /^image(?:\/|$)/.test(mime ?? 'image')
  if (!isImage || (part.type === 'file' && mime === undefined && modality === undefined)) return undefined
  const source = sourceOf(part, mime)
  return source === undefined ? undefined : { type: 'image', source }
}

function mimeOf(part: JsonObject): string | undefined {
  return firstText(
    part.mime_type,
    part.mediaType,
    part.media_type,
    part.mimeType,
    at(part, 'source', 'media_type'),
    at(part, 'inlineData', 'mimeType'),
    at(part, 'inline_data', 'mime_type'),
    at(part, 'fileData', 'mimeType'),
    at(part, 'file_data', 'mime_type'),
    at(part, 'media', 'contentType'),
    DATA_URL.exec(firstText(at(part, 'file', 'file_data')) ?? '')?.[1],
  )
}

function sourceOf(part: JsonObject, mime: string | undefined): ImageSource | undefined {
  const id = firstText(part.file_id, at(part, 'source', 'file_id'), at(part, 'image_url', 'file_id'))
  if (id !== undefined) return { type: 'letta', file_id: id, ...(mime === undefined ? {} : { media_type: mime }) }
  const detail = firstText(part.detail, at(part, 'image_url', 'detail'))
  const url = firstText(
    part.image_url,
    at(part, 'image_url', 'url'),
    part.uri,
    part.url,
    at(part, 'source', 'url'),
    at(part, 'image', 'url'),
    at(part, 'image', 'image', 'url'),
    at(part, 'file', 'file_data'),
    at(part, 'media', 'url'),
    at(part, 'fileData', 'fileUri'),
    at(part, 'file_data', 'file_uri'),
  )
  const data = firstText(
    bytesIn(part.image) ?? bytesIn(part.data) ?? bytesIn(at(part, 'image', 'source', 'bytes')),
    part.type === 'blob' ? part.content : undefined,
    at(part, 'source', 'data'),
    at(part, 'inlineData', 'data'),
    at(part, 'inline_data', 'data'),
    at(part, 'image', 'source', 'bytes'),
    part.image,
    part.data,
    at(part, 'data', 'url'),
  )
  const given = url ?? data
  if (given === undefined) return undefined
  const dataUrl = DATA_URL.exec(given)
  if (dataUrl) return base64(dataUrl[1] || mime, given.slice(dataUrl[0].length), detail)
  if (url !== undefined || isUrl(given)) return { type: 'url', url: given }
  return base64(mime ?? formatOf(part), given, detail)
}

/** Bytes as JavaScript writes them: of a buffer `{type: 'Buffer', data: [137, …]}`, of an array `{"0": 137, …}`. */
function bytesIn(value: JsonValue | undefined): string | undefined {
  if (!isJsonObject(value)) return undefined
  const bytes = value.type === 'Buffer' ? value.data : Object.values(value)
  const areBytes = Array.isArray(bytes) && bytes.length > 0 && bytes.every((byte) => typeof byte === 'number')
  return areBytes && (value.type === 'Buffer' || '0' in value) ? Buffer.from(bytes).toString('base64') : undefined
}

function base64(mime: string | undefined, data: string, detail: string | undefined): ImageSource {
  const source = { type: 'base64', media_type: mime ?? 'application/octet-stream', data } as const
  return detail === undefined ? source : { ...source, detail }
}

/** Bedrock says `{image: {format: 'png', source}}`. */
function formatOf(part: JsonObject): string | undefined {
  const image: JsonValue | undefined = part.image
  const format = isJsonObject(image) ? firstText(image.format) : undefined
  return format === undefined ? undefined : `image/${format}`
}

function isUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]{1,20}:\/\//i.test(text)
}
