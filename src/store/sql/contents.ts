/**
 * Requests and responses in parts, each part once (design 6).
 *
 * `refs` counts the skeletons and parts that refer to a part directly. A part that is there already holds its own
 * children, so recording a long history touches only the few parts at its top.
 */
import { parseExact } from '../../domain/exact-json.ts'
import { cut } from '../content/cut.ts'
import { decode, encode } from '../content/encode.ts'
import { joinAsync } from '../content/join.ts'
import { childrenOf, keyOf } from '../content/reference.ts'
import type { Differences, Executor } from './engine.ts'
import { slot, sql, statement, type Statement } from './sql.ts'

export interface ContentStatements {
  get: Statement
  insert: Statement
  refer: Statement
  remove: Statement
}

export function contentStatements(d: Differences): ContentStatements {
  const one = sql`project = ${slot('project')} and hash = ${slot('hash')}`
  return {
    get: statement(sql`select data, refs from contents where ${one}`, d),
    insert: statement(
      sql`insert into contents (project, hash, refs, data)
        values (${slot('project')}, ${slot('hash')}, ${slot('refs')}, ${slot('data')}) on conflict do nothing`,
      d,
    ),
    refer: statement(sql`update contents set refs = refs + ${slot('refs')} where ${one}`, d),
    remove: statement(sql`delete from contents where ${one} and refs <= 0`, d),
  }
}

/** A document cut into a skeleton, which the caller keeps, and parts. */
export type CutDocument = ReturnType<typeof cut> & { skeleton: Uint8Array }

/** Cuts JSON text. `loc` names it in an error about its depth. */
export function cutDocument(text: string, loc: readonly (string | number)[]): CutDocument {
  const document = cut(parseExact(text), loc)
  return { ...document, skeleton: encode(document.root) }
}

/** Makes the parts of a document be there and counts the references to them. */
export async function keepParts(
  x: Executor,
  s: ContentStatements,
  project: string,
  document: CutDocument,
): Promise<void> {
  let wanted = count(document.children)
  while (wanted.size > 0) {
    const next: Buffer[] = []
    for (const [key, { hash, refs }] of wanted) {
      if ((await x.runEach(s.refer, [{ project, hash, refs }])) > 0) continue
      const node = document.nodes.get(key)
      if (!node) throw new Error(`content ${hash.toString('hex')} was referred to but not cut`)
      const [inserted] = await x.insertMissing(s.insert, [{ project, hash, refs, data: encode(node.bytes) }])
      // Somebody else stored it a moment ago.
      if (!inserted) await x.runEach(s.refer, [{ project, hash, refs }])
      else next.push(...node.children)
    }
    wanted = count(next)
  }
}

/** Puts a document together again, as JSON text. */
export async function readDocument(
  x: Executor,
  s: ContentStatements,
  project: string,
  skeleton: Uint8Array,
): Promise<string> {
  const load = async (hashes: Buffer[]) => {
    const found = new Map<string, Buffer>()
    for (const hash of hashes) {
      const [row] = await x.all<{ data: Buffer }>(s.get, { project, hash })
      if (row) found.set(keyOf(hash), decode(row.data))
    }
    return found
  }
  return (await joinAsync(decode(Buffer.from(skeleton)), load)).toString('utf8')
}

/** Lets go of a document's parts; those that nothing else refers to are deleted, and theirs in turn. */
export async function releaseParts(
  x: Executor,
  s: ContentStatements,
  project: string,
  skeleton: Uint8Array,
): Promise<void> {
  let released = count(childrenOf(decode(Buffer.from(skeleton))))
  while (released.size > 0) {
    const next: Buffer[] = []
    for (const { hash, refs } of released.values()) {
      await x.runEach(s.refer, [{ project, hash, refs: -refs }])
      const [row] = await x.all<{ data: Buffer; refs: number }>(s.get, { project, hash })
      if (!row || row.refs > 0) continue
      next.push(...childrenOf(decode(row.data)))
      await x.runEach(s.remove, [{ project, hash }])
    }
    released = count(next)
  }
}

function count(hashes: readonly Buffer[]): Map<string, { hash: Buffer; refs: number }> {
  const counted = new Map<string, { hash: Buffer; refs: number }>()
  for (const hash of hashes) {
    const key = keyOf(hash)
    const entry = counted.get(key)
    if (entry) entry.refs += 1
    else counted.set(key, { hash, refs: 1 })
  }
  return counted
}
