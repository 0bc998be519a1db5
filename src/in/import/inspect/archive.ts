/** Inspect's `.eval`: a zip of a header and one JSON file per sample. */
import { unzipSync } from 'fflate'
import { LedgerError } from '../../../domain/errors.ts'
import type { SourceFile } from '../format.ts'
import { Place } from '../place.ts'
import { parseJson } from '../source-file.ts'

const ZIP = 'PK\u0003\u0004'
const SAMPLE = /^samples\/.*\.json$/

export function isInspectArchive(file: SourceFile): boolean {
  const head = file.head()
  return (
    head.startsWith(ZIP) && (file.name.endsWith('.eval') || /_journal\/|header\.json|samples\/[^/]*_epoch_/.test(head))
  )
}

/**
 * The header and, one after the other, the samples. A cancelled evaluation has no `header.json`; what it began
 * with is in its journal then.
 */
export function inspectArchive(file: SourceFile): { header: Place; samples(): Iterable<Place> } {
  const zip = file.bytes()
  const names: string[] = []
  unzip(zip, (name) => {
    names.push(name)
    return false
  })
  const read = (name: string): Place => {
    const where = `${name}: `
    const data = unzip(zip, (each) => each === name)[name]
    return new Place(parseJson(Buffer.from(data ?? []).toString('utf8'), where), where)
  }
  const start = ['header.json', '_journal/start.json'].find((name) => names.includes(name))
  if (start === undefined) {
    throw new LedgerError(
      'invalid',
      `expected header.json or _journal/start.json in the archive, found ${names.slice(0, 5).join(', ') || 'nothing'}`,
    )
  }
  const header = read(start)
  header.at('eval').object()
  return {
    header: start === 'header.json' ? header : new Place({ ...header.object(), status: 'cancelled' }, header.where),
    *samples() {
      // In the order of their names, numbers as numbers: the archive's own order is the order of completion.
      const sorted = new Set(names.filter((name) => SAMPLE.test(name)))
      const order = new Intl.Collator('en', { numeric: true })
      for (const name of [...sorted].sort(order.compare)) yield read(name)
    },
  }
}

function unzip(zip: Buffer, wanted: (name: string) => boolean): Record<string, Uint8Array> {
  try {
    return unzipSync(zip, { filter: ({ name }) => wanted(name) })
  } catch (cause) {
    if (cause instanceof LedgerError) throw cause
    throw new LedgerError('invalid', `not a whole zip archive: ${(cause as Error).message}`, { cause })
  }
}
