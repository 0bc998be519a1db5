/** Codex's spans are its own machinery, also where they carry token usage (mapping, section 13); see `logs/codex.ts`. */
import { asText } from '../reading/values.ts'
import type { Dialect } from './dialect.ts'

export const codex: Dialect = {
  name: 'codex',
  namespaces: [],
  kind: (view) => (/^codex[-_]/.test(asText(view.source.resource['service.name']) ?? '') ? 'wrapper' : undefined),
}
