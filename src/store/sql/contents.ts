/**
 * Requests and responses in parts, each part once (design 6).
 *
 * `refs` counts the skeletons and parts that refer to a part directly. A part that is there already holds its own
 * children, so recording a long history touches only the few parts at its top.
 *
 * What a transaction changes is worked out by reading first, then done at once and in the order of the hashes: writers
 * that share parts never wait for each other in a ring. A part that changed in between makes the transaction begin anew.
 */
import { cut } from '../content/cut.ts'
import { decode, encode } from '../content/encode.ts'
import { joinAsync } from '../content/join.ts'
import { childrenOf, keyOf } from '../content/reference.ts'
import { Restart, type Differences, type Executor } from './engine.ts'
import {
  changeRows,
  GIVEN,
  given,
  insertRows,
  keyed,
  names,
  perRow,
  raw,
  slot,
  sql,
  statement,
  type KeyedStatement,
  type RowsStatement,
  type Sql,
} from './sql.ts'

export interface ContentStatements {
  data: KeyedStatement
  refs: KeyedStatement
  insert: RowsStatement
  refer: RowsStatement
  remove: RowsStatement
}

export function contentStatements(d: Differences): ContentStatements {
  const of = (columns: string) =>
    keyed((hash) => sql`select ${raw(columns)} from contents where project = ${slot('project')} and ${hash}`, 'hash', d)
  return {
    data: of('hash, data'),
    refs: of('hash, refs'),
    insert: insertRows(d, 'contents', ['project', 'hash', 'refs', 'data'], sql`on conflict (project, hash) do nothing`),
    refer: referStatement(d),
    remove: changeRows(d, { table: 'contents', keys: ['project', 'hash'] }),
  }
}

/** Adds to the references of parts, but only where what comes of it is as planned: none are left where `gone` is 1, some where it is 0. */
function referStatement(d: Differences): RowsStatement {
  const asPlanned = (refs: Sql, gone: Sql) => sql`(contents.refs + ${refs} <= 0) = (${gone} = 1)`
  if (!d.atOnce.changes) {
    return perRow(
      d,
      sql`update contents set refs = refs + ${slot('refs')} where project = ${slot('project')} and hash = ${slot('hash')}
        and ${asPlanned(slot('refs'), slot('gone'))}`,
    )
  }
  const columns = ['project', 'hash', 'refs', 'gone']
  const rows = sql`${given(columns)} as v (${names(columns, GIVEN)})`
  const found = (table: string) => raw(`${table}.project = v.${GIVEN}project and ${table}.hash = v.${GIVEN}hash`)
  // An update alone would lock the rows in whatever order its join finds them. The order is one that no index has, or
  // all parts might be walked in order to spare the sort.
  const query = sql`with v as materialized (select * from ${rows}), locked as materialized (
      select c.project, c.hash from contents as c join v on ${found('c')} order by c.project || '', c.hash || '' ${raw(d.lock)} of c
    ) update contents set refs = contents.refs + v.${raw(GIVEN)}refs from v join locked on ${found('locked')}
    where ${found('contents')} and ${asPlanned(raw(`v.${GIVEN}refs`), raw(`v.${GIVEN}gone`))}`
  return { sql: statement(query, d).sql, columns, atOnce: true }
}

/** A document cut into a skeleton, which the caller keeps, and parts. */
export type CutDocument = ReturnType<typeof cut> & { skeleton: Buffer }

/** Cuts JSON text as `stringifyExact` writes it. `loc` names it in an error about its depth. */
export function cutDocument(text: string, loc: readonly (string | number)[]): CutDocument {
  const document = cut(text, loc)
  return { ...document, skeleton: encode(document.root) }
}

/** Puts a document together again, as JSON text. */
export async function readDocument(
  x: Executor,
  s: ContentStatements,
  project: string,
  skeleton: Uint8Array,
): Promise<string> {
  const load = async (hashes: Buffer[]) => {
    const rows = await x.forKeys<{ hash: Buffer; data: Buffer }>(s.data, { project }, hashes)
    return new Map(rows.map(({ hash, data }) => [keyOf(hash), decode(data)]))
  }
  return (await joinAsync(decode(Buffer.from(skeleton)), load)).toString('utf8')
}

/** What is known of a part, and what a transaction does to it. */
interface Part {
  readonly hash: Buffer
  /** References before; undefined = it is not there. */
  readonly stored: number | undefined
  change: number
  /** The part itself, when it has to be added. */
  bytes?: Buffer
}

/**
 * Makes the parts of the kept documents be there, lets go of those of the released skeletons, and counts all references
 * anew; what nothing refers to any more is deleted, and its parts in turn.
 * @throws Restart
 */
export async function changeContents(
  x: Executor,
  s: ContentStatements,
  project: string,
  kept: readonly CutDocument[],
  released: readonly Uint8Array[],
): Promise<void> {
  if (kept.length === 0 && released.length === 0) return
  const parts = new Map<string, Part>()
  const lookUp = async (counted: Map<string, Counted>) => {
    const unknown = [...counted.values()].filter(({ hash }) => !parts.has(keyOf(hash)))
    const found = await x.forKeys<{ hash: Buffer; refs: number }>(s.refs, { project }, unknown.map(({ hash }) => hash)) // prettier-ignore
    const refs = new Map(found.map((row) => [keyOf(row.hash), row.refs]))
    for (const { hash } of unknown) parts.set(keyOf(hash), { hash, stored: refs.get(keyOf(hash)), change: 0 })
  }
  await planKept(parts, kept, lookUp)
  await planReleased(parts, released, lookUp, async (hashes) => {
    const rows = await x.forKeys<{ hash: Buffer; data: Buffer }>(s.data, { project }, hashes)
    return rows.map(({ data }) => decode(data))
  })
  await apply(
    x,
    s,
    project,
    [...parts.values()].toSorted((a, b) => Buffer.compare(a.hash, b.hash)),
  )
}

type Nodes = CutDocument['nodes']

interface Reference {
  readonly hash: Buffer
  /** Where the part is found when it has to be added. */
  readonly nodes?: Nodes
}

interface Counted extends Reference {
  refs: number
}

type LookUp = (counted: Map<string, Counted>) => Promise<void>

/** Counts the references of new documents; a part that is not there yet brings its own. */
async function planKept(parts: Map<string, Part>, kept: readonly CutDocument[], lookUp: LookUp): Promise<void> {
  let wanted = count(kept.flatMap(({ children, nodes }) => children.map((hash) => ({ hash, nodes }))))
  while (wanted.size > 0) {
    await lookUp(wanted)
    const next: Reference[] = []
    for (const [key, { hash, refs, nodes }] of wanted) {
      const part = parts.get(key) as Part
      part.change += refs
      if (part.stored !== undefined || part.bytes) continue
      const node = nodes?.get(key)
      if (!nodes || !node) throw new Error(`content ${hash.toString('hex')} was referred to but not cut`)
      part.bytes = node.bytes
      for (const child of node.children) next.push({ hash: child, nodes })
    }
    wanted = count(next)
  }
}

/** Counts down the references of documents that go; a part without any brings down its own. */
async function planReleased(
  parts: Map<string, Part>,
  released: readonly Uint8Array[],
  lookUp: LookUp,
  load: (hashes: Buffer[]) => Promise<Buffer[]>,
): Promise<void> {
  const children = (bytes: Buffer) => childrenOf(bytes).map((hash) => ({ hash }))
  let wanted = count(released.flatMap((skeleton) => children(decode(Buffer.from(skeleton)))))
  while (wanted.size > 0) {
    await lookUp(wanted)
    const next: Reference[] = []
    const gone: Buffer[] = []
    for (const [key, { refs }] of wanted) {
      const part = parts.get(key) as Part
      const before = remaining(part)
      part.change -= refs
      if (before <= 0 || remaining(part) > 0) continue
      if (part.bytes) next.push(...children(part.bytes))
      else gone.push(part.hash)
    }
    if (gone.length > 0) for (const bytes of await load(gone)) next.push(...children(bytes))
    wanted = count(next)
  }
}

const remaining = (part: Part) => (part.stored ?? 0) + part.change

async function apply(x: Executor, s: ContentStatements, project: string, parts: readonly Part[]): Promise<void> {
  const changed = parts.filter(({ stored, change }) => stored !== undefined && change !== 0)
  const gone = changed.filter((part) => remaining(part) <= 0)
  const added = parts.filter((part) => part.stored === undefined && remaining(part) > 0)
  // New parts first: inserting waits for whoever changes a part of the same hash, and who changes parts waits for those
  // who changed others. The other way round that would be a ring; nobody waits for a part that is not committed yet.
  const inserted = await x.forRows(
    s.insert,
    added.map((part) => ({ project, hash: part.hash, refs: part.change, data: encode(part.bytes as Buffer) })),
  )
  if (inserted !== added.length) throw new Restart('stored content')
  const referred = await x.forRows(
    s.refer,
    changed.map((part) => ({ project, hash: part.hash, refs: part.change, gone: remaining(part) <= 0 ? 1 : 0 })),
  )
  if (referred !== changed.length) throw new Restart('stored content')
  await x.forRows(
    s.remove,
    gone.map(({ hash }) => ({ project, hash })),
  )
}

function count(references: readonly Reference[]): Map<string, Counted> {
  const counted = new Map<string, Counted>()
  for (const reference of references) {
    const key = keyOf(reference.hash)
    const entry = counted.get(key)
    if (entry) entry.refs += 1
    else counted.set(key, { ...reference, refs: 1 })
  }
  return counted
}
