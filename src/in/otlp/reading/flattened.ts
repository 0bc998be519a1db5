/** Attributes that say a tree in their names: `llm.input_messages.0.message.content` (mapping, sections 12.3 and 12.5). */
import type { JsonValue } from '../../../domain/exact-json.ts'
import type { View } from './view.ts'

/** A tree of attributes below a prefix: values at the ends of names, branches between. */
export type Branch = Map<string, Branch | JsonValue>

/** The attributes below `prefix` (with its dot) as a tree; undefined when there are none. */
export function branchOf(view: View, prefix: string): Branch | undefined {
  let root: Branch | undefined
  for (const key of view.keys) {
    if (!key.startsWith(prefix)) continue
    root ??= new Map()
    plant(root, key, prefix.length, view.attributes[key] as JsonValue)
  }
  if (root) view.take(prefix)
  return root
}

function plant(root: Branch, key: string, start: number, value: JsonValue): void {
  let branch = root
  let from = start
  for (;;) {
    const dot = key.indexOf('.', from)
    if (dot < 0) break
    const name = key.slice(from, dot)
    let next = branch.get(name)
    if (!(next instanceof Map)) {
      next = new Map()
      branch.set(name, next)
    }
    branch = next
    from = dot + 1
  }
  const name = key.slice(from)
  if (!(branch.get(name) instanceof Map)) branch.set(name, value)
}

/** The branches below a branch that are numbered, in their order. */
export function numbered(branch: Branch | JsonValue | undefined): Branch[] {
  if (!(branch instanceof Map)) return []
  return [...branch]
    .filter((entry): entry is [string, Branch] => entry[1] instanceof Map && /^\d+$/.test(entry[0]))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, inner]) => inner)
}

/** The branch behind a path of names. */
export function branchAt(branch: Branch | undefined, ...path: readonly string[]): Branch | undefined {
  let found: Branch | JsonValue | undefined = branch
  for (const name of path) found = found instanceof Map ? found.get(name) : undefined
  return found instanceof Map ? found : undefined
}

/** The value behind a path of names. */
export function leafAt(branch: Branch | undefined, ...path: readonly string[]): JsonValue | undefined {
  let found: Branch | JsonValue | undefined = branch
  for (const name of path) found = found instanceof Map ? found.get(name) : undefined
  return found instanceof Map ? undefined : found
}
